/**
 * Ours: the index that the local platform gives, sealed segments in files and their list in SQLite, as the jobs of the pattern use it: four
 * puts at a time, of 20 documents each, and tidied whenever eight more segments are there.
 * @module
 */
import { localPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'
import { chunksOfDocument } from '../load/data.mjs'
import { fuse } from '../load/fuse.mjs'

const tenant = 'demo'
const space = { name: 'bench:512', dimensions: 512 }
const reader = { user: 'bench', groups: new Set() }
const segmentsUntilTidied = 8

export async function open({ directory }) {
  const platform = await localPlatform({ directory, models: createModels({ clock: systemClock }) })
  const index = platform.operate().search
  let puts = 0
  let tidying

  const tidy = () => {
    tidying ??= (async () => {
      while (await index.maintain(tenant));
      tidying = undefined
    })()
    return tidying
  }
  const afterPut = () => {
    if (++puts % segmentsUntilTidied === 0) void tidy()
  }
  const numberOf = ({ document, ordinal }) => Number(document.slice(1)) * chunksOfDocument + ordinal
  const search = async (question, limit, sides) => {
    const { lexical, dense } = await index.search(tenant, {
      texts: sides.words ? [{ text: question.text, weight: 1 }] : [],
      ...(sides.vector ? { vector: { space: space.name, values: question.vector } } : {}),
      reader,
      limit,
    })
    return [lexical, dense].map((found) => found.map((candidate) => [numberOf(candidate), candidate.score]))
  }

  return {
    parallel: 4,
    addTexts: async (group) => {
      const documents = group.map(({ name, chunks }) => ({
        document: name,
        version: '1',
        attributes: {},
        chunks: chunks.map((chunk) => ({ ...chunk, context: '' })),
      }))
      await index.put(tenant, documents)
      afterPut()
    },
    addVectors: async (group) => {
      const documents = group.map(({ name, vectors }) => ({ document: name, version: '1', vectors }))
      await index.putVectors(tenant, space, documents)
      afterPut()
    },
    settle: async () => {
      await tidying
      await tidy()
    },
    load: async () => {},
    searches: {
      hybrid: async (question, limit) => fuse(...(await search(question, limit, { words: true, vector: true }))),
      vector: async (question, limit) => (await search(question, limit, { vector: true }))[1].map(([number]) => number),
      words: async (question, limit) => (await search(question, limit, { words: true }))[0].map(([number]) => number),
    },
    account: () => index.bytesInMemory,
    status: () => index.status(tenant),
    close: () => platform.close(),
  }
}
