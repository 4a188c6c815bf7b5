/** The newest of a shard for whoever looks on: a sample, in rows with a short life. @module */
import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { Uses } from '../../scope/scope.ts'
import { type RecordWrite, replace } from '../../scope/state.ts'
import type { Finding } from '../finding.ts'
import type { WindowResult } from '../windows/window.ts'
import { placeAt } from './findings.ts'
import { shardPartition } from './shard-of.ts'
import type { ShardOutputs } from './shard-outputs.ts'

/** Of one commit. */
export const sampledPoints = 200
const shownAnomalies = 200
const shownWindows = 20
const keptFor = 10 * 60_000

export type TailPoint = readonly [
  key: string,
  field: string,
  time: number,
  value: number,
  score: number,
  expected?: readonly [low: number, high: number],
]
type TailAnomaly = Pick<Finding, 'key' | 'field' | 'timestamp' | 'kind' | 'value' | 'score' | 'reason' | 'expected'>

export interface Tail {
  /** At most {@link sampledPoints}: all, or every so manieth. */
  readonly points: readonly TailPoint[]
  readonly anomalies: readonly TailAnomaly[]
  /** Some that closed. */
  readonly windows: readonly WindowResult[]
}

export const streamTail: Collection<{ readonly at: number }, { tail: string }> = defineCollection<
  { readonly at: number },
  { tail: string }
>({
  name: 'stream-tail',
  schema: 1,
  plain: z.strictObject({ at: z.number() }),
  sealed: ['tail'],
  inlineBytes: 280 * 1024,
  lists: {},
  expires: ({ at }) => at + keptFor,
})

export function tailWrites(
  stream: string,
  shard: number,
  { points, findings, results }: Pick<ShardOutputs, 'points' | 'findings' | 'results'>,
  { told, at }: { readonly told: string; readonly at: number },
): readonly RecordWrite[] {
  if (points.length + findings.length + results.length === 0) return []
  const anomalies = findings.slice(0, shownAnomalies).map(({ finding }): TailAnomaly => {
    const { key, field, timestamp, kind, value, score, reason, expected } = finding
    return { key, field, timestamp, kind, value, score, reason, ...(expected ? { expected } : {}) }
  })
  const tail: Tail = { points, anomalies, windows: results.slice(0, shownWindows) }
  const place = { partition: shardPartition(stream, shard), sort: placeAt(told, 0) }
  return [replace(streamTail, place, { at }, { tail: JSON.stringify(tail) })]
}

/** What came behind a place ('' for all that there still is), in order. */
export async function* readTail(
  scope: Uses<'state'>,
  stream: string,
  shard: number,
  after: string,
): AsyncGenerator<Tail & { readonly place: string }> {
  for await (const row of scope.state.read(streamTail, shardPartition(stream, shard), after || undefined)) {
    yield { place: row.sort, ...(JSON.parse((await row.open('tail')) ?? '{"points":[],"anomalies":[],"windows":[]}') as Tail) }
  }
}
