/** What a shard is made of beside its own: detectors, windows and rules, as it uses them. @module */
import type { JsonValue } from '../../json.ts'
import type { Uses } from '../../scope/scope.ts'
import type { RecordRules } from '../alerts/record-rules.ts'
import type { StreamSettings } from '../streams.ts'
import type { WindowResult } from '../windows/window.ts'
import type { FieldValues } from '../windows/window-content.ts'

export interface Explanation {
  /** In plain words. */
  readonly reason: string
  readonly expected?: readonly [low: number, high: number]
}

/** One numeric field of one key. Times are event times, milliseconds UTC. */
export interface NumberDetector {
  /** @returns a score in [0,1]. */
  next(value: number, time: number): number
  /** Of the last `next`, and its value. */
  explain(value: number): Explanation
  /** Between what the value of the last `next` was expected to be, as far as that is known. */
  expected(): readonly [low: number, high: number] | undefined
  /** From when on it would be anomalous that nothing comes. */
  silentAfter(): number | undefined
  silence(time: number): number
  explainSilence(time: number): Explanation
  pack(): unknown
}

export interface CategoryDetector {
  next(value: string, time: number): number
  explain(): Explanation
  pack(): unknown
}

/** Which anomalies of a key's field are told: repeats are held back. */
export interface Suppression {
  admits(score: number, time: number): boolean
  pack(): unknown
}

/** The windows of one key. */
export interface Windows {
  /** @returns false when the record is late for all of its windows. */
  add(time: number, watermark: number, values: FieldValues): boolean
  close(watermark: number, emit: (result: Omit<WindowResult, 'key'>) => void): void
  nextClose(): number | undefined
  pack(): unknown
}

export interface KeyParts {
  /** A score from here on is an anomaly. */
  readonly threshold: number
  /** A new one, or one that was packed. */
  number(packed?: JsonValue): NumberDetector
  category(packed?: JsonValue): CategoryDetector
  suppression(packed?: JsonValue): Suppression
  windows(definitions: StreamSettings['windows'], packed?: JsonValue): Windows
  rules(scope: Uses<'state'>, stream: string): Promise<RecordRules>
}
