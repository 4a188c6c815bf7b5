import { type Numbers, numberIn } from '../../kit/typed.ts'
import type { Rule } from './answers.ts'

/** A rule while it is edited: numbers are what was typed, and what is empty isn't given. */
export interface RuleDraft {
  readonly rule_id: string
  readonly name: string
  readonly alert_type: string
  readonly stream: string
  readonly key: string
  readonly on: Rule['on']
  readonly window: string
  readonly field: string
  readonly operator: string
  readonly threshold: string
  readonly for_seconds: string
  readonly cool_down_seconds: string
  readonly severity: string
  readonly enabled: boolean
}

/** What may be compared, by what is looked at. */
export const fieldHints: Readonly<Record<Rule['on'], string>> = {
  record: 'Its name in the data, such as temperature.',
  window: 'count, rate, or such as temperature.p95.',
  insight: 'Such as analysis.risk_level or data_point.temperature.',
}

export function ruleDraft(rule?: Rule): RuleDraft {
  return {
    rule_id: rule?.rule_id ?? '',
    name: rule?.name ?? '',
    alert_type: rule?.alert_type ?? '',
    stream: rule?.stream ?? '',
    key: rule?.key ?? '',
    on: rule?.on ?? 'record',
    window: rule?.window ?? '',
    field: rule?.field ?? '',
    operator: rule?.operator ?? '>',
    threshold: String(rule?.threshold ?? ''),
    for_seconds: String(rule?.for_seconds ?? 0),
    cool_down_seconds: String(rule?.cool_down_seconds ?? 300),
    severity: rule?.severity ?? '',
    enabled: rule?.enabled ?? true,
  }
}

/** A rule as it was typed: what can't be read as a number is still text. */
export type TypedRule = Omit<Rule, 'for_seconds' | 'cool_down_seconds'> & {
  readonly for_seconds?: number | string
  readonly cool_down_seconds?: number | string
}

const ofRule: Numbers = { from: 0, to: 7 * 86_400 }

/** Which numbers a rule takes, by their fields in a list of rules. @param index its place there. */
export function ruleNumbers(index: number): Readonly<Record<string, Numbers>> {
  return { [`rules.${index}.for_seconds`]: ofRule, [`rules.${index}.cool_down_seconds`]: ofRule }
}

/** As the API takes it, but for numbers that are none. */
export function ruleOf(draft: RuleDraft): TypedRule {
  const { rule_id, alert_type, on, field, operator, threshold, enabled } = draft
  const given = Object.fromEntries(
    (['name', 'stream', 'key', 'severity', ...(on === 'window' ? (['window'] as const) : [])] as const)
      .map((name) => [name, draft[name].trim()] as const)
      .filter(([, value]) => value !== ''),
  )
  return {
    ...{ rule_id: rule_id.trim(), alert_type: alert_type.trim(), on, field: field.trim(), operator, enabled },
    ...given,
    // Text is compared as text.
    ...(operator === 'absent' ? {} : { threshold: numberIn(threshold) }),
    for_seconds: on === 'insight' ? 0 : numberIn(draft.for_seconds),
    cool_down_seconds: numberIn(draft.cool_down_seconds),
  }
}
