/** What a shard found, in rows that are read once by the stream's tick. @module */
import { z } from 'zod'
import { type Collection, defineCollection } from '../../define/collection.ts'
import type { Uses } from '../../scope/scope.ts'
import { type RecordWrite, replace } from '../../scope/state.ts'
import type { Finding } from '../finding.ts'
import { shardPartition } from './shard-of.ts'
import type { TextedFinding } from './shard-outputs.ts'

/** Rows go after so long, milliseconds: whoever reads them is seconds behind. */
const keptFor = 3 * 24 * 60 * 60_000
const rowCharacters = 90_000

interface FindingsRow {
  readonly at: number
  readonly count: number
}

export const streamFindings: Collection<FindingsRow, { findings: string }> = defineCollection<FindingsRow, { findings: string }>({
  name: 'stream-findings',
  schema: 1,
  plain: z.strictObject({ at: z.number(), count: z.number() }),
  sealed: ['findings'],
  inlineBytes: 280 * 1024,
  lists: {},
  expires: ({ at }) => at + keptFor,
})

/** @param told the sequence that they are told through: with it the rows come in order, and once. */
export function findingWrites(
  stream: string,
  shard: number,
  findings: readonly TextedFinding[],
  { told, at }: { readonly told: string; readonly at: number },
): readonly RecordWrite[] {
  const writes: RecordWrite[] = []
  let texts: string[] = []
  let characters = 0
  const end = (): void => {
    if (texts.length === 0) return
    const place = { partition: shardPartition(stream, shard), sort: placeAt(told, writes.length) }
    writes.push(replace(streamFindings, place, { at, count: texts.length }, { findings: `[${texts.join(',')}]` }))
    texts = []
    characters = 0
  }
  for (const { text } of findings) {
    if (characters + text.length > rowCharacters) end()
    texts.push(text)
    characters += text.length
  }
  end()
  return writes
}

/** What comes later has a greater place; a space is below all that a sequence may go on with. */
export function placeAt(sequence: string, part: number): string {
  return `${sequence} ${String(part).padStart(4, '0')}`
}

/** The findings of one shard behind a place ('' for all), in order, some at a time. */
export async function* readFindings(
  scope: Uses<'state'>,
  stream: string,
  shard: number,
  after: string,
): AsyncGenerator<{ readonly place: string; readonly findings: readonly Finding[] }> {
  for await (const row of scope.state.read(streamFindings, shardPartition(stream, shard), after || undefined)) {
    yield { place: row.sort, findings: JSON.parse((await row.open('findings')) ?? '[]') as readonly Finding[] }
  }
}
