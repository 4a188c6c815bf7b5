import type { JsonObject, SearchQuery } from '@plinth/core'
import { hitFields, unit, vectorField } from './opensearch-documents.ts'
import { filterTokens, readerTokens } from './search-tokens.ts'

/** A query of Lucene has at most 1,024 clauses; each word is one in the text and one in the context. */
const mostWords = 500
/** Scripts without spaces are cut into characters. */
const words = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}\p{M}]+/gu

/** What counts before anything is ranked. */
export function filters({ filter, reader }: Pick<SearchQuery, 'filter' | 'reader'>): JsonObject[] {
  return [
    { term: { kind: 'chunk' } },
    { terms: { readers: readerTokens(reader) } },
    ...filterTokens(filter).map((tokens): JsonObject => ({ terms: { fields: tokens } })),
  ]
}

/** The best by words; among some chunks only, where their ids are given. Undefined where nothing is asked in words. */
export function lexicalSearch(query: SearchQuery, size: number, ids?: readonly string[]): JsonObject | undefined {
  let left = mostWords
  const should = query.texts.flatMap(({ text, weight }): JsonObject[] => {
    const asked = firstWords(text, left)
    left -= asked.count
    if (asked.count === 0) return []
    // Each side is scored by itself, and both count: the words of titles and headings twice.
    return [
      { match: { text: { query: asked.text, boost: weight } } },
      { match: { context: { query: asked.text, boost: 2 * weight } } },
    ]
  })
  if (should.length === 0) return undefined
  const filter = [...filters(query), ...among(ids)]
  return { size, _source: [...hitFields], query: { bool: { filter, should, minimum_should_match: 1 } } }
}

/** The nearest; among some chunks only, where their ids are given: so few are compared exactly. */
export function denseSearch(query: SearchQuery, size: number, ids?: readonly string[]): JsonObject | undefined {
  if (!query.vector) return undefined
  const { space, values } = query.vector
  const filter = { bool: { filter: [...filters(query), ...among(ids)] } }
  const knn = { [vectorField(space)]: { vector: unit(values), k: size, filter } }
  return { size, _source: [...hitFields], query: { knn } }
}

/** What changes with each version and space that comes or goes. */
export const markSearch: JsonObject = {
  size: 0,
  track_total_hits: true,
  query: { terms: { kind: ['version', 'space'] } },
  aggs: { mark: { sum: { field: 'mark' } }, spaces: { terms: { field: 'space', size: 100 } } },
}

/** Versions and spaces of these puts. */
export function livenessSearch(puts: readonly string[]): JsonObject {
  const filter = [{ terms: { put: [...puts] } }, { terms: { kind: ['version', 'space'] } }]
  return { size: 10_000, _source: ['kind', 'put', 'space'], query: { bool: { filter } } }
}

function among(ids: readonly string[] | undefined): JsonObject[] {
  return ids ? [{ ids: { values: [...ids] } }] : []
}

function firstWords(text: string, most: number): { readonly text: string; readonly count: number } {
  const found: string[] = []
  let cut = false
  for (const [word] of text.matchAll(words)) {
    if (found.length === most) {
      cut = true
      break
    }
    found.push(word)
  }
  return { text: cut ? found.join(' ') : text, count: found.length }
}
