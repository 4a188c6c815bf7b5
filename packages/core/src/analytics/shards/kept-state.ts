/** A shard's own state as of `kept`: with the head's row, and rows beside it that are written in the same commit. @module */
import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { Uses } from '../../scope/scope.ts'
import { type RecordWrite, replace } from '../../scope/state.ts'
import type { StreamFields, StreamSettings } from '../streams.ts'
import type { PackedWatermark } from '../windows/watermark.ts'
import type { RecentIds } from './recent-ids.ts'
import { shardPartition } from './shard-of.ts'

/** What stands in the head's row. */
export interface KeptState {
  /** Those that were in force for what lies behind `kept`, and are for what comes: a replay must not come to something else. */
  readonly settings: StreamSettings
  readonly watermark: PackedWatermark
  /** See {@link RecentIds.next}. */
  readonly ids: number
  /** How many rows the index of pages takes. */
  readonly index: number
}

/** `index-…`: which pages there are; `ids-…`: recent ids. */
export const streamShardParts: Collection<Record<never, never>, { text: string }> = defineCollection<
  Record<never, never>,
  { text: string }
>({
  name: 'stream-shard-parts',
  schema: 1,
  plain: z.strictObject({}),
  sealed: ['text'],
  inlineBytes: 256 * 1024,
  isRewritten: true,
  lists: {},
})

const indexCharacters = 200_000

/** Where the rows of a shard lie that hold its state: those of an earlier stream of this name lie elsewhere. */
export function statePartition({ name, created }: Pick<StreamFields, 'name' | 'created'>, shard: number): string {
  return `${shardPartition(name, shard)}/${created}`
}

export function settingsOf({ fields, windows, lateness, retention }: StreamFields): StreamSettings {
  return { fields, windows, lateness, retention }
}

/** The writes that keep the index of pages, and the ids that are new. */
export function partWrites(
  partition: string,
  index: string,
  ids: RecentIds,
): { readonly writes: RecordWrite[]; readonly index: number } {
  const chunks = chunked(index)
  const writes = chunks.map((text, at) => replace(streamShardParts, { partition, sort: partSort('index', at) }, {}, { text }))
  for (const { segment, text } of ids.changes())
    writes.push(replace(streamShardParts, { partition, sort: partSort('ids', segment) }, {}, { text }))
  return { writes, index: chunks.length }
}

/** The index of pages, and the ids put back. */
export async function readParts(scope: Uses<'state'>, partition: string, state: KeptState, ids: RecentIds): Promise<string> {
  const chunks: string[] = []
  const segments: { readonly segment: number; readonly text: string }[] = []
  for await (const row of scope.state.read(streamShardParts, partition)) {
    const [part, number] = row.sort.split('-')
    const text = (await row.open('text')) ?? ''
    if (part === 'ids') segments.push({ segment: Number(number), text })
    else if (Number(number) < state.index) chunks.push(text)
  }
  ids.restore(state.ids, segments)
  return chunks.join('\n')
}

function partSort(part: 'index' | 'ids', number: number): string {
  return `${part}-${String(number).padStart(3, '0')}`
}

/** Whole lines, as many as go in a row. */
function chunked(index: string): readonly string[] {
  const chunks: string[] = []
  let lines: string[] = []
  let characters = 0
  for (const line of index.split('\n')) {
    if (characters + line.length > indexCharacters) {
      chunks.push(lines.join('\n'))
      lines = []
      characters = 0
    }
    lines.push(line)
    characters += line.length + 1
  }
  chunks.push(lines.join('\n'))
  return chunks
}
