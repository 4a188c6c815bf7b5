import { uuid } from '../../ids.ts'
import type { Uses } from '../../scope/scope.ts'
import type { Insight } from '../insight.ts'
import { AlertBook, type AlertChange } from './alert-book.ts'
import { alertEscalated, alertOpened, alertRecovered } from './events.ts'
import { judgeInsight, rankOf, type Verdict } from './judge-insight.ts'
import { activeRules } from './keep-rules.ts'
import { type AlertFields, type AlertTexts, incidentPartition } from './records.ts'

/**
 * What becomes of alerts when incidents go on or begin (`raise`: their insights) and end (`recover`: their ids), as one commit has to hold
 * it; commits nothing itself. An alert is one per type and incident, and a new incident of its key within its cool-down joins it, so that
 * a storm is a few alerts (X51). It depends on what is stored alone: the same insight again changes nothing (X50), and of two who decide
 * at the same time the commit of one fails with ConflictError.
 */
export async function changeAlerts(
  scope: Uses<'state'>,
  { raise = [], recover = [] }: { readonly raise?: readonly Insight[]; readonly recover?: readonly string[] },
): Promise<AlertChange> {
  const book = new AlertBook(scope)
  const rules = raise.length > 0 ? await activeRules(scope) : []
  for (const insight of raise) {
    const verdicts = judgeInsight(rules, insight)
    if (verdicts.length === 0) continue
    const texts = textsOf(insight)
    const content = await scope.state.lookup('alert-content', Object.values(texts).join('\n'))
    for (const verdict of verdicts) await raiseAlert(scope, book, insight, { ...shownOf(insight, verdict), content }, texts)
  }
  for (const incident of recover) {
    for (const fields of await book.ofIncident(incident)) recoverAlert(scope, book, fields, incident)
  }
  return book.change()
}

function textsOf({ data_point, analysis, evidence }: Insight): AlertTexts {
  return {
    data: JSON.stringify(data_point),
    analysis: JSON.stringify(analysis),
    recommended_actions: JSON.stringify(analysis.recommended_actions ?? []),
    evidence: JSON.stringify(evidence),
  }
}

async function raiseAlert(
  scope: Uses<'state'>,
  book: AlertBook,
  insight: Insight,
  shown: Shown,
  texts: AlertTexts,
): Promise<void> {
  const { alert_type } = shown
  const { incident_id } = insight.evidence
  const ofIncident = incidentPartition(incident_id)
  const found = await book.pointed(ofIncident, alert_type)
  if (found) return goOn(scope, book, found, shown, texts)
  const ofKey = `key:${await scope.state.lookup('alert-key', `${insight.stream}\n${insight.key}`)}`
  const latest = await book.pointed(ofKey, alert_type)
  const now = scope.clock.now()
  // Of a stream of old records hours go by in seconds: what lies further apart by its own time isn't one thing.
  const apart = Math.abs(insight.timestamp - (latest?.timestamp ?? 0))
  if (latest && now - latest.updated < latest.cool_down && apart <= now - latest.created + latest.cool_down) {
    await book.point(ofIncident, alert_type, latest.alert_id)
    const joined = { ...reopened(latest), incidents: latest.incidents + 1, incident_id, findings: 0 }
    return goOn(scope, book, joined, shown, texts)
  }
  const fields: AlertFields = {
    ...shown,
    alert_id: uuid(scope.clock),
    status: 'open',
    incident_id,
    incidents: 1,
    worst: { severity: shown.severity, priority: shown.priority },
    told: 'opened',
    told_at: now,
    created: now,
    updated: now,
  }
  book.put(fields, texts)
  await book.point(ofIncident, alert_type, fields.alert_id)
  await book.point(ofKey, alert_type, fields.alert_id)
  book.tell(alertOpened, fields)
}

/** One that was over is open once more, and nobody's yet. */
function reopened(fields: AlertFields): AlertFields {
  if (fields.status !== 'recovered') return fields
  const { recovered, acknowledged, acknowledged_by, ...rest } = fields
  return { ...rest, status: 'open' }
}

/** What an insight has to say of an alert. */
type Shown = Pick<
  AlertFields,
  | 'alert_type'
  | 'stream'
  | 'key'
  | 'rule_id'
  | 'severity'
  | 'priority'
  | 'insight_id'
  | 'content'
  | 'findings'
  | 'cool_down'
  | 'timestamp'
>

function shownOf(insight: Insight, verdict: Verdict): Omit<Shown, 'content'> {
  return {
    ...verdict,
    stream: insight.stream,
    key: insight.key,
    priority: insight.analysis.alert_priority,
    insight_id: insight.insight_id,
    findings: insight.evidence.findings,
    timestamp: insight.timestamp,
  }
}

/** An alert that there is, as one more insight leaves it. */
function goOn(scope: Uses<'state'>, book: AlertBook, before: AlertFields, shown: Shown, texts: AlertTexts): void {
  const now = scope.clock.now()
  const { worst } = before
  const rises = rankOf(shown.severity) > rankOf(worst.severity) || shown.priority > worst.priority
  // Other keys of the incident are in its evidence; one is shown in its place only when it is worse.
  const shows = rises || shown.key === before.key
  const after: AlertFields = {
    ...before,
    ...(shows ? shown : {}),
    findings: Math.max(before.findings, shown.findings),
    worst: {
      severity: rankOf(shown.severity) > rankOf(worst.severity) ? shown.severity : worst.severity,
      priority: Math.max(worst.priority, shown.priority),
    },
    // Told as over, and open again for longer than it is kept quiet.
    ...(before.status !== 'recovered' && before.told === 'recovered' && now - before.told_at >= before.cool_down
      ? { told: 'opened', told_at: now }
      : {}),
  }
  if (isSame(before, after)) return
  const kept = { ...after, updated: now }
  book.put(kept, shows && after.content !== before.content ? texts : undefined)
  // What comes to light when it is over is kept, but wakes nobody.
  if (before.status === 'recovered') return
  if (after.told !== before.told) book.tell(alertOpened, kept)
  else if (rises) book.tell(alertEscalated, kept)
}

function isSame(before: AlertFields, after: AlertFields): boolean {
  const names = Object.keys(after) as (keyof AlertFields)[]
  return names.every((name) => JSON.stringify(before[name]) === JSON.stringify(after[name]))
}

function recoverAlert(scope: Uses<'state'>, book: AlertBook, before: AlertFields, incident: string): void {
  // Another incident has it by now, which goes on.
  if (before.incident_id !== incident || before.status === 'recovered') return
  const now = scope.clock.now()
  const fields: AlertFields = { ...before, status: 'recovered', recovered: now, updated: now, told: 'recovered', told_at: now }
  // It came and went within its cool-down: nobody was told that it was back.
  if (before.told === 'recovered') book.put({ ...fields, told_at: before.told_at })
  else {
    book.put(fields)
    book.tell(alertRecovered, fields)
  }
}
