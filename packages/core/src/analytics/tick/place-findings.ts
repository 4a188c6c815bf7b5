import type { EventToEmit } from '../../define/event.ts'
import type { Uses } from '../../scope/scope.ts'
import { count, type RecordWrite } from '../../scope/state.ts'
import { changeAlerts } from '../alerts/raise-alerts.ts'
import { isWorthAsking } from '../analysis/escalation.ts'
import { type Incident, scoreOf } from '../incidents/incident.ts'
import { OpenIncidents } from '../incidents/open-incidents.ts'
import { gravestOf, type PlacedFinding, renewInsights } from '../incidents/renew-insights.ts'
import type { Insight } from '../insight.ts'
import { insightsOf, openInsight, storeInsight } from '../insights.ts'
import { type TriageFields, triageFigures, type Waiting } from '../stream-triage.ts'
import type { StreamFields } from '../streams.ts'
import type { Item } from './read-ahead.ts'

/** A change of a stream's triage, for one commit. */
export interface TriageChange {
  readonly fields: TriageFields
  readonly writes: readonly RecordWrite[]
  readonly emit: readonly EventToEmit[]
}

/** So many incidents wait for a model at most; of more, the statistics alone tell. */
const mostWaiting = 200

/**
 * What findings change: incidents, their insights and alerts, and who waits for a model; with positions behind them. Commits nothing, and
 * depends on what is stored alone.
 * @param asks whether there is a model to ask.
 */
export async function placeFindings(
  scope: Uses<'state'>,
  stream: StreamFields,
  before: TriageFields,
  items: readonly Item[],
  asks: boolean,
): Promise<TriageChange> {
  const now = scope.clock.now()
  const incidents = OpenIncidents.unpack(stream.name, before)
  const ending: string[] = []
  const touched = new Map<string, { readonly incident: Incident; readonly added: PlacedFinding[] }>()
  let findings = 0
  for (const { finding } of items) {
    if (!finding) continue
    const { incident, place, ended } = incidents.add(finding, now)
    findings++
    ending.push(...ended.map(({ id }) => id))
    const one = touched.get(incident.id) ?? { incident, added: [] }
    touched.set(incident.id, one)
    one.added.push({ finding, place })
  }
  const waiting = [...before.waiting]
  const writes: RecordWrite[] = items.flatMap((item) => item.writes ?? [])
  const changed: Insight[] = []
  let made = 0
  for (const { incident, added } of touched.values()) {
    const records = await insightsOf(scope, incident.id)
    const kept = new Map<string, Insight>()
    for (const record of records.values()) kept.set(record.fields.key, await openInsight(record))
    const renewed = renewInsights(stream.name, incident, added, kept, now)
    for (const insight of renewed) {
      const record = records.get(insight.insight_id)
      if (!record) made++
      writes.push(storeInsight(insight, record, { now, retention: stream.retention }))
      kept.set(insight.key, insight)
    }
    changed.push(...renewed)
    if (asks) lineUp(waiting, incident, kept.values(), now)
  }
  const alerts = await changeAlerts(scope, { raise: changed })
  const opened = incidents.pack().opened - before.opened
  const figures = { findings, incidents: opened, insights: made }
  if (findings > 0) writes.push(count(triageFigures, { partition: stream.name }, figures))
  const positions = { ...before.positions, ...Object.fromEntries(items.map(({ source, position }) => [source, position])) }
  return {
    fields: { ...before, ...incidents.pack(), positions, waiting, ending: [...before.ending, ...ending] },
    writes: [...writes, ...alerts.writes],
    emit: alerts.emit,
  }
}

/** Has an incident wait for a model where it is worth it. */
function lineUp(waiting: Waiting[], incident: Incident, insights: Iterable<Insight>, now: number): void {
  const gravest = gravestOf(insights)
  const risk = gravest?.evidence.statistics.risk_level
  if (risk === undefined || !isWorthAsking(incident, risk)) return
  const waits = waiting.findIndex((each) => each.incident === incident.id)
  if (waits < 0 && waiting.length >= mostWaiting) return
  incident.asked = risk
  const [before] = waits < 0 ? [] : waiting.splice(waits, 1)
  const score = scoreOf(incident)
  const place = waiting.findIndex((each) => each.score < score)
  waiting.splice(place < 0 ? waiting.length : place, 0, { incident: incident.id, since: before?.since ?? now, score })
}
