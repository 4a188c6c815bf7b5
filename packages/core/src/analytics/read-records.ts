import { isShowable, parseTime } from '../define/forms.ts'
import { type JsonObject, jsonBytes } from '../json.ts'
import { recordLimits, type StreamRecord } from './record.ts'

/** Why one record wasn't taken; the others were. */
export interface RecordFault {
  /** Stable. */
  readonly code: 'invalid_record' | 'too_large' | 'timestamp_ahead' | 'stream_busy'
  readonly message: string
  /** Whether the same record may be taken later. */
  readonly retryable: boolean
  /** The part of the record at fault. */
  readonly field?: string
}

interface ReadingRules {
  /** Milliseconds UTC: the time of a record that has none of its own. */
  readonly now: number
  /** Fields of data that hold a number, where they are there. */
  readonly numbers: readonly string[]
}

/** How deep data may be nested. */
export const deepestData = 32

const known: ReadonlySet<string> = new Set(['key', 'data', 'timestamp', 'id'])

/**
 * Reads one record as a producer hands it in: {key, data, timestamp?, id?}. By hand, since a schema costs several times what all the rest
 * of an append does.
 * @param value as JSON gives it.
 */
export function readRecord(value: unknown, rules: ReadingRules): StreamRecord | RecordFault {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return recordFault('A record is an object.')
  for (const name in value) if (!known.has(name)) return recordFault('A record has no such field.', name)
  const { key, data, timestamp, id } = value as { readonly [name: string]: unknown }
  if (!isName(key, recordLimits.key)) return nameFault('key', recordLimits.key)
  if (id !== undefined && !isName(id, recordLimits.id)) return nameFault('id', recordLimits.id)
  let time: number | undefined = rules.now
  if (timestamp !== undefined) {
    time = typeof timestamp === 'string' ? parseTime(timestamp) : undefined
    if (time === undefined) return recordFault('Must be an RFC 3339 time of the years 1970 to 9999.', 'timestamp')
    if (time > rules.now + recordLimits.ahead)
      return { code: 'timestamp_ahead', message: 'Is more than a day ahead.', retryable: false, field: 'timestamp' }
  }
  const wrong = faultOfData(data, rules.numbers)
  if (wrong) return wrong
  const held = data as JsonObject
  return id === undefined ? { key, timestamp: time, data: held } : { key, timestamp: time, data: held, id }
}

export function isFault(read: StreamRecord | RecordFault): read is RecordFault {
  return 'code' in read
}

export function recordFault(message: string, field?: string): RecordFault {
  return { code: 'invalid_record', message, retryable: false, ...(field === undefined ? {} : { field }) }
}

export function tooLarge(message: string, field?: string): RecordFault {
  return { code: 'too_large', message, retryable: false, ...(field === undefined ? {} : { field }) }
}

function isName(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest && (plainText.test(value) || isShowable(value))
}

/** Most names; the general rule costs more. */
const plainText = /^[\x20-\x7e]*$/

function nameFault(field: string, longest: number): RecordFault {
  return recordFault(`Must be a text of 1 to ${longest} characters, none of them a control character.`, field)
}

function faultOfData(data: unknown, numbers: readonly string[]): RecordFault | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return recordFault('Must be an object.', 'data')
  const weight = weigh(data, 1)
  if (typeof weight === 'string') return recordFault(weight, 'data')
  // What is light by its weight is light; only else its exact size is worth its price.
  if (weight > recordLimits.bytes && jsonBytes(data as JsonObject) > recordLimits.bytes)
    return tooLarge(`Must hold at most ${recordLimits.bytes / 1024} KiB.`, 'data')
  for (const name of numbers) {
    const value = Object.hasOwn(data, name) ? (data as JsonObject)[name] : undefined
    if (value !== undefined && typeof value !== 'number') return recordFault('Must be a number.', `data.${name}`)
  }
  return undefined
}

/** @returns a size that a value's JSON isn't above, bytes; or, in words, why it can't be kept. */
function weigh(value: unknown, depth: number): number | string {
  // A character is six bytes at most, escaped.
  if (typeof value === 'string') return value.length * 6 + 2
  if (typeof value === 'number') return Number.isFinite(value) ? 25 : 'Must hold finite numbers only.'
  if (typeof value === 'boolean' || value === null) return 5
  if (typeof value !== 'object') return 'Must hold JSON only.'
  if (depth > deepestData) return `Must be nested at most ${deepestData} deep.`
  let sum = 2
  for (const name in value) {
    if (name === '__proto__') return 'Must have no field __proto__.'
    const inner = weigh((value as { readonly [name: string]: unknown })[name], depth + 1)
    if (typeof inner === 'string') return inner
    sum += name.length * 6 + 4 + inner
  }
  return sum
}
