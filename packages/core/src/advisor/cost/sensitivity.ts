/** What each answer that is a number does to a month. @module */
import { valueAt, withGroups, withValue } from '../fields.ts'
import { type Answers, largestAmount, type Profile } from '../profile.ts'

/** A number of the profile, and what it may be beside the other answers. */
interface Input {
  readonly field: string
  readonly whole?: true
  readonly least?: (profile: Profile, answers: Answers) => number
  readonly most?: (profile: Profile, answers: Answers) => number
}

const one = (): number => 1

const inputs: readonly Input[] = [
  { field: 'requests_per_month' },
  { field: 'peak_factor', least: one },
  { field: 'input_tokens' },
  { field: 'output_tokens' },
  {
    ...{ field: 'knowledge.documents', whole: true, least: one },
    most: ({ knowledge }, answers) => (answers.knowledge?.pages === undefined ? largestAmount : knowledge.pages),
  },
  { field: 'knowledge.pages', whole: true, least: ({ knowledge }) => knowledge.documents },
  { field: 'knowledge.scanned_share', most: one },
  { field: 'knowledge.changes_per_month' },
  { field: 'workflow.steps', whole: true, least: one },
  { field: 'stream.records_per_second' },
  { field: 'stream.record_bytes' },
  { field: 'stream.keys', whole: true, least: one },
  { field: 'stream.anomaly_share', most: one },
  {
    ...{ field: 'tenants.count', whole: true },
    least: ({ tenants }, answers) => (answers.tenants?.largest_share === undefined ? 1 : Math.ceil(1 / tenants.largest_share)),
  },
  { field: 'tenants.largest_share', least: ({ tenants }) => 1 / tenants.count, most: one },
  { field: 'availability', most: () => 100 },
  { field: 'tokens_per_minute' },
]

export interface Varied {
  readonly value: number
  /** USD a month. */
  readonly likely: number
  /** Of the likely month as it was answered. */
  readonly ratio: number
  /** Whether other answers, or what a number may be, allow no more of a change than this. */
  readonly clamped: boolean
}

export interface Sensitivity {
  readonly field: string
  readonly value: number
  readonly halved: Varied
  readonly doubled: Varied
}

/**
 * Each number that is not 0, halved and doubled, with the same patterns; that with the largest effect first.
 * @param likelyOf the likely month of other answers.
 */
export function sensitivityOf(
  { answers, profile, likely }: { readonly answers: Answers; readonly profile: Profile; readonly likely: number },
  likelyOf: (answers: Answers) => number,
): readonly Sensitivity[] {
  const said = withGroups(answers, profile)
  const varied = (input: Input, wanted: number): Varied => {
    const least = input.least?.(profile, answers) ?? 0
    const most = Math.min(largestAmount, input.most?.(profile, answers) ?? largestAmount)
    const whole = input.whole ? Math.ceil(wanted) : wanted
    const value = Math.max(least, Math.min(most, whole))
    const changed = likelyOf(withValue(said, input.field, value))
    return { value, likely: changed, ratio: likely === 0 ? 1 : changed / likely, clamped: value !== whole }
  }
  const effect = ({ halved, doubled }: Sensitivity): number =>
    Math.max(Math.abs(halved.likely - likely), Math.abs(doubled.likely - likely))
  return inputs
    .map((input) => ({ input, value: Number(valueAt(profile, input.field)) }))
    .filter(({ value }) => value > 0)
    .map(({ input, value }) => ({
      field: input.field,
      value,
      halved: varied(input, value / 2),
      doubled: varied(input, value * 2),
    }))
    .toSorted((first, second) => effect(second) - effect(first))
}
