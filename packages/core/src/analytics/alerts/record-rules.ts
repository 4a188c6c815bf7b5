import type { JsonObject, JsonValue } from '../../json.ts'
import type { Uses } from '../../scope/scope.ts'
import type { Finding } from '../finding.ts'
import { findingValue, holds, reasonOf, scoreOf, valueAt } from './conditions.ts'
import { rulesOn } from './keep-rules.ts'
import type { AlertRule } from './rules.ts'

/** A rule that fired on a record; who asked knows the rest of a finding. */
type RuleHit = Pick<Finding, 'key' | 'field' | 'timestamp' | 'kind' | 'value' | 'score' | 'reason'> & {
  readonly rule: string
}

/**
 * How the rules stand with one key, by rule: since when its condition holds (null: it doesn't), and of which record it last told
 * (null: of none lately). Event times in milliseconds. Empty as long as nothing holds.
 */
export type RuleState = Record<string, readonly [since: number | null, told: number | null]>

/** A condition that goes on holding, or comes and goes, is told of so often at most; event time, milliseconds. */
export const repeatMilliseconds = 60_000

const none: readonly RuleHit[] = []
const nothing: RuleState[string] = [null, null]

interface CompiledRule {
  readonly rule: AlertRule
  readonly beginning?: string
  read(data: JsonObject): JsonValue | undefined
}

/** The user's rules on the records of one stream, made ready. */
export class RecordRules {
  /** Nothing has to be checked. */
  readonly isEmpty: boolean
  /** Tells whether others are the same. */
  readonly text: string
  readonly #ids: ReadonlySet<string>
  readonly #ofKey = new Map<string, CompiledRule[]>()
  readonly #ofMany: CompiledRule[] = []

  constructor(rules: readonly AlertRule[]) {
    this.isEmpty = rules.length === 0
    this.text = JSON.stringify(rules)
    this.#ids = new Set(rules.map((rule) => rule.rule_id))
    for (const rule of rules) this.#add(rule)
  }

  #add(rule: AlertRule): void {
    const compiled = { rule, read: readerOf(rule.field) }
    if (rule.key === undefined) this.#ofMany.push(compiled)
    else if (rule.key.endsWith('*')) this.#ofMany.push({ ...compiled, beginning: rule.key.slice(0, -1) })
    else this.#ofKey.set(rule.key, [...(this.#ofKey.get(rule.key) ?? []), compiled])
  }

  /**
   * Judges one record.
   * @param time of the event, milliseconds UTC.
   * @param state of its key, which is changed in place.
   */
  check(key: string, data: JsonObject, time: number, state: RuleState): readonly RuleHit[] {
    for (const id in state) if (!this.#ids.has(id)) delete state[id]
    if (this.isEmpty) return none
    let hits: RuleHit[] | undefined
    const judge = (compiled: CompiledRule): void => {
      const value = compiled.read(data)
      if (!isDue(compiled.rule, holds(compiled.rule, value), time, state)) return
      hits ??= []
      hits.push(hitOf(compiled.rule, key, value, time))
    }
    for (const compiled of this.#ofKey.get(key) ?? []) judge(compiled)
    for (const compiled of this.#ofMany) {
      if (compiled.beginning === undefined || key.startsWith(compiled.beginning)) judge(compiled)
    }
    return hits ?? none
  }
}

/** The enabled rules on records of one stream; read anew each time, once a batch. */
export async function recordRulesFor(scope: Uses<'state'>, stream: string): Promise<RecordRules> {
  return new RecordRules(await rulesOn(scope, 'record', stream))
}

/** Notes whether the condition holds, and says whether that is to be told now. */
function isDue(rule: AlertRule, isTrue: boolean, time: number, state: RuleState): boolean {
  const held = state[rule.rule_id]
  if (!held && !isTrue) return false
  const [since, told] = held ?? nothing
  const toldLately = told !== null && Math.abs(time - told) < repeatMilliseconds
  if (!isTrue) {
    // A late record from before it began to hold says nothing against it.
    if (since !== null && time < since) return false
    if (toldLately) state[rule.rule_id] = [null, told]
    else delete state[rule.rule_id]
    return false
  }
  const begun = Math.min(since ?? time, time)
  const due = !toldLately && time - begun >= rule.for_seconds * 1_000
  if (due || begun !== since) state[rule.rule_id] = [begun, due ? time : told]
  return due
}

function hitOf(rule: AlertRule, key: string, value: JsonValue | undefined, time: number): RuleHit {
  return {
    key,
    field: rule.field,
    timestamp: time,
    kind: typeof value === 'string' ? 'category' : 'value',
    value: findingValue(value),
    score: scoreOf(rule),
    reason: reasonOf(rule, value),
    rule: rule.rule_id,
  }
}

/** A field of the data by its whole name, else by the path that its dots make; `data.` before it may be left out. */
function readerOf(field: string): (data: JsonObject) => JsonValue | undefined {
  const name = field.startsWith('data.') ? field.slice('data.'.length) : field
  const path = name.split('.')
  if (path.length === 1) return (data) => (Object.hasOwn(data, name) ? data[name] : undefined)
  return (data) => (Object.hasOwn(data, name) ? data[name] : valueAt(data, path))
}
