/** The text of a revision, in blocks: written while nobody sees it, read in stretches. @module */
import type { Collection, NoFields } from '../define/collection.ts'
import type { ReadDocument } from '../ports/document-reader.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, remove } from '../scope/state.ts'
import { cacheByClock } from './bounded-cache.ts'
import { blockLength, chunkTables, partName, texts } from './documents.ts'

/** How many blocks one commit writes: with 4 bytes a character they stay below what it may hold. */
const atATime = 40

/** What chunks are, without their texts: so many neighbours in one record. */
interface ChunkBlock {
  /** start, end, and which context it stands in (-1: none), one after the other. */
  readonly chunks: readonly number[]
  readonly contexts: readonly string[]
}

const chunksABlock = 256
/** In one commit. */
const mostRemovals = 80

/** A chunk's place, and what it stands under: titles, headings, header rows. */
export interface ChunkPlace {
  readonly start: number
  readonly end: number
  readonly context: string
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
  const tables = new Set<string>()
  for await (const record of scope.state.read(chunkTables, place)) tables.add(record.sort)
  for (let block = 0; block * chunksABlock < read.chunks.length; block++) {
    const sort = partName(block)
    if (tables.has(sort)) continue
    writes.push(insert(chunkTables, { partition: place, sort }, {}, { chunks: JSON.stringify(blockOf(read, block)) }))
    if (writes.length >= atATime) await commit()
  }
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
  await drop(scope, chunkTables, place)
  await drop(scope, texts, place)
}

async function drop<Sealed extends object>(
  scope: Uses<'state'>,
  collection: Collection<NoFields, Sealed>,
  place: string,
): Promise<void> {
  let writes: RecordWrite[] = []
  for await (const record of scope.state.read(collection, place)) {
    writes.push(remove(collection, record))
    if (writes.length < mostRemovals) continue
    await scope.state.commit({ writes })
    writes = []
  }
  if (writes.length > 0) await scope.state.commit({ writes })
}

/** A stretch of a revision's text; shorter when it was cleaned away. */
export async function readText(scope: Uses<'state'>, place: string, start: number, end: number): Promise<string> {
  const first = Math.floor(start / blockLength)
  let text = ''
  for (let block = first; block * blockLength < end; block++) {
    const piece = await opened(scope, place, 'text', block)
    if (piece === undefined) break
    text += piece
  }
  return text.slice(start - first * blockLength, end - first * blockLength)
}

/** All of a revision's text, block by block. */
export async function* allText(scope: Uses<'state'>, place: string): AsyncGenerator<string> {
  for await (const record of scope.state.read(texts, place)) yield (await record.open('text')) ?? ''
}

/** One chunk of a revision; undefined when there is none of that number, or it was cleaned away. */
export async function readChunk(scope: Uses<'state'>, place: string, ordinal: number): Promise<ChunkPlace | undefined> {
  const text = await opened(scope, place, 'chunks', Math.floor(ordinal / chunksABlock))
  if (text === undefined) return undefined
  const block = JSON.parse(text) as ChunkBlock
  const index = ordinal % chunksABlock
  return index * 3 < block.chunks.length ? chunkAt(block, index) : undefined
}

/** So many chunks of a revision from one on, in order; fewer at its end. */
export async function chunksFrom(
  scope: Uses<'state'>,
  place: string,
  first: number,
  count: number,
): Promise<readonly ChunkPlace[]> {
  const found: ChunkPlace[] = []
  for (let block = Math.floor(first / chunksABlock); found.length < count; block++) {
    const text = await opened(scope, place, 'chunks', block)
    if (text === undefined) break
    const kept = JSON.parse(text) as ChunkBlock
    for (let index = Math.max(0, first - block * chunksABlock); index * 3 < kept.chunks.length; index++) {
      if (found.length === count) break
      found.push(chunkAt(kept, index))
    }
  }
  return found
}

/** All chunks of a revision, in order. */
export async function* allChunks(scope: Uses<'state'>, place: string): AsyncGenerator<ChunkPlace> {
  for await (const record of scope.state.read(chunkTables, place)) {
    const block = JSON.parse((await record.open('chunks')) ?? '{"chunks":[],"contexts":[]}') as ChunkBlock
    for (let index = 0; index * 3 < block.chunks.length; index++) yield chunkAt(block, index)
  }
}

function chunkAt({ chunks, contexts }: ChunkBlock, index: number): ChunkPlace {
  const [start = 0, end = 0, context = -1] = chunks.slice(index * 3, index * 3 + 3)
  return { start, end, context: contexts[context] ?? '' }
}

function blockOf({ chunks, contexts }: ReadDocument, block: number): ChunkBlock {
  const flat: number[] = []
  const used = new Map<string, number>()
  for (const { start, end, context } of chunks.slice(block * chunksABlock, (block + 1) * chunksABlock)) {
    const words = context === undefined ? undefined : contexts[context]
    if (words !== undefined && !used.has(words)) used.set(words, used.size)
    flat.push(start, end, words === undefined ? -1 : (used.get(words) ?? -1))
  }
  return { chunks: flat, contexts: [...used.keys()] }
}

/** A block never changes, so what was opened last is kept; not for longer than a disabled key may go unnoticed. */
const keptBlocks = cacheByClock<string>({ entries: 1_000, bytes: 16 * 1024 * 1024, keptFor: 4 * 60_000 })

async function opened(scope: Uses<'state'>, place: string, kind: 'text' | 'chunks', block: number): Promise<string | undefined> {
  const kept = keptBlocks(scope.clock)
  const key = `${scope.caller.tenant} ${place} ${kind} ${block}`
  const known = kept.get(key)
  if (known !== undefined) return known
  const where = { partition: place, sort: partName(block) }
  const text =
    kind === 'text'
      ? await (await scope.state.get(texts, where))?.open('text')
      : await (await scope.state.get(chunkTables, where))?.open('chunks')
  // A character takes two bytes at most.
  if (text !== undefined) kept.set(key, text, text.length * 2)
  return text
}
