import { z } from 'zod'
import { sha256 } from '../crypto.ts'
import { type Collection, defineCollection } from '../define/collection.ts'
import { type Continuation, everyItem } from '../every-item.ts'
import { timeOrder } from '../ids.ts'
import type { JsonObject } from '../json.ts'
import { timestamp } from '../ports/clock.ts'
import type { Page } from '../ports/state-store.ts'
import type { Place, StoredRecord } from '../scope/record.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, update } from '../scope/state.ts'
import type { Analysis, Evidence, Insight } from './insight.ts'

/** What is plain of an insight. Times are milliseconds UTC. */
interface InsightFields {
  readonly insight_id: string
  readonly incident_id: string
  readonly stream: string
  readonly key: string
  readonly timestamp: number
  readonly processing_time: number
  readonly updated: number
  readonly expires: number
}

/** JSON of the fields of these names. */
interface InsightTexts {
  readonly data_point: string
  readonly analysis: string
  readonly evidence: string
}

export type InsightRecord = StoredRecord<InsightFields, InsightTexts>
type InsightLists = 'stream' | 'key' | 'updated'

/** Insights lie with their incident, each under its id. */
export const insights: Collection<InsightFields, InsightTexts, InsightLists> = defineCollection<
  InsightFields,
  InsightTexts,
  InsightLists
>({
  name: 'insights',
  schema: 1,
  plain: z.strictObject({
    insight_id: z.string(),
    incident_id: z.string(),
    stream: z.string(),
    key: z.string(),
    timestamp: z.number(),
    processing_time: z.number(),
    updated: z.number(),
    expires: z.number(),
  }),
  sealed: ['data_point', 'analysis', 'evidence'],
  lists: {
    stream: { group: ({ stream }) => stream, order: byTime },
    key: { group: ({ stream, key }) => groupOf(stream, key), order: byTime },
    updated: { group: ({ stream }) => stream, order: ({ updated, insight_id }) => `${timeOrder(updated)}~${insight_id}` },
  },
  expires: ({ expires }) => expires,
})

function byTime({ timestamp, insight_id }: InsightFields): string {
  return `${timeOrder(timestamp)}~${insight_id}`
}

/** Keys may be of any characters; groups are of some. */
function groupOf(stream: string, key: string): string {
  return `${stream}/${sha256(key).slice(0, 32)}`
}

/** The same for a key of an incident, however often it is told of. */
export function insightId(incidentId: string, key: string): string {
  return sha256(`${incidentId}\n${key}`).slice(0, 32)
}

/**
 * store_insight of the seed (R126): the write that makes it, or brings what is kept of it up to date, for the commit of what it came of.
 * @param options.retention how long it is kept from now on, milliseconds.
 */
export function storeInsight(
  insight: Insight,
  kept: InsightRecord | undefined,
  { now, retention }: { readonly now: number; readonly retention: number },
): RecordWrite {
  const { insight_id, stream, key, timestamp, processing_time, data_point, analysis, evidence } = insight
  const { incident_id } = evidence
  const fields = { insight_id, incident_id, stream, key, timestamp, processing_time, updated: now, expires: now + retention }
  const texts = {
    data_point: JSON.stringify(data_point),
    analysis: JSON.stringify(analysis),
    evidence: JSON.stringify(evidence),
  }
  return kept ? update(insights, kept, fields, texts) : insert(insights, placeOf(insight), fields, texts)
}

function placeOf({ insight_id, evidence }: Insight): Place {
  return { partition: evidence.incident_id, sort: insight_id }
}

export async function openInsight(record: InsightRecord): Promise<Insight> {
  const { insight_id, stream, key, timestamp, processing_time } = record.fields
  const [data, analysis, evidence] = await Promise.all([
    record.open('data_point'),
    record.open('analysis'),
    record.open('evidence'),
  ])
  return {
    ...{ insight_id, stream, key, timestamp },
    data_point: JSON.parse(data ?? '{}') as JsonObject,
    analysis: JSON.parse(analysis ?? '{}') as Analysis,
    evidence: JSON.parse(evidence ?? '{}') as Evidence,
    processing_time,
  }
}

/** All of an incident, by their ids; sees every commit before it. */
export async function insightsOf(scope: Uses<'state'>, incidentId: string): Promise<ReadonlyMap<string, InsightRecord>> {
  const found = new Map<string, InsightRecord>()
  for await (const record of scope.state.read(insights, incidentId)) found.set(record.fields.insight_id, record)
  return found
}

export interface InsightQuery {
  readonly stream: string
  readonly key?: string | undefined
  /** 1 to 1000. */
  readonly limit: number
  /** Where the page before ended. */
  readonly after?: string | undefined
}

/** A stream's insights, or a key's, the newest first by the time of their records. May lag behind commits. */
export async function listInsights(scope: Uses<'state'>, { stream, key, limit, after }: InsightQuery): Promise<Page<Insight>> {
  const [list, group] = key === undefined ? (['stream', stream] as const) : (['key', groupOf(stream, key)] as const)
  const page = await scope.state.list(insights, list, {
    ...{ group, limit, descending: true },
    ...(after === undefined ? {} : { after }),
  })
  return { ...page, items: await Promise.all(page.items.map(openInsight)) }
}

/** A stream's insights that were made or changed since a time, milliseconds UTC, the latest first. May lag behind commits. */
export function latestInsights(
  scope: Uses<'state'>,
  { stream }: Pick<InsightQuery, 'stream'>,
  since: number,
): AsyncGenerator<Insight> {
  return downTo(scope, 'updated', stream, ({ updated }) => updated >= since)
}

/** A stream's insights of records from a time on, milliseconds UTC, the newest first. May lag behind commits. */
export function insightsByTime(
  scope: Uses<'state'>,
  { stream }: Pick<InsightQuery, 'stream'>,
  from: number,
): AsyncGenerator<Insight> {
  return downTo(scope, 'stream', stream, ({ timestamp }) => timestamp >= from)
}

async function* downTo(
  { state }: Uses<'state'>,
  list: InsightLists,
  group: string,
  holds: (fields: InsightFields) => boolean,
): AsyncGenerator<Insight> {
  const ask = (from: Continuation): Promise<Page<InsightRecord>> =>
    state.list(insights, list, { ...from, group, limit: 100, descending: true })
  for await (const record of everyItem(ask)) {
    if (!holds(record.fields)) return
    yield openInsight(record)
  }
}

/** In the form of the public contract: times are RFC 3339. */
export function showInsight(insight: Insight): JsonObject {
  const { insight_id, stream, key, timestamp: time, data_point, evidence, processing_time } = insight
  return {
    ...{ insight_id, stream, key, timestamp: timestamp(time), data_point },
    analysis: showAnalysis(insight.analysis),
    evidence: showEvidence(evidence),
    processing_time,
  }
}

export function showEvidence(evidence: Evidence): JsonObject {
  const { finding } = evidence
  const shownFinding = { ...finding, timestamp: timestamp(finding.timestamp), accepted: timestamp(finding.accepted) }
  return {
    ...evidence,
    statistics: showAnalysis(evidence.statistics),
    finding: { ...shownFinding, recent: finding.recent.map(([time, value]) => [timestamp(time), value]) },
  } as unknown as JsonObject
}

/** Exactly the fields of R75. */
function showAnalysis(analysis: Analysis): JsonObject {
  const { patterns, risk_level, recommended_actions, confidence, alert_priority } = analysis
  return { patterns, risk_level, recommended_actions, confidence, alert_priority }
}
