/** Records that can't be read: they stop nothing, and can be looked at. @module */
import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { Uses } from '../../scope/scope.ts'
import { type RecordWrite, replace } from '../../scope/state.ts'
import type { BadRecord } from '../entry.ts'
import { shardPartition } from './shard-of.ts'

/** So many are kept of a shard, the last ones; all are counted. */
const kept = 50
/** Characters of each. */
const shownCharacters = 1_000

export interface QuarantinedRecord {
  /** Of its entry, and its place in that, from 0. */
  readonly sequence: string
  readonly index: number
  readonly fault: BadRecord['fault']
  /** In words. */
  readonly reason: string
  /** When it was accepted, milliseconds UTC. */
  readonly accepted: number
  /** The record, or the entry, as it lay in the log; its beginning. */
  readonly text: string
}

const reasons: Readonly<Record<BadRecord['fault'], string>> = {
  unreadable_entry: 'What lay in the log is not an entry of records.',
  newer_entry: 'The entry was written by a newer version of Plinth.',
  invalid_record: 'A record is a key, a time and an object of data.',
  processing_failed: 'The record can be read, but nothing can be made of it.',
}

export const streamQuarantine: Collection<{ readonly count: number }, { records: string }> = defineCollection<
  { readonly count: number },
  { records: string }
>({
  name: 'stream-quarantine',
  schema: 1,
  plain: z.strictObject({ count: z.number() }),
  sealed: ['records'],
  inlineBytes: 256 * 1024,
  lists: {},
})

export function quarantined(
  entry: { readonly sequence: string; readonly at: number },
  index: number,
  { fault, text }: BadRecord,
): QuarantinedRecord {
  const { sequence, at: accepted } = entry
  return { sequence, index, fault, reason: reasons[fault], accepted, text: text.slice(0, shownCharacters) }
}

function quarantinePlace(stream: string, shard: number): { readonly partition: string } {
  return { partition: shardPartition(stream, shard) }
}

/** Of one shard, oldest first. */
export async function readQuarantine(scope: Uses<'state'>, stream: string, shard: number): Promise<readonly QuarantinedRecord[]> {
  const row = await scope.state.get(streamQuarantine, quarantinePlace(stream, shard))
  return JSON.parse((await row?.open('records')) ?? '[]') as readonly QuarantinedRecord[]
}

/** Keeps some more, beside those that were there. */
export function keepQuarantined(
  stream: string,
  shard: number,
  before: readonly QuarantinedRecord[],
  more: readonly QuarantinedRecord[],
): { readonly records: readonly QuarantinedRecord[]; readonly write: RecordWrite } {
  const records = [...before, ...more].slice(-kept)
  const write = replace(
    streamQuarantine,
    quarantinePlace(stream, shard),
    { count: records.length },
    { records: JSON.stringify(records) },
  )
  return { records, write }
}

/** The last records of a stream that couldn't be taken, of all shards, newest first. */
export async function listQuarantine(
  scope: Uses<'state'>,
  stream: { readonly name: string; readonly shards: number },
): Promise<readonly QuarantinedRecord[]> {
  const records: QuarantinedRecord[] = []
  for (let shard = 0; shard < stream.shards; shard++) records.push(...(await readQuarantine(scope, stream.name, shard)))
  return records.sort((left, right) => right.accepted - left.accepted)
}
