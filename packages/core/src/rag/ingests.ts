import { z } from 'zod'
import { type Collection, defineCollection } from '../define/collection.ts'
import type { Uses } from '../scope/scope.ts'
import { count, type RecordWrite } from '../scope/state.ts'
import type { DocumentFields } from './documents.ts'

/** How far a batch of documents has come; what isn't there is 0. */
export interface Ingest {
  /** Documents sent. */
  readonly total?: number
  /** Of them: there already, so that there was nothing to do. */
  readonly unchanged?: number
  /** Read, and found by words. */
  readonly processed?: number
  /** Found by vectors too, or replaced or deleted before they were. */
  readonly embedded?: number
  readonly failed?: number
  /** Replaced or deleted before they were read. */
  readonly superseded?: number
}

const retention = 7 * 24 * 3_600_000
const number = z.number().exactOptional()

/** Counters, which many jobs add to at once. */
export const ingests: Collection<Ingest> = defineCollection<Ingest>({
  name: 'ingests',
  schema: 1,
  plain: z.strictObject({
    total: number,
    unchanged: number,
    processed: number,
    embedded: number,
    failed: number,
    superseded: number,
  }),
  sealed: [],
  lists: {},
})

/** Adds to a batch's counters. */
export function countIngest(scope: Uses<never>, ingest: string, amounts: Ingest): RecordWrite {
  return count(
    ingests,
    { partition: ingest },
    amounts as Readonly<Record<string, number>>,
    undefined,
    scope.clock.now() + retention,
  )
}

/**
 * What the batches of versions that are replaced or deleted needn't wait for any more: that they are read, or get their vectors.
 * @param sent what is counted in the same commit of the batch that replaces them: it may be theirs.
 */
export function countOutdated(
  scope: Uses<never>,
  before: readonly DocumentFields[],
  sent?: { readonly ingest: string; readonly amounts: Ingest },
): readonly RecordWrite[] {
  const batches = new Map<string, Ingest>(sent ? [[sent.ingest, sent.amounts]] : [])
  for (const { status, embedding, ingest } of before) {
    const missed =
      status === 'processing' ? 'superseded' : status === 'processed' && embedding === 'pending' ? 'embedded' : undefined
    if (ingest === undefined || !missed) continue
    const amounts = batches.get(ingest) ?? {}
    batches.set(ingest, { ...amounts, [missed]: (amounts[missed] ?? 0) + 1 })
  }
  return [...batches].map(([ingest, amounts]) => countIngest(scope, ingest, amounts))
}

/** Whether all of a batch has come as far as it can by words. */
export function isRead({ total = 0, unchanged = 0, processed = 0, failed = 0, superseded = 0 }: Ingest): boolean {
  return unchanged + processed + failed + superseded >= total
}
