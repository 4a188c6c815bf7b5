import type { JsonObject } from '../json.ts'

/** One measurement of one thing, as streams carry it. */
export interface StreamRecord {
  /** What is measured, such as a sensor's name. Records of one key stay in order. */
  readonly key: string
  /** The event's own time, milliseconds UTC. */
  readonly timestamp: number
  readonly data: JsonObject
  /** The producer's own name of the record: one that comes again under it counts once. */
  readonly id?: string
}

export const recordLimits: {
  /** Characters of a key. */
  readonly key: number
  /** Characters of an id. */
  readonly id: number
  /** Bytes of a record's data, as JSON. */
  readonly bytes: number
  /** Records of one call with a JSON body. */
  readonly records: number
  /** A record's time may be so far ahead of ours, milliseconds; one further ahead is refused. */
  readonly ahead: number
} = { key: 256, id: 128, bytes: 64 * 1024, records: 50_000, ahead: 24 * 60 * 60_000 }
