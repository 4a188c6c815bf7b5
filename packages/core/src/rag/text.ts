/** The text of a revision, in blocks: written while nobody sees it, read in stretches. @module */
import type { ReadDocument } from '../ports/document-reader.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, remove } from '../scope/state.ts'
import { blockLength, chunkTables, partName, revisionPlace, texts } from './documents.ts'

/** How many blocks one commit writes: with 4 bytes a character they stay below what it may hold. */
const atATime = 40

/** What a chunk is, without its text. */
export interface ChunkTable {
  /** start, end, and which context it stands in (-1: none), one after the other. */
  readonly chunks: readonly number[]
  readonly contexts: readonly string[]
}

/**
 * Keeps the text of a revision. What an earlier try kept stays. It may be lost when power fails, as long as nothing that is committed
 * after it says that it is there.
 */
export async function keepText(scope: Uses<'state'>, place: string, read: ReadDocument): Promise<void> {
  const kept = new Set<string>()
  for await (const record of scope.state.read(texts, place)) kept.add(record.sort)
  let writes: RecordWrite[] = []
  const commit = async (): Promise<void> => {
    if (writes.length > 0) await scope.state.commit({ writes, durability: 'relaxed' })
    writes = []
  }
  if (!(await scope.state.get(chunkTables, { partition: place })))
    writes.push(insert(chunkTables, { partition: place }, {}, { chunks: JSON.stringify(tableOf(read)) }))
  for (let block = 0; block * blockLength < read.text.length; block++) {
    const sort = partName(block)
    if (kept.has(sort)) continue
    const text = read.text.slice(block * blockLength, (block + 1) * blockLength)
    writes.push(insert(texts, { partition: place, sort }, {}, { text }))
    if (writes.length >= atATime) await commit()
  }
  await commit()
}

/** Forgets the text of a revision; again does nothing. */
export async function dropText(scope: Uses<'state'>, place: string): Promise<void> {
  let writes: RecordWrite[] = []
  const table = await scope.state.get(chunkTables, { partition: place })
  if (table) writes.push(remove(chunkTables, table))
  for await (const record of scope.state.read(texts, place)) {
    writes.push(remove(texts, record))
    if (writes.length < 80) continue
    await scope.state.commit({ writes, durability: 'relaxed' })
    writes = []
  }
  if (writes.length > 0) await scope.state.commit({ writes })
}

/** A stretch of a revision's text. */
export async function readText(scope: Uses<'state'>, place: string, start: number, end: number): Promise<string> {
  const first = Math.floor(start / blockLength)
  let text = ''
  for (let block = first; block * blockLength < end; block++) {
    const record = await scope.state.get(texts, { partition: place, sort: partName(block) })
    const piece = await record?.open('text')
    if (piece === undefined) break
    text += piece
  }
  return text.slice(start - first * blockLength, end - first * blockLength)
}

/** All of a revision's text, block by block. */
export async function* allText(scope: Uses<'state'>, place: string): AsyncGenerator<string> {
  for await (const record of scope.state.read(texts, place)) yield (await record.open('text')) ?? ''
}

export async function readChunks(scope: Uses<'state'>, documentId: string, revision: string): Promise<ChunkTable | undefined> {
  const record = await scope.state.get(chunkTables, { partition: revisionPlace(documentId, revision) })
  const text = await record?.open('chunks')
  return text === undefined ? undefined : (JSON.parse(text) as ChunkTable)
}

function tableOf({ chunks, contexts }: ReadDocument): ChunkTable {
  const flat: number[] = []
  for (const { start, end, context = -1 } of chunks) flat.push(start, end, context)
  return { chunks: flat, contexts }
}
