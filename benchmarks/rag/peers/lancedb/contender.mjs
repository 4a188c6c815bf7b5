/**
 * LanceDB: a table of texts and vectors, a full-text index over it, vectors searched flat (it then looks at all of them). Both sides are
 * joined by its own ranks.
 * @module
 */
import { connect, Index, rerankers } from '@lancedb/lancedb'
import { Field, FixedSizeList, Float32, Int32, Schema, Utf8 } from 'apache-arrow'
import { dimensions } from '../../load/data.mjs'

const schema = new Schema([
  new Field('number', new Int32()),
  new Field('text', new Utf8()),
  new Field('vector', new FixedSizeList(dimensions, new Field('item', new Float32()))),
])
const fullText = Index.fts({ language: 'English', stem: true, removeStopWords: true, withPosition: false })

export async function open({ directory }) {
  const database = await connect(directory)
  let table
  let ranks
  const numbersOf = async (query, limit) => {
    const rows = await query.limit(limit).toArrow()
    return Array.from(rows.getChild('number'))
  }
  const near = (vector) => table.query().nearestTo(vector).distanceType('cosine')

  return {
    parallel: 1,
    addBoth: async (group) => {
      table ??= await database.createEmptyTable('chunks', schema)
      await table.add(
        group.flatMap(({ first, chunks, vectors }) =>
          chunks.map(({ text }, ordinal) => ({ number: first + ordinal, text, vector: vectors[ordinal] })),
        ),
      )
    },
    bothAdded: () => table.createIndex('text', { config: fullText }),
    settle: () => table.optimize(),
    load: async () => {
      table ??= await database.openTable('chunks')
      ranks ??= await rerankers.RRFReranker.create()
    },
    searches: {
      hybrid: (question, limit) =>
        numbersOf(
          near(question.vector)
            .fullTextSearch(question.text, { columns: ['text'] })
            .rerank(ranks)
            .select(['number']),
          limit,
        ),
      vector: (question, limit) => numbersOf(near(question.vector).select(['number', '_distance']), limit),
      words: (question, limit) =>
        numbersOf(
          table
            .query()
            .fullTextSearch(question.text, { columns: ['text'] })
            .select(['number', '_score']),
          limit,
        ),
    },
    close: () => database.close(),
  }
}
