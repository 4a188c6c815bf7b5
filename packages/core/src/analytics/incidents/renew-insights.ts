import { analyseByRule, type IncidentFacts, riskLevels } from '../analysis/analyse-by-rule.ts'
import { underStatistics } from '../analysis/under-statistics.ts'
import type { Finding } from '../finding.ts'
import type { Insight } from '../insight.ts'
import { insightId } from '../insights.ts'
import { type Incident, incidentLimits, memberOf } from './incident.ts'
import type { Placed } from './open-incidents.ts'

/** A finding, and its key's place among those of its incident. */
export interface PlacedFinding extends Pick<Placed, 'place'> {
  readonly finding: Finding
}

const mostRelated = 10

/**
 * The insights of an incident as they are after more findings: one for each of its first keys, of the strongest finding so far. The
 * first key's also tells how far the incident has spread.
 * @param kept its insights so far, by key.
 * @returns those that are new or changed.
 */
export function renewInsights(
  stream: string,
  incident: Incident,
  added: readonly PlacedFinding[],
  kept: ReadonlyMap<string, Insight>,
  now: number,
): readonly Insight[] {
  const strongest = new Map<string, Finding>()
  for (const { finding, place } of added) {
    if (place === undefined || place >= incidentLimits.insights) continue
    const other = strongest.get(finding.key)
    if (!other || finding.score > other.score) strongest.set(finding.key, finding)
  }
  const keys = new Set([...kept.keys(), ...strongest.keys()])
  const lead = [...kept.keys()].find((key) => memberOf(key) === incident.members[0])
  const changed = new Set(lead === undefined ? strongest.keys() : [lead, ...strongest.keys()])
  return [...changed].flatMap((key) => {
    const facts = { ...incident, related: [...keys].filter((each) => each !== key).slice(0, mostRelated) }
    const insight = renew({ stream, incident_id: incident.id, facts, now }, kept.get(key), strongest.get(key))
    return insight ? [insight] : []
  })
}

interface About {
  readonly stream: string
  readonly incident_id: string
  readonly facts: IncidentFacts
  readonly now: number
}

function renew(
  { stream, incident_id, facts, now }: About,
  kept: Insight | undefined,
  added: Finding | undefined,
): Insight | undefined {
  const isStronger = added !== undefined && (!kept || added.score > kept.evidence.finding.score)
  const finding = isStronger ? added : kept && { ...kept.evidence.finding, data_point: kept.data_point }
  if (!finding) return undefined
  const { data_point, ...told } = finding
  const { findings, keys, related } = facts
  const statistics = analyseByRule(finding, facts)
  const isModels = kept?.evidence.by === 'model'
  return {
    insight_id: insightId(incident_id, finding.key),
    ...{ stream, key: finding.key, timestamp: finding.timestamp, data_point },
    analysis: isModels ? underStatistics(kept.analysis, statistics) : statistics,
    evidence: {
      by: 'statistics',
      ...kept?.evidence,
      ...{ incident_id, statistics, finding: told, related, findings, keys },
    },
    processing_time: isStronger || !kept ? Math.max(0, now - finding.accepted) / 1_000 : kept.processing_time,
  }
}

/** The gravest of an incident's insights: its alerts are about that one, and a model is asked about it. */
export function gravestOf(insights: Iterable<Insight>): Insight | undefined {
  let gravest: Insight | undefined
  for (const insight of insights) if (!gravest || isGraver(insight, gravest)) gravest = insight
  return gravest
}

function isGraver(one: Insight, other: Insight): boolean {
  const [left, right] = [one, other].map(({ analysis, evidence }) => [
    analysis.alert_priority,
    riskLevels.indexOf(analysis.risk_level),
    evidence.finding.score,
  ]) as [number[], number[]]
  for (const [index, figure] of left.entries()) if (figure !== right[index]) return figure > (right[index] ?? 0)
  return false
}
