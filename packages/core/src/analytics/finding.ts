import type { JsonObject } from '../json.ts'
import type { NumberAggregate } from './windows/window.ts'

/** What the detector saw in one key, handed on to triage; made by a shard, read once by `tickStream`. */
export interface Finding {
  readonly key: string
  readonly field: string
  /** Of the record, or of the silence: milliseconds UTC. */
  readonly timestamp: number
  readonly kind: 'value' | 'category' | 'silence'
  /** The value at fault; null for a silence. */
  readonly value: number | string | null
  /** In [0,1]. */
  readonly score: number
  /** In plain words. */
  readonly reason: string
  /** Between what the value was expected to be. */
  readonly expected?: readonly [low: number, high: number]
  /** The record's data, cut to 8 KiB; for a silence, the values of the last one's fields. */
  readonly data_point: JsonObject
  /** The points around it, oldest first: [time, value]; at most 32. */
  readonly recent: readonly (readonly [number, number])[]
  /** Of the field's values in the last window that closed before it. */
  readonly window?: NumberAggregate
  /** When its record was accepted, milliseconds UTC. */
  readonly accepted: number
  /** The finding is a rule's of the user: its id. */
  readonly rule?: string
}
