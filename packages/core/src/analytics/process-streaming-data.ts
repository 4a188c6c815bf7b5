import { UnavailableError } from '../errors.ts'
import { sleep } from '../ports/clock.ts'
import type { Scope, Uses } from '../scope/scope.ts'
import type { Insight } from './insight.ts'
import { type InsightQuery, insightsByTime, latestInsights } from './insights.ts'
import { triageSources } from './jobs.ts'
import { fromKinesis, isKinesisRecord, type KinesisRecord } from './read-kinesis.ts'
import { isFault, type RecordFault, readRecord } from './read-records.ts'
import type { StreamRecord } from './record.ts'
import { type AppendedRecords, RecordAppender } from './record-appender.ts'
import { getStream } from './set-up-stream.ts'
import { readHeads } from './shards/shard-head.ts'
import { shardPartition } from './shards/shard-of.ts'
import type { StreamFields } from './streams.ts'
import { tickUntilDone } from './tick-stream.ts'

/** What a batch may be: records in our form or in that of Kinesis, also as the event that a function of AWS gets. */
export type StreamingData = readonly (StreamRecord | KinesisRecord)[] | { readonly Records: readonly KinesisRecord[] }

export interface ProcessOptions {
  /** Default: `default`. */
  readonly stream?: string
  /** How long it waits for the shards, milliseconds. Default: a minute. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

export interface ProcessedBatch extends AppendedRecords {
  /** Of the batch's records, and those that the batch changed (R74): the newest first. */
  readonly insights: readonly Insight[]
}

const usualTimeout = 60_000
const firstPause = 5
const longestPause = 250

/**
 * process_streaming_data of the seed (R71–R74): appends records to a stream, waits until they were analysed, their insights kept and their
 * alerts raised, and gives the insights. A bad record is told of and stops no other. The same batch again changes nothing, as far as its
 * records have ids or sequence numbers. The shards' work is a worker's, in this process or another: one has to run.
 * @throws UnavailableError `stream_behind` when that takes too long: what was accepted is kept, and analysed later; and what appending throws.
 */
export async function processStreamingData(
  scope: Scope,
  data: StreamingData,
  { stream: name = 'default', timeout = usualTimeout, signal }: ProcessOptions = {},
): Promise<ProcessedBatch> {
  const started = scope.clock.now()
  const appender = await RecordAppender.open(scope, name, 'patient')
  const records = 'Records' in data ? data.Records : data
  const batch = new Batch(started)
  for (const [index, record] of records.entries()) {
    const given = inOurForm(record, started)
    if (isRefused(given)) {
      appender.refuse(index, given)
      continue
    }
    batch.add(given, started)
    appender.take(index, given)
    if (appender.isFull) await appender.flush()
  }
  const appended = await appender.end()
  if (appended.accepted === 0) return { ...appended, insights: [] }
  const { fields: stream } = await getStream(scope, name)
  const until = started + timeout
  for (let pause = firstPause; !(await hasReached(scope, stream, appender.reached)); pause = Math.min(longestPause, pause * 2))
    await waitUntil(scope, until, pause, signal)
  await tickUntilDone(scope, stream, triageSources, () => waitUntil(scope, until, firstPause, signal))
  return { ...appended, insights: await batch.insightsIn(scope, name) }
}

/** With its time as text, as producers write it. What has no form is left to `readRecord`, which says why. */
function inOurForm(value: unknown, now: number): unknown {
  const record = isKinesisRecord(value) ? fromKinesis(value) : value
  if (typeof record !== 'object' || record === null || isRefused(record)) return record
  const { timestamp = now } = record as { readonly timestamp?: unknown }
  return { ...record, timestamp: typeof timestamp === 'number' ? timeText(timestamp) : timestamp }
}

function timeText(milliseconds: number): string {
  const time = new Date(milliseconds)
  return Number.isNaN(time.getTime()) ? String(milliseconds) : time.toISOString()
}

/** A record has no code. */
function isRefused(given: unknown): given is RecordFault {
  return typeof given === 'object' && given !== null && 'code' in given && 'retryable' in given
}

/** Whether all that was appended is told. */
async function hasReached(scope: Uses<'state'>, stream: StreamFields, reached: ReadonlyMap<string, string>): Promise<boolean> {
  const heads = await readHeads(scope, stream)
  const told = new Map(heads.map((head) => [shardPartition(head.stream, head.shard), head.told]))
  return [...reached].every(([partition, sequence]) => (told.get(partition) ?? '') >= sequence)
}

async function waitUntil({ clock }: Uses<never>, until: number, pause: number, signal: AbortSignal | undefined): Promise<void> {
  if (clock.now() >= until)
    throw new UnavailableError('stream_behind', 'The records were kept, and are not analysed yet: no worker came so far.')
  await sleep(clock, pause, signal)
}

/** What a batch is about. */
class Batch {
  readonly #started: number
  readonly #times = new Map<string, Set<number>>()
  #earliest = Number.POSITIVE_INFINITY

  constructor(started: number) {
    this.#started = started
  }

  add(given: unknown, now: number): void {
    const record = readRecord(given, { now, numbers: [] })
    if (isFault(record)) return
    const { key, timestamp } = record
    const times = this.#times.get(key)
    if (times) times.add(timestamp)
    else this.#times.set(key, new Set([timestamp]))
    this.#earliest = Math.min(this.#earliest, timestamp)
  }

  async insightsIn(scope: Uses<'state'>, stream: string): Promise<readonly Insight[]> {
    const found = new Map<string, Insight>()
    const query: Pick<InsightQuery, 'stream'> = { stream }
    for await (const insight of latestInsights(scope, query, this.#started))
      if (this.#times.has(insight.key)) found.set(insight.insight_id, insight)
    for await (const insight of insightsByTime(scope, query, this.#earliest))
      if (this.#times.get(insight.key)?.has(insight.timestamp)) found.set(insight.insight_id, insight)
    return [...found.values()].sort((one, other) => other.timestamp - one.timestamp)
  }
}
