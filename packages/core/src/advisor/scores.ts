import type { PatternName } from '../define/pattern.ts'
import { decisionMatrix, type MatrixRow } from './decision-matrix.ts'
import { valueAt } from './fields.ts'
import type { Profile } from './profile.ts'
import { type Condition, type Rule, rules } from './rules.ts'

/** How well a pattern fits. */
export interface Score {
  readonly pattern: PatternName
  /** 0 to 100. */
  readonly score: number
  /** Of the rules that hold. */
  readonly reasons: readonly string[]
  /** Its row of the decision matrix. */
  readonly matrix: MatrixRow
}

/** All five, the best first; of equal ones in the order of the matrix. */
export function rankPatterns(profile: Profile): readonly Score[] {
  return decisionMatrix
    .map((matrix) => {
      const held = rules.filter((rule) => rule.pattern === matrix.pattern && holds(rule, profile))
      const points = held.reduce((sum, rule) => sum + rule.points, 0)
      return {
        pattern: matrix.pattern,
        score: Math.min(100, Math.max(0, points)),
        reasons: held.map(({ reason }) => reason),
        matrix,
      }
    })
    .toSorted((one, other) => other.score - one.score)
}

function holds({ when }: Rule, profile: Profile): boolean {
  return when.every((condition) => isMet(condition, profile))
}

function isMet(condition: Condition, profile: Profile): boolean {
  const value = valueAt(profile, condition.field)
  if ('atLeast' in condition) return Number(value) >= condition.atLeast
  if ('oneOf' in condition) return condition.oneOf.includes(value)
  return Array.isArray(value) && value.some((one) => condition.holdsAny.includes(one))
}
