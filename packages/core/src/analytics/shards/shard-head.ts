/** How far a shard has come, and its figures: one row a shard. @module */
import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { Uses } from '../../scope/scope.ts'
import type { BatchMetrics } from './batch-metrics.ts'

/** What was counted in all of a shard's life; outputs and counts are committed together, so nothing counts twice. */
export interface ShardCounters {
  readonly records: number
  /** Of the entries, as they lay in the log. */
  readonly bytes: number
  /** Records older than every window that they belong to. */
  readonly late: number
  /** Records whose id was seen before. */
  readonly duplicates: number
  /** Records that can't be read. */
  readonly quarantined: number
  /** Values, categories and silences whose score reached the threshold, and rules that fired. */
  readonly anomalies: number
  /** Of them: told. The others repeat what was told. */
  readonly findings: number
  /** Findings that were counted only, since one entry had too many. */
  readonly withheld: number
  /** Window results. */
  readonly windows: number
}

export const noCounts: ShardCounters = {
  records: 0,
  bytes: 0,
  late: 0,
  duplicates: 0,
  quarantined: 0,
  anomalies: 0,
  findings: 0,
  withheld: 0,
  windows: 0,
}

export interface ShardHeadFields extends ShardCounters {
  readonly stream: string
  readonly shard: number
  /** When the stream began: a later one of the same name has nothing of this one's. */
  readonly created: number
  /** Who wrote it, and how often: by which a writer knows its own write again when the answer was lost. */
  readonly writer: string
  /** Outputs of entries through this sequence are committed; '' for none. */
  readonly told: string
  /** Key states are saved through this sequence; '' for none. */
  readonly kept: string
  /** As of `told`: greatest event time seen, when the last records were accepted, and the watermark; milliseconds UTC, 0 for none. */
  readonly newest: number
  readonly accepted: number
  readonly watermark: number
  readonly metrics: BatchMetrics
}

/** `state` is the shard's own as of `kept`, as JSON: see `kept-state.ts`. */
export const streamShards: Collection<ShardHeadFields, { state: string }> = defineCollection<ShardHeadFields, { state: string }>({
  name: 'stream-shards',
  schema: 1,
  // Written with every batch, by this folder only: a look is enough.
  plain: z.custom<ShardHeadFields>((fields) => {
    const { told, kept, shard } = fields as ShardHeadFields
    return typeof told === 'string' && typeof kept === 'string' && Number.isInteger(shard)
  }),
  sealed: ['state'],
  inlineBytes: 256 * 1024,
  isRewritten: true,
  lists: {},
})

/** The heads of a stream's shards that have begun, by shard. */
export async function readHeads(
  scope: Uses<'state'>,
  stream: { readonly name: string; readonly shards: number; readonly created: number },
): Promise<readonly ShardHeadFields[]> {
  const heads: ShardHeadFields[] = []
  for (let shard = 0; shard < stream.shards; shard++) {
    const head = await scope.state.get(streamShards, { partition: stream.name, sort: shardSort(shard) })
    if (head && head.fields.created === stream.created) heads.push(head.fields)
  }
  return heads
}

export function shardSort(shard: number): string {
  return String(shard).padStart(4, '0')
}
