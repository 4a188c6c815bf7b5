import { fromBase64 } from '../base64.ts'
import { parseTime } from '../define/forms.ts'
import type { JsonValue } from '../json.ts'
import { timestamp } from '../ports/clock.ts'
import { type RecordFault, recordFault } from './read-records.ts'

/** A record as Kinesis hands it to a function (R71). */
export interface KinesisRecord {
  readonly kinesis: {
    /** JSON of an object, in base64. */
    readonly data: string
    /** The record's key. Default: `default`. */
    readonly partitionKey?: string
    /** The record's id: one that comes again counts once. */
    readonly sequenceNumber?: string
    /** Seconds since 1970. */
    readonly approximateArrivalTimestamp?: number
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

export function isKinesisRecord(value: unknown): value is { readonly kinesis: unknown } {
  return typeof value === 'object' && value !== null && 'kinesis' in value
}

/**
 * The record in our form. Its time is the data's own `timestamp` where that is one of RFC 3339, else when Kinesis got it, else now.
 * @returns what `readRecord` reads, or why there is none.
 */
export function fromKinesis({ kinesis }: { readonly kinesis: unknown }): object | RecordFault {
  if (typeof kinesis !== 'object' || kinesis === null) return recordFault('Must be an object.', 'kinesis')
  const {
    data: text,
    partitionKey: key = 'default',
    sequenceNumber: id,
    approximateArrivalTimestamp: arrived,
  } = kinesis as {
    readonly [name: string]: unknown
  }
  const data = typeof text === 'string' ? decoded(text) : undefined
  if (data === undefined) return recordFault('Must be JSON in base64.', 'kinesis.data')
  const own = typeof data === 'object' && data !== null && 'timestamp' in data ? data.timestamp : undefined
  const time = typeof own === 'string' && parseTime(own) !== undefined ? own : timeOf(arrived)
  return { key, data, ...(time === undefined ? {} : { timestamp: time }), ...(id === undefined ? {} : { id }) }
}

function timeOf(seconds: unknown): string | undefined {
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds < 253_402_300_800)) return undefined
  return timestamp(Math.floor(seconds * 1_000))
}

function decoded(text: string): JsonValue | undefined {
  try {
    return JSON.parse(utf8.decode(fromBase64(text))) as JsonValue
  } catch {
    return undefined
  }
}
