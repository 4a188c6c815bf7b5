/**
 * Keeps a live stream's time going when no records come: an entry with no records is appended, so that windows close and silences are
 * found, and a replay comes to the same. The first comes {@link firstPause} after the last record, the next ones after twice as long.
 * @module
 */
import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import { defineJob, type JobDefinition } from '../../define/job.ts'
import type { Outcome } from '../../ports/queue.ts'
import type { Uses } from '../../scope/scope.ts'
import { type RecordWrite, replace } from '../../scope/state.ts'
import { packEntry } from '../entry.ts'
import { streams, streamsPartition } from '../streams.ts'
import { isLive } from '../windows/watermark.ts'
import { type ShardHeadFields, shardSort, streamShards } from './shard-head.ts'
import { type HeartbeatBody, heartbeat, heartbeatJobName } from './shard-jobs.ts'
import { shardPartition } from './shard-of.ts'

export const firstPause: number = 15_000
const longestPause = 10 * 60_000
/**
 * A job that comes so late is no sign of silence: the process was away, as in a restart, in which nobody could send anything, or its clock was
 * set. Were it believed, keys would be told of as silent that weren't, or the stream's time would leap, and records of now be late. So it is
 * looked again after a pause, in which the records of a stream that is busy come.
 */
const overdueAfter = 5_000
/** Whoever has said nothing for a day is gone. */
const givesUpAfter = 24 * 60 * 60_000

/** Which heartbeat a shard waits for: of several jobs, one goes on. */
export const streamHeartbeats: Collection<{ readonly after: number }> = defineCollection<{ readonly after: number }>({
  name: 'stream-heartbeats',
  schema: 1,
  plain: z.strictObject({ after: z.number() }),
  sealed: [],
  lists: {},
  expires: ({ after }) => after + givesUpAfter,
})

/** What sets a shard's next heartbeat, for a commit; those set before don't count any more. */
export function nextHeartbeat(
  stream: string,
  shard: number,
  after: number,
): { readonly write: RecordWrite; readonly job: ReturnType<typeof heartbeat> } {
  const body = { stream, shard, after: Math.ceil(after) }
  return {
    write: replace(streamHeartbeats, { partition: shardPartition(stream, shard) }, { after: body.after }),
    job: heartbeat(body),
  }
}

/** Whether a shard is to have heartbeats: it has had records, and they were of a live stream. */
export function beats({ newest, accepted }: Pick<ShardHeadFields, 'newest' | 'accepted'>): boolean {
  return accepted > 0 && isLive(newest, accepted)
}

export const heartbeatJob: JobDefinition<HeartbeatBody> = defineJob<HeartbeatBody>({
  ...heartbeatJobName,
  summary: 'Moves the time of a live stream on while it has no records.',
  body: z.strictObject({ stream: z.string(), shard: z.number().int(), after: z.number() }),
  concurrency: 16,
  handle: beat,
})

async function beat(scope: Uses<'state' | 'streams'>, { stream, shard, after }: HeartbeatBody): Promise<Outcome> {
  const done: Outcome = { done: true }
  const waiting = await scope.state.get(streamHeartbeats, { partition: shardPartition(stream, shard) })
  if (waiting?.fields.after !== after) return done
  const fields = (await scope.state.get(streams, { partition: streamsPartition, sort: stream }))?.fields
  const head = (await scope.state.get(streamShards, { partition: stream, sort: shardSort(shard) }))?.fields
  if (!fields || head?.created !== fields.created || !beats(head)) return done
  const now = scope.clock.now()
  const idle = now - head.accepted
  if (idle > givesUpAfter) return done
  const isOverdue = now - after > overdueAfter
  if (idle >= firstPause && !isOverdue) {
    const [result] = await scope.streams.append(shardPartition(stream, shard), [packEntry([])])
    if (result && 'refused' in result) return { retryAt: now + (result.refused.retryAfter ?? 1) * 1_000 }
  }
  const pause = isOverdue ? firstPause : nextPause(head, now)
  const next = nextHeartbeat(stream, shard, idle < firstPause ? head.accepted + firstPause : now + pause)
  await scope.state.commit({ writes: [next.write], emit: [next.job], durability: 'relaxed' })
  return done
}

/** As long again as it has been quiet: so the times double. */
function nextPause({ accepted }: ShardHeadFields, now: number): number {
  return Math.min(Math.max(now - accepted, firstPause), longestPause)
}
