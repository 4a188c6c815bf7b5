import type { JsonObject } from '../../json.ts'
import type { Insight, RiskLevel } from '../insight.ts'
import { holds, valueAt } from './conditions.ts'
import { type AlertRule, concerns, defaultAlertTypes } from './rules.ts'

/** R81: what an alert's severity is when nothing says it. */
export type Severity = RiskLevel | 'unknown'

const severities: readonly Severity[] = ['unknown', 'low', 'medium', 'high']

/** Of one insight: what it raises has to fit in one commit. */
const mostVerdicts = 10

/** 0 to 3. */
export function rankOf(severity: Severity): number {
  return severities.indexOf(severity)
}

/** One alert that an insight calls for. */
export interface Verdict {
  readonly alert_type: string
  /** Of the rule that says so; of several with one type, the gravest. */
  readonly rule_id: string
  readonly severity: Severity
  /** Milliseconds. */
  readonly cool_down: number
}

/**
 * Which alerts an insight calls for, one a type, each rule judged by itself (R80): rules on insights that hold, and the rule on records or
 * windows that made its finding. At most {@link mostVerdicts}: the types that are built in, then the gravest.
 */
export function judgeInsight(rules: readonly AlertRule[], insight: Insight): readonly Verdict[] {
  const verdicts = new Map<string, Verdict>()
  for (const rule of rules) {
    if (!concerns(rule, insight.stream, insight.key) || !fires(rule, insight)) continue
    const verdict: Verdict = {
      alert_type: rule.alert_type,
      rule_id: rule.rule_id,
      severity: rule.severity ?? insight.analysis.risk_level ?? 'unknown',
      cool_down: rule.cool_down_seconds * 1_000,
    }
    const other = verdicts.get(rule.alert_type)
    if (!other || rankOf(verdict.severity) > rankOf(other.severity)) verdicts.set(rule.alert_type, verdict)
  }
  const all = [...verdicts.values()]
  if (all.length <= mostVerdicts) return all
  return all.toSorted((one, other) => weightOf(other) - weightOf(one)).slice(0, mostVerdicts)
}

function weightOf({ alert_type, severity }: Verdict): number {
  return defaultAlertTypes.has(alert_type) ? severities.length : rankOf(severity)
}

function fires(rule: AlertRule, insight: Insight): boolean {
  if (rule.on !== 'insight') return insight.evidence.finding.rule === rule.rule_id
  return holds(rule, valueAt(insight as unknown as JsonObject, rule.field.split('.')))
}
