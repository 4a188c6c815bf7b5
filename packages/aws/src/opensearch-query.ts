import type { JsonObject, SearchQuery } from '@plinth/core'
import { hitFields, unit, vectorField } from './opensearch-documents.ts'
import { filterTokens, readerTokens } from './search-tokens.ts'

/** A query of Lucene has at most 1,024 clauses; each word is one in the text and one in the context. */
const mostWords = 500
/** Scripts without spaces are cut into characters. */
const words = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}\p{M}]+/gu

export interface SearchPart {
  readonly size: number
  /** Among these chunks only. */
  readonly ids?: readonly string[]
  /** Without the chunks of these puts. */
  readonly without?: ReadonlySet<string>
}

/** What counts before anything is ranked. */
function conditions(
  { filter, reader }: SearchQuery,
  { ids, without = new Set() }: SearchPart,
): { readonly [kind: string]: JsonObject[] } {
  return {
    filter: [
      { term: { kind: 'chunk' } },
      { terms: { readers: readerTokens(reader) } },
      ...filterTokens(filter).map((tokens): JsonObject => ({ terms: { fields: tokens } })),
      ...(ids ? [{ ids: { values: [...ids] } }] : []),
    ],
    ...(without.size > 0 ? { must_not: [{ terms: { put: [...without] } }] } : {}),
  }
}

/** The best by words. Undefined where nothing is asked in words. */
export function lexicalSearch(query: SearchQuery, part: SearchPart): JsonObject | undefined {
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
  const asked = { bool: { ...conditions(query, part), should, minimum_should_match: 1 } }
  return { size: part.size, _source: [...hitFields], track_scores: true, sort: [...ranks], query: asked }
}

/** Equals by name, so that a list which is cut short is always cut at the same place. */
const ranks: readonly JsonObject[] = [{ _score: 'desc' }, { document: 'asc' }, { version: 'asc' }, { ordinal: 'asc' }]

/** The nearest. Undefined without a vector. */
export function denseSearch(query: SearchQuery, part: SearchPart): JsonObject | undefined {
  if (!query.vector) return undefined
  const { space, values } = query.vector
  const filter = { bool: conditions(query, part) }
  const field = vectorField({ name: space, dimensions: values.length })
  const knn = { [field]: { vector: unit(values), k: part.size, filter } }
  return { size: part.size, _source: [...hitFields], query: { knn } }
}

const perSpace: JsonObject = {
  terms: { field: 'space', size: 100 },
  aggs: { chunks: { sum: { field: 'chunks' } }, dimensions: { max: { field: 'dimensions' } } },
}

/** What changes with each version and space that comes or goes. */
export const markSearch: JsonObject = {
  size: 0,
  track_total_hits: true,
  query: { terms: { kind: ['version', 'space'] } },
  aggs: { mark: { sum: { field: 'mark' } }, spaces: perSpace },
}

export const statusSearches: readonly JsonObject[] = [
  {
    size: 0,
    track_total_hits: true,
    query: { term: { kind: 'version' } },
    aggs: { chunks: { sum: { field: 'chunks' } } },
  },
  { size: 0, query: { term: { kind: 'space' } }, aggs: { spaces: perSpace } },
]

/** The versions of these keys, and their spaces: at most 17 documents each. */
export function livenessSearch(keys: readonly string[]): JsonObject {
  const filter = [{ terms: { key: [...keys] } }, { terms: { kind: ['version', 'space'] } }]
  return { size: 10_000, _source: ['kind', 'key', 'put', 'chunks', 'space'], query: { bool: { filter } } }
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
