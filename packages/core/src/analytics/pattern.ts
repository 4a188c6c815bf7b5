import { definePattern, type Pattern } from '../define/pattern.ts'
import { alertsParts } from './alerts/parts.ts'
import { triageCalls } from './analysis/call-budget.ts'
import { modelCalls } from './analysis/model-calls.ts'
import { cleanJob } from './delete-stream.ts'
import { insights } from './insights.ts'
import { tickJob, triageJob } from './jobs.ts'
import { streamCounts, streamRemovals } from './set-up-stream.ts'
import { streamFindings } from './shards/findings.ts'
import { heartbeatJob, streamHeartbeats } from './shards/heartbeat.ts'
import { streamShardParts } from './shards/kept-state.ts'
import { streamKeyPages } from './shards/key-pages.ts'
import { streamQuarantine } from './shards/quarantine.ts'
import { analyticsConsumer } from './shards/shard-consumer.ts'
import { streamShards } from './shards/shard-head.ts'
import { streamTail } from './shards/tail.ts'
import { streamRoutes } from './stream-routes.ts'
import { streamTriage, triageFigures } from './stream-triage.ts'
import { streams } from './streams.ts'
import { streamCursors } from './tail-cursors.ts'
import { windowRows } from './windows/window-rows.ts'

/** Streams of records: a detector sees each, a model sees what is worth it (R69). */
export const analytics: Pattern = definePattern({
  name: 'analytics',
  title: 'Real-Time Stream Analytics',
  summary:
    'Records are windowed and judged as they come, by a detector; grouped anomalies become insights, by a model where it earns it, and few, right alerts.',
  collections: [
    ...[streams, streamCounts, streamRemovals, streamCursors],
    ...[streamShards, streamShardParts, streamKeyPages, streamHeartbeats, streamTail, streamFindings, streamQuarantine],
    ...[windowRows, streamTriage, triageFigures, triageCalls, modelCalls, insights],
    ...alertsParts.collections,
  ],
  events: alertsParts.events,
  jobs: [tickJob, triageJob, heartbeatJob, cleanJob],
  routes: [...alertsParts.routes, ...streamRoutes],
  subscribers: alertsParts.subscribers,
  streams: [analyticsConsumer],
})
