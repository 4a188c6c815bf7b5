import { z } from 'zod'
import { changedFields } from '../../changed-fields.ts'
import { type Collection, defineCollection } from '../../define/collection.ts'
import { WrongStateError } from '../../errors.ts'
import type { StoredRecord } from '../../scope/record.ts'
import { retryConflicts } from '../../scope/retry-conflicts.ts'
import type { Uses } from '../../scope/scope.ts'
import { insert, update } from '../../scope/state.ts'
import { type AlertRule, defaultRules, type RuleSubject } from './rules.ts'

interface RuleSetFields {
  /** Counts changes, from 1. */
  readonly version: number
  readonly count: number
  readonly updated: number
}

/** All rules of the user's, as JSON: names, keys, fields and thresholds are content. */
interface RuleSetTexts {
  readonly rules: string
}

export const alertRules: Collection<RuleSetFields, RuleSetTexts> = defineCollection<RuleSetFields, RuleSetTexts>({
  name: 'alert-rules',
  schema: 1,
  plain: z.strictObject({ version: z.number(), count: z.number(), updated: z.number() }),
  sealed: ['rules'],
  lists: {},
})

const place = { partition: 'alert-rules' } as const

/** A tenant's rules; `version` is 0 before any were set. */
export interface RuleSet {
  readonly version: number
  readonly rules: readonly AlertRule[]
}

/** The user's rules. */
export async function userRules(scope: Uses<'state'>): Promise<RuleSet> {
  return ruleSetOf(await scope.state.get(alertRules, place))
}

async function ruleSetOf(record: StoredRecord<RuleSetFields, RuleSetTexts> | undefined): Promise<RuleSet> {
  if (!record || record.fields.count === 0) return { version: record?.fields.version ?? 0, rules: [] }
  return { version: record.fields.version, rules: JSON.parse((await record.open('rules')) ?? '[]') as AlertRule[] }
}

/** The enabled rules of the user's on one subject in one stream. */
export async function rulesOn(scope: Uses<'state'>, on: RuleSubject, stream: string): Promise<readonly AlertRule[]> {
  const { rules } = await userRules(scope)
  return rules.filter((rule) => rule.enabled && rule.on === on && (rule.stream ?? stream) === stream)
}

/** Those that are built in and those of the user's, enabled. */
export async function activeRules(scope: Uses<'state'>): Promise<readonly AlertRule[]> {
  return [...defaultRules, ...(await userRules(scope)).rules.filter((rule) => rule.enabled)]
}

/**
 * Puts rules in the place of all that there were.
 * @param rules checked by their form.
 * @param version of the set that they replace, when it has to be that one.
 * @throws WrongStateError when it isn't; nothing is changed then.
 */
export function replaceRules(scope: Uses<'state'>, rules: readonly AlertRule[], version?: number): Promise<RuleSet> {
  return retryConflicts(async () => {
    const record = await scope.state.get(alertRules, place)
    const now = record?.fields.version ?? 0
    if (version !== undefined && version !== now) throw new WrongStateError(`The rules are at version ${now} by now.`)
    const fields: RuleSetFields = { version: now + 1, count: rules.length, updated: scope.clock.now() }
    const texts = { rules: JSON.stringify(rules) }
    const write = record ? update(alertRules, record, fields, texts) : insert(alertRules, place, fields, texts)
    await scope.state.commit({ writes: [write], changed: changedRules((await ruleSetOf(record)).rules, rules) })
    return { version: fields.version, rules }
  })
}

/** The ids of rules that came or went, and of the others which fields changed: `hot.threshold`. */
function changedRules(before: readonly AlertRule[], after: readonly AlertRule[]): readonly string[] {
  const byId = (rules: readonly AlertRule[]): object => Object.fromEntries(rules.map((rule) => [rule.rule_id, rule]))
  const stayed = before.filter(({ rule_id }) => after.some((rule) => rule.rule_id === rule_id))
  return changedFields(
    byId(before),
    byId(after),
    stayed.map(({ rule_id }) => rule_id),
  )
}
