import { timestamp } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'
import { callPerRecord } from './call-per-record.ts'
import { readHeads, type ShardHeadFields } from './shards/shard-head.ts'
import { readTriageFigures } from './stream-triage.ts'
import type { StreamFields, StreamSettings } from './streams.ts'
import type { WindowDefinition } from './windows/window.ts'

const second = 1_000
const day = 24 * 60 * 60 * second
const nano = 1e9

/** A stream as it is set. */
export function showSettings({ name, shards, created, updated, ...settings }: StreamFields): object {
  return {
    name,
    created_at: timestamp(created),
    updated_at: timestamp(updated),
    shards,
    fields: settings.fields,
    windows: settings.windows.map(showWindow),
    ...lengths(settings),
  }
}

/**
 * A stream with its figures (R73), of all of its life unless they say otherwise. `lag_ms`: how long the last batch of the slowest shard took
 * from the acceptance of its first record; `model_calls.saved`: calls that one for each record would have made besides, and
 * `saved_usd` what they would have cost.
 */
export async function showStream(scope: Uses<'state' | 'models'>, stream: StreamFields): Promise<object> {
  const [heads, triage] = await Promise.all([readHeads(scope, stream), readTriageFigures(scope, stream.name)])
  const sum = (of: (head: ShardHeadFields) => number): number => heads.reduce((total, head) => total + of(head), 0)
  const records = sum((head) => head.records)
  const newest = Math.max(0, ...heads.map(({ accepted }) => accepted))
  // As far as all of them have come: a shard that had no records yet says nothing.
  const watermarks = heads.map(({ watermark }) => watermark).filter((watermark) => watermark > 0)
  const each = callPerRecord(scope)
  const { model_calls, findings, incidents, insights, analysed, skipped, failed, input_tokens, output_tokens, nano_usd } = triage
  return {
    ...showSettings(stream),
    records,
    bytes: sum((head) => head.bytes),
    late: sum((head) => head.late),
    duplicates: sum((head) => head.duplicates),
    quarantined: sum((head) => head.quarantined),
    anomalies: sum((head) => head.anomalies),
    windows_closed: sum((head) => head.windows),
    findings,
    incidents,
    insights,
    watermark: watermarks.length === 0 ? null : timestamp(Math.min(...watermarks)),
    last_record_at: newest === 0 ? null : timestamp(newest),
    lag_ms: Math.max(0, ...heads.map(({ metrics }) => metrics.lag)),
    model_calls: {
      made: model_calls,
      saved: Math.max(0, records - model_calls),
      analysed,
      skipped,
      failed,
      input_tokens,
      output_tokens,
      usd: nano_usd / nano,
      saved_usd: Math.max(0, records * each.usd - nano_usd / nano),
      call_per_record: each,
    },
    shard_metrics: heads.map(({ shard, records: own, metrics }) => ({
      shard,
      records: own,
      last_batch: {
        records: metrics.records,
        bytes: metrics.bytes,
        anomalies: metrics.anomalies,
        lag_ms: metrics.lag,
      },
      processing_ms: metrics.processing,
    })),
  }
}

function showWindow(window: WindowDefinition): object {
  const { name, kind } = window
  if (window.kind === 'session') return { name, kind, gap_seconds: window.gap / second }
  const size_seconds = window.size / second
  return { name, kind, size_seconds, ...(window.kind === 'sliding' ? { slide_seconds: window.slide / second } : {}) }
}

function lengths({ lateness, retention }: Pick<StreamSettings, 'lateness' | 'retention'>): object {
  return { allowed_lateness_seconds: lateness / second, retention_days: retention / day }
}
