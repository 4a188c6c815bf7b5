import type { Finding } from '../finding.ts'
import { extentOf, strengthOf } from '../incidents/incident.ts'
import { usualInterval } from '../incidents/usual-interval.ts'
import type { Analysis, RiskLevel } from '../insight.ts'
import { numberInWords, rangeInWords } from '../number-words.ts'
import { type Change, classifyChange } from './classify-change.ts'
import { clockTime, duration, fewOf, oneLine, shortValue } from './readable.ts'

/** What is known of the incident that a finding belongs to. */
export interface IncidentFacts {
  readonly findings: number
  readonly keys: number
  /** Other keys of it, some of them. */
  readonly related: readonly string[]
}

/**
 * What the statistics say of a finding (R75): by rule, from the finding, the last window and the extent of its incident alone, so that the
 * same facts give the same words.
 */
export function analyseByRule(finding: Finding, incident: IncidentFacts): Analysis {
  const expected = expectedOf(finding)
  const size = sizeOf(finding, expected)
  const severity = severityOf(strengthOf(finding), size, extentOf(incident))
  const change = classifyChange(finding, expected)
  return {
    patterns: patternsOf(finding, { expected, change, incident }),
    risk_level: severity >= highFrom ? 'high' : severity >= mediumFrom ? 'medium' : 'low',
    recommended_actions: actionsOf(finding, { expected, change, incident }),
    confidence: confidenceOf(finding),
    alert_priority: priorityOf(severity),
  }
}

export const riskLevels: readonly RiskLevel[] = ['low', 'medium', 'high']

const weights = { strength: 0.6, size: 0.25, extent: 0.15 }
const mediumFrom = 0.5
const highFrom = 0.75
/** From which severity on a priority is 2, 3, 4, 5: risk is high from 4 on, and low below 3. */
const priorities = [0.3, mediumFrom, highFrom, 0.9]

function severityOf(strength: number, size: number, extent: number): number {
  return weights.strength * strength + weights.size * size + weights.extent * extent
}

function priorityOf(severity: number): number {
  return 1 + priorities.filter((from) => severity >= from).length
}

/** What the detector says, else what the last window does: its mean and three standard deviations around it. */
function expectedOf({ expected, window }: Finding): readonly [number, number] | undefined {
  if (expected) return expected
  if (!window || window.count < 2) return undefined
  const away = 3 * Math.sqrt(window.variance)
  return [window.mean - away, window.mean + away]
}

/**
 * How far off, in [0,1): a half for what is beyond the expected range by its width, or the last window's spread where that is wider. For
 * a silence, a half for one of ten usual intervals.
 */
function sizeOf({ kind, value, window, recent, timestamp }: Finding, expected: readonly [number, number] | undefined): number {
  if (kind === 'silence') {
    const usual = usualInterval(recent) ?? 0
    const silent = timestamp - (recent.at(-1)?.[0] ?? timestamp)
    return silent <= 0 ? 0.5 : silent / (silent + 10 * usual)
  }
  if (typeof value !== 'number' || !expected) return 0.5
  const beyond = Math.max(0, expected[0] - value, value - expected[1])
  const spread = Math.max(expected[1] - expected[0], window ? Math.sqrt(window.variance) : 0)
  return beyond === 0 ? 0 : beyond / (beyond + spread)
}

/** How sure: by the finding's strength, less where little was seen of the key before. */
function confidenceOf(finding: Finding): number {
  const { recent, window, rule } = finding
  if (rule !== undefined) return 1
  const known = recent.length + (window?.count ?? 0)
  return Number((strengthOf(finding) * (0.5 + 0.5 * (known / (known + 10)))).toFixed(2))
}

interface Seen {
  readonly expected: readonly [number, number] | undefined
  readonly change: Change | undefined
  readonly incident: IncidentFacts
}

function patternsOf(finding: Finding, { expected, change, incident }: Seen): readonly string[] {
  const { kind, key, timestamp, value, window, rule } = finding
  const field = oneLine(finding.field, 60)
  const reason = oneLine(finding.reason, 300)
  if (rule !== undefined) return [reason]
  const patterns: string[] = []
  if (kind === 'silence')
    patterns.push(`silence anomaly: no ${field || 'records'} from ${oneLine(key, 60)} by ${clockTime(timestamp)}`)
  else if (kind === 'category')
    patterns.push(`${field} anomaly: new or rare category ${value === null ? '' : shortValue(value)}`.trim())
  else patterns.push(`${field} anomaly: ${change ?? 'unusual value'}${expected ? `, expected ${rangeInWords(expected)}` : ''}`)
  const deviation = deviationOf(finding)
  if (deviation && window)
    patterns.push(`${field} is ${deviation} the last window's mean of ${numberInWords(window.mean)} (${window.count} values)`)
  if (reason !== '') patterns.push(reason)
  if (incident.keys > 1)
    patterns.push(`${incident.keys} keys at about the same time, such as ${fewOf(incident.related, incident.keys - 1)}`)
  if (incident.findings > incident.keys) patterns.push(`${incident.findings} findings so far`)
  return patterns
}

/** `4.2 standard deviations above`. */
function deviationOf({ value, window }: Finding): string | undefined {
  if (typeof value !== 'number' || !window || window.count < 2 || window.variance === 0) return undefined
  const deviations = (value - window.mean) / Math.sqrt(window.variance)
  return `${Math.abs(deviations).toFixed(1)} standard deviations ${deviations < 0 ? 'below' : 'above'}`
}

function actionsOf(finding: Finding, { expected, change, incident }: Seen): readonly string[] {
  const { kind, timestamp, recent, rule } = finding
  const [field, key] = [oneLine(finding.field, 60), oneLine(finding.key, 60)]
  const actions: string[] = []
  if (kind === 'silence') {
    const usual = usualInterval(recent)
    const rhythm = usual === undefined ? '' : `; a value usually comes every ${duration(usual)}`
    actions.push(`Check that ${key} is running and connected${rhythm}.`)
  } else {
    const is = finding.value === null ? 'has no value' : `is ${shortValue(finding.value)}`
    actions.push(
      `Check ${field} of ${key}: it ${is} at ${clockTime(timestamp)}${expected ? `, expected ${rangeInWords(expected)}` : ''}.`,
    )
    if (rule === undefined) actions.push(furtherAction(kind, change, field, key))
  }
  if (incident.keys > 1) actions.push(`Look for what ${key} has in common with ${fewOf(incident.related, incident.keys - 1)}.`)
  return actions
}

function furtherAction(kind: Finding['kind'], change: Change | undefined, field: string, key: string): string {
  if (kind === 'category') return `Find out whether this ${field} is a new one of ${key} or a fault.`
  switch (change) {
    case 'flat line':
      return `Find out whether ${key} still measures ${field}, or repeats its last value.`
    case 'level shift up':
    case 'level shift down':
      return `Find out what was changed at ${key} when ${field} moved to its new level.`
    case 'drift up':
    case 'drift down':
      return `Plan for ${field} of ${key} before it leaves its limits: it has been moving one way.`
    case 'unusual for its time':
      return `Compare ${field} of ${key} with the same time of earlier days.`
    default:
      return `Look at what else happened at ${key} at that time; one point alone may be a fault of measurement.`
  }
}
