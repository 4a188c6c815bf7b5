import { z } from 'zod'
import type { AnyCollection } from '../define/collection.ts'
import { defineJob, type JobDefinition, startJob } from '../define/job.ts'
import { ConflictError } from '../errors.ts'
import type { Outcome } from '../ports/queue.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { count, insert, type RecordWrite, remove } from '../scope/state.ts'
import { alerts } from './alerts/records.ts'
import { ruleRuns } from './alerts/window-rules.ts'
import { modelCalls } from './analysis/model-calls.ts'
import { insights } from './insights.ts'
import { countPlace, getStream, removalTime, streamCounts, streamRemovals } from './set-up-stream.ts'
import { streamFindings } from './shards/findings.ts'
import { streamHeartbeats } from './shards/heartbeat.ts'
import { statePartition, streamShardParts } from './shards/kept-state.ts'
import { streamKeyPages } from './shards/key-pages.ts'
import { streamQuarantine } from './shards/quarantine.ts'
import { streamShards } from './shards/shard-head.ts'
import { shardPartition } from './shards/shard-of.ts'
import { streamTail } from './shards/tail.ts'
import { streamTriage, triageFigures } from './stream-triage.ts'
import { streams } from './streams.ts'
import { streamCursors } from './tail-cursors.ts'
import { windowRows } from './windows/window-rows.ts'

/** What is left of a stream, by where it lies. */
const ofStream: readonly AnyCollection[] = [streamShards, streamTriage, triageFigures, modelCalls, ruleRuns, streamCursors]
const ofShard: readonly AnyCollection[] = [streamTail, streamFindings, streamQuarantine, streamHeartbeats, windowRows]
const ofShardState: readonly AnyCollection[] = [streamKeyPages, streamShardParts]
const listed: readonly AnyCollection[] = [insights, alerts]

const rowsAtATime = 80
/** Of one run of the job. */
const mostRows = 4_000

interface CleanBody {
  readonly stream: string
  /** When the stream was deleted: a later deletion under its name has its own job. */
  readonly at: number
}

const cleanForm: z.ZodType<CleanBody> = z.strictObject({ stream: z.string(), at: z.number() })
const cleanName = { name: 'analytics.clean', version: 1 } as const

/**
 * Deletes a stream: from now on it isn't there. Its log, its windows, insights and alerts go in the background, and so long no other
 * begins under its name.
 * @throws NotFoundError
 */
export async function deleteStream(scope: Uses<'state'>, name: string): Promise<void> {
  await retryConflicts(async () => {
    const record = await getStream(scope, name)
    const { shards, created } = record.fields
    const at = scope.clock.now()
    await scope.state.commit({
      writes: [
        remove(streams, record),
        count(streamCounts, countPlace, { streams: -1 }),
        insert(streamRemovals, { partition: name }, { name, shards, created, at }),
      ],
      emit: [startJob(cleanName, { id: `clean/${name}/${at}`, body: { stream: name, at } })],
      resource: `streams/${name}`,
    })
  })
}

export const cleanJob: JobDefinition<CleanBody> = defineJob<CleanBody>({
  ...cleanName,
  summary: 'Removes what is left of a stream that was deleted.',
  body: cleanForm,
  concurrency: 2,
  handle: cleanStream,
})

async function cleanStream(scope: Uses<'state' | 'streams'>, { stream, at }: CleanBody): Promise<Outcome> {
  const removal = await scope.state.get(streamRemovals, { partition: stream })
  if (removal?.fields.at !== at) return { done: true }
  const { shards, created } = removal.fields
  for (let shard = 0; shard < shards; shard++) await scope.streams.remove(shardPartition(stream, shard))
  let left = mostRows
  for await (const rows of rowsOf(scope, { name: stream, shards, created })) {
    await drop(scope, rows)
    left -= rows.records.length
    if (left <= 0) return { retryAt: scope.clock.now() }
  }
  if (scope.clock.now() < at + removalTime) return { retryAt: at + removalTime }
  await scope.state.commit({ writes: [remove(streamRemovals, removal)] })
  return { done: true }
}

interface Rows {
  readonly collection: AnyCollection
  readonly records: readonly StoredRecord<object, object>[]
}

/** Some at a time, as long as there are any. */
async function* rowsOf(
  scope: Uses<'state'>,
  stream: { readonly name: string; readonly shards: number; readonly created: number },
): AsyncGenerator<Rows> {
  const { name, shards } = stream
  const places: (readonly [readonly AnyCollection[], string])[] = [[ofStream, name]]
  for (let shard = 0; shard < shards; shard++)
    places.push([ofShard, shardPartition(name, shard)], [ofShardState, statePartition(stream, shard)])
  for (const [collections, partition] of places)
    for (const collection of collections) yield* inPartition(scope, collection, partition)
  for (const collection of listed) yield* inList(scope, collection, name)
}

async function* inPartition(scope: Uses<'state'>, collection: AnyCollection, partition: string): AsyncGenerator<Rows> {
  let records: StoredRecord<object, object>[] = []
  for await (const record of scope.state.read(collection, partition)) {
    if (records.push(record) < rowsAtATime) continue
    yield { collection, records }
    records = []
  }
  if (records.length > 0) yield { collection, records }
}

/** A list may lag behind what was removed: then those are there once more, and dropped in vain. */
async function* inList(scope: Uses<'state'>, collection: AnyCollection, stream: string): AsyncGenerator<Rows> {
  for (let after: string | undefined; ; ) {
    const page = await scope.state.list(collection, 'stream', {
      ...{ group: stream, limit: rowsAtATime },
      ...(after === undefined ? {} : { after }),
    })
    if (page.items.length > 0) yield { collection, records: page.items }
    after = page.after
    if (after === undefined) return
  }
}

/** One that changes meanwhile is somebody's who hasn't noticed yet: the second round has it. */
async function drop(scope: Uses<'state'>, { collection, records }: Rows): Promise<void> {
  const dropAll = (some: readonly StoredRecord<object, object>[]): Promise<unknown> =>
    scope.state.commit({ writes: some.map((record): RecordWrite => remove(collection, record)), durability: 'relaxed' })
  try {
    await dropAll(records)
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    for (const record of records)
      await dropAll([record]).catch((each: unknown) => {
        if (!(each instanceof ConflictError)) throw each
      })
  }
}
