/**
 * Who is measured. A contender's module exports `open({ directory })`, which gives what it has of:
 * - `addTexts(group)`: makes documents findable by words; `addVectors(group)`: by vectors; `addBoth(group)`: where it has one way in.
 *   A group holds documents `{ name, first, chunks: [{ start, end, text }] }`, with `vectors` where they are wanted. `parallel`: how many
 *   groups it is given at once.
 * - `textsAdded()`, `vectorsAdded()`, `bothAdded()`: what has to be done until all of it is found; counted with the adding.
 * - `settle()`: what may be done later, and makes searches cheap; counted apart.
 * - `save()`: what makes it outlive the process; counted apart. `load()`: what has to be done before the first search of a process.
 * - `searches`: by kind, `(question, limit) => numbers of chunks`, best first: `hybrid`, `vector`, `words`.
 * - `addDocuments(texts, vectors)`: splits whole texts itself, and gives how many chunks that made.
 * - `account()`: bytes in memory as it counts them itself. `status()`: what it says of itself once it is filled.
 * - `close()`.
 * @module
 */
import { join } from 'node:path'

const peers = join(import.meta.dirname, 'peers')

export const contenders = {
  plinth: { title: 'Plinth', module: './contenders/plinth.mjs', keeps: true },
  lancedb: {
    title: 'LanceDB, flat and FTS',
    module: './peers/lancedb/contender.mjs',
    keeps: true,
    peer: { folder: join(peers, 'lancedb'), packages: ['@lancedb/lancedb', 'apache-arrow'] },
  },
  minisearch: {
    title: 'minisearch and a Float32Array',
    module: './peers/minisearch/contender.mjs',
    keeps: true,
    most: 100_000,
    peer: { folder: join(peers, 'minisearch'), packages: ['minisearch'] },
  },
  langchain: {
    title: 'LangChain.js, MemoryVectorStore',
    module: './peers/langchain/contender.mjs',
    keeps: false,
    most: 100_000,
    peer: { folder: join(peers, 'langchain'), packages: ['@langchain/classic', '@langchain/core', '@langchain/textsplitters'] },
  },
}

/** Loads a contender's module by its name. */
export function loadContender(name) {
  return import(contenders[name].module)
}
