import { builtInDetectors } from '../../src/tenancy/filters/detectors/detectors.ts'
import type { ValueKind } from '../../src/tenancy/filters/matches.ts'
import { ValueScanner } from '../../src/tenancy/filters/value-scanner.ts'
import type { Sample } from './sets/sample.ts'

export interface Measured {
  readonly precision: number
  readonly recall: number
  readonly positives: number
  readonly negatives: number
  /** What went wrong, for people who mend it. */
  readonly missed: readonly string[]
  readonly wrong: readonly string[]
}

/** The values that are found in a text when one kind is looked for. */
export function found(kind: ValueKind, text: string): readonly string[] {
  const scanner = new ValueScanner(new Map([[kind, 'mask']]), builtInDetectors)
  scanner.push(text)
  scanner.end()
  return scanner.take().map(({ start, end }) => text.slice(start, end))
}

/** A value counts as found only if it is found exactly; anything else that is found is wrong. */
export function measure(kind: ValueKind, positives: readonly Sample[], negatives: readonly Sample[]): Measured {
  let right = 0
  let expected = 0
  let reported = 0
  const missed: string[] = []
  const wrong: string[] = []
  for (const { text, values } of [...positives, ...negatives]) {
    const left = [...values]
    expected += values.length
    for (const value of found(kind, text)) {
      reported++
      const place = left.indexOf(value)
      if (place < 0) wrong.push(`${value} ← ${text}`)
      else {
        left.splice(place, 1)
        right++
      }
    }
    for (const value of left) missed.push(`${value} ← ${text}`)
  }
  return {
    precision: right / reported,
    recall: right / expected,
    positives: positives.length,
    negatives: negatives.length,
    missed,
    wrong,
  }
}
