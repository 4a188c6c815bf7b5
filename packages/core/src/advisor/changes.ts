/** What would change the answer: searched over the values at which a rule begins or ceases to hold. @module */
import { type PatternName, patternNames } from '../define/pattern.ts'
import { InvalidInputError } from '../errors.ts'
import { composePatterns } from './composition.ts'
import { valueAt, withGroups, withValue } from './fields.ts'
import { type Answers, isolations, type Profile, responses } from './profile.ts'
import { type Condition, rules } from './rules.ts'
import { rankPatterns } from './scores.ts'

/** The smallest change of one answer that makes a pattern the first. */
export interface Change {
  readonly pattern: PatternName | 'none'
  /** Null: no single one would. */
  readonly field: string | null
  readonly from: unknown
  readonly to: unknown
}

/** All values of fields that rules compare with some of them. */
const choices: Readonly<Record<string, readonly unknown[]>> = {
  response: responses,
  'tenants.isolation': isolations,
}
const yesOrNo = [true, false]

/** Just where a condition begins to hold, and where it no longer does. */
function turningPoints(condition: Condition, value: unknown): readonly unknown[] {
  if ('atLeast' in condition) {
    // What is above nothing begins at one.
    const from = Math.max(1, condition.atLeast)
    return [from, from - 1]
  }
  if ('oneOf' in condition) return choices[condition.field] ?? yesOrNo
  const held = Array.isArray(value) ? value : []
  return [...condition.holdsAny.map((one) => [...held, one]), held.filter((one) => !condition.holdsAny.includes(one))]
}

/** How far away a value is: a choice is one step, a number ten times as large as well. */
function stepsBetween(from: unknown, to: unknown): number {
  if (typeof from !== 'number' || typeof to !== 'number') return 1
  return Math.abs(Math.log10(to + 1) - Math.log10(from + 1))
}

/**
 * For each pattern that isn't the first now, and for none; the smallest change at the front, which is what the answer hangs on most.
 * @param complete fills in answers, and throws InvalidInputError for those that contradict each other.
 */
export function changesOf(
  { answers, profile, primary }: { readonly answers: Answers; readonly profile: Profile; readonly primary: Change['pattern'] },
  complete: (answers: Answers) => Profile,
): readonly Change[] {
  const said = withGroups(answers, profile)
  const found = new Map<Change['pattern'], Change & { readonly steps: number }>()
  for (const condition of rules.flatMap(({ when }) => when)) {
    const { field } = condition
    const from = valueAt(profile, field)
    for (const to of turningPoints(condition, from)) {
      const pattern = primaryOf(changedAnswers(said, field, to), complete)
      if (pattern === undefined || pattern === primary) continue
      const steps = stepsBetween(from, to)
      if (steps < (found.get(pattern)?.steps ?? Number.POSITIVE_INFINITY)) found.set(pattern, { pattern, field, from, to, steps })
    }
  }
  const others = (['none', ...patternNames] as const).filter((pattern) => pattern !== primary)
  return others
    .map((pattern) => found.get(pattern) ?? { pattern, field: null, from: null, to: null, steps: Number.POSITIVE_INFINITY })
    .toSorted((one, other) => (one.steps === other.steps ? 0 : one.steps - other.steps))
    .map(({ steps, ...change }) => change)
}

/** Answers but for one; where that contradicts others of its group, the rest of the group is as if it had not been answered. */
export function changedAnswers(answers: Answers, field: string, to: unknown): readonly Answers[] {
  const [group = ''] = field.split('.')
  const changed = withValue(answers, field, to)
  return group === field ? [changed] : [changed, withValue({ ...answers, [group]: {} }, field, to)]
}

/** Of the first that don't contradict each other. @returns undefined where all do. */
function primaryOf(tries: readonly Answers[], complete: (answers: Answers) => Profile): Change['pattern'] | undefined {
  for (const answers of tries) {
    try {
      const profile = complete(answers)
      return composePatterns(rankPatterns(profile), profile).primary
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
    }
  }
  return undefined
}
