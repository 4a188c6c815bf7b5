import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { JsonObject } from '../../json.ts'
import { timestamp } from '../../ports/clock.ts'
import type { Uses } from '../../scope/scope.ts'
import { insert, type RecordWrite, update } from '../../scope/state.ts'
import type { Finding } from '../finding.ts'
import type { WindowResult } from '../windows/window.ts'
import { holds, reasonOf, scoreOf } from './conditions.ts'
import { rulesOn } from './keep-rules.ts'
import { type AlertRule, concerns } from './rules.ts'

/** Since when a condition holds in one window after the other of one key, and the end of the last of them; milliseconds UTC. */
type Run = readonly [since: number, end: number]

/** The runs of one stream, by rule, window and key. */
export type Runs = Map<string, Run>

interface RuleRunFields {
  readonly stream: string
  readonly count: number
}

/** Keys of streams are in it, and what holds of them. */
interface RuleRunTexts {
  readonly runs: string
}

export const ruleRuns: Collection<RuleRunFields, RuleRunTexts> = defineCollection<RuleRunFields, RuleRunTexts>({
  name: 'alert-rule-runs',
  schema: 1,
  plain: z.strictObject({ stream: z.string(), count: z.number() }),
  sealed: ['runs'],
  lists: {},
})

/** Characters of JSON; beyond that the runs that ended first are forgotten, and have to begin anew. */
const mostCharacters = 64 * 1024

/** Whether windows of a stream have to be judged at all. */
export async function hasWindowRules(scope: Uses<'state'>, stream: string): Promise<boolean> {
  return (await rulesOn(scope, 'window', stream)).length > 0
}

/**
 * Judges windows that closed, those of one key in the order of their ends.
 * @returns what was found, and the write that keeps how long conditions hold by now: it belongs in the commit that counts these windows
 * as judged, so that each counts once.
 */
export async function judgeWindows(
  scope: Uses<'state'>,
  stream: string,
  results: readonly WindowResult[],
): Promise<{ readonly findings: readonly Finding[]; readonly writes: readonly RecordWrite[] }> {
  const rules = await rulesOn(scope, 'window', stream)
  if (!rules.some((rule) => rule.for_seconds > 0))
    return { findings: findInWindows(rules, stream, results, new Map(), scope.clock.now()), writes: [] }
  const place = { partition: stream }
  const record = await scope.state.get(ruleRuns, place)
  const before = (await record?.open('runs')) ?? '[]'
  const runs: Runs = new Map(JSON.parse(before) as [string, Run][])
  const findings = findInWindows(rules, stream, results, runs, scope.clock.now())
  const text = bounded(runs)
  if (text === before) return { findings, writes: [] }
  const fields = { stream, count: runs.size }
  const write = record ? update(ruleRuns, record, fields, { runs: text }) : insert(ruleRuns, place, fields, { runs: text })
  return { findings, writes: [write] }
}

/** The same without keeping anything: `runs` is changed in place. */
export function findInWindows(
  rules: readonly AlertRule[],
  stream: string,
  results: readonly WindowResult[],
  runs: Runs,
  now: number,
): readonly Finding[] {
  return results.flatMap((result) =>
    rules.flatMap((rule) => {
      if (!concerns(rule, stream, result.key) || (rule.window ?? result.window) !== result.window) return []
      const value = numberAt(rule.field, result)
      return isDue(rule, result, holds(rule, value), runs) ? [findingOf(rule, result, value, now)] : []
    }),
  )
}

function isDue(rule: AlertRule, { window, key, start, end }: WindowResult, isTrue: boolean, runs: Runs): boolean {
  if (rule.for_seconds === 0) return isTrue
  const name = JSON.stringify([rule.rule_id, window, key])
  const run = runs.get(name)
  // Anew at the end of the map, so that what ended first stands first.
  runs.delete(name)
  if (!isTrue) return false
  // Where a window is missing in between, nobody knows that it held.
  const since = run && start <= run[1] ? Math.min(run[0], start) : start
  runs.set(name, [since, end])
  return end - since >= rule.for_seconds * 1_000
}

/** A number of a window's: `count`, `rate`, or a field's aggregate. */
function numberAt(field: string, result: WindowResult): number | undefined {
  if (field === 'count' || field === 'rate') return result[field]
  const dot = field.lastIndexOf('.')
  const name = field.slice(0, dot)
  const aggregates = own(result.numbers, name) ?? own(result.categories, name)
  return own(aggregates as Readonly<Record<string, number>> | undefined, field.slice(dot + 1))
}

function own<Value>(values: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined
}

function findingOf(rule: AlertRule, result: WindowResult, value: number | undefined, now: number): Finding {
  const { window, key, start, end, count, rate } = result
  const aggregate = own(result.numbers, rule.field.slice(0, rule.field.lastIndexOf('.')))
  const seen: JsonObject = {
    window,
    start: timestamp(start),
    end: timestamp(end),
    count,
    rate,
    ...(value === undefined ? {} : { [rule.field]: value }),
  }
  return {
    key,
    field: rule.field,
    timestamp: end,
    kind: 'value',
    value: value ?? null,
    score: scoreOf(rule),
    reason: reasonOf(rule, value),
    data_point: seen,
    recent: [],
    ...(aggregate ? { window: aggregate } : {}),
    accepted: now,
    rule: rule.rule_id,
  }
}

function bounded(runs: Runs): string {
  let text = JSON.stringify([...runs])
  while (text.length > mostCharacters) {
    const excess = Math.ceil(runs.size / 8)
    for (const name of [...runs.keys()].slice(0, excess)) runs.delete(name)
    text = JSON.stringify([...runs])
  }
  return text
}
