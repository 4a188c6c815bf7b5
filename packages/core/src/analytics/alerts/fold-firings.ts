import type { JsonObject } from '../../json.ts'
import type { Analysis } from '../insight.ts'
import { rankOf, type Severity } from './judge-insight.ts'
import type { AlertRule } from './rules.ts'

/** A rule that fired once. */
export interface Firing {
  readonly rule: AlertRule
  readonly stream: string
  readonly key: string
  /** Of the record, milliseconds UTC. */
  readonly time: number
  readonly severity: Severity
  readonly data: JsonObject
  readonly incident?: string
  readonly analysis?: Analysis
}

/** An alert as it would have been. Times are milliseconds UTC. */
export interface WouldBeAlert {
  readonly alert_type: string
  readonly rule_ids: readonly string[]
  readonly stream: string
  readonly key: string
  readonly severity: Severity
  /** Of the first record, and of the last. */
  readonly timestamp: number
  readonly until: number
  readonly fired: number
  /** Of the worst. */
  readonly data: JsonObject
  readonly analysis: Analysis | undefined
}

/** Groups firings as alerts are grouped: by type and incident, and by key within the cool-down. The oldest first. */
export function foldFirings(firings: readonly Firing[]): readonly WouldBeAlert[] {
  const alerts: WouldBeAlert[] = []
  const ofIncident = new Map<string, number>()
  const ofKey = new Map<string, number>()
  for (const firing of firings.toSorted((one, other) => one.time - other.time)) {
    const { rule, stream, key, incident } = firing
    const incidentName = JSON.stringify([rule.alert_type, incident])
    const keyName = JSON.stringify([rule.alert_type, stream, key])
    const latest = alerts[ofKey.get(keyName) ?? -1]
    const isNear = latest !== undefined && firing.time - latest.until < rule.cool_down_seconds * 1_000
    const index =
      (incident === undefined ? undefined : ofIncident.get(incidentName)) ??
      (isNear ? ofKey.get(keyName) : undefined) ??
      alerts.length
    alerts[index] = joined(alerts[index], firing)
    if (incident !== undefined) ofIncident.set(incidentName, index)
    ofKey.set(keyName, index)
  }
  return alerts
}

function joined(alert: WouldBeAlert | undefined, { rule, stream, key, time, severity, data, analysis }: Firing): WouldBeAlert {
  if (!alert) {
    const about = { alert_type: rule.alert_type, rule_ids: [rule.rule_id], stream, key, severity }
    return { ...about, timestamp: time, until: time, fired: 1, data, analysis }
  }
  const isWorse = rankOf(severity) > rankOf(alert.severity)
  return {
    ...alert,
    ...(isWorse ? { severity, data, analysis } : {}),
    rule_ids: alert.rule_ids.includes(rule.rule_id) ? alert.rule_ids : [...alert.rule_ids, rule.rule_id],
    until: Math.max(alert.until, time),
    fired: alert.fired + 1,
  }
}
