/** The jobs that shards emit, by name: who handles them knows of the shards, and not the other way round. @module */
import { type JobToEmit, startJob } from '../../define/job.ts'
import { shardPartition } from './shard-of.ts'

export interface TickBody {
  readonly stream: string
}

export interface HeartbeatBody {
  readonly stream: string
  readonly shard: number
  /** When it is due, milliseconds UTC: only the one that the shard's heartbeat row names counts. */
  readonly after: number
}

export const tickJobName = { name: 'analytics.tick', version: 1 } as const
export const heartbeatJobName = { name: 'analytics.heartbeat', version: 1 } as const

/** There is something new for the stream's insights. */
export function tick(stream: string, shard: number, told: string): JobToEmit {
  return startJob<TickBody>(tickJobName, { id: `tick/${shardPartition(stream, shard)}/${told}`, body: { stream } })
}

export function heartbeat(body: HeartbeatBody): JobToEmit {
  const { stream, shard, after } = body
  return startJob(heartbeatJobName, { id: `heartbeat/${shardPartition(stream, shard)}/${after}`, body, notBefore: after })
}
