import type {
  Candidate,
  DocumentVectors,
  DocumentVersion,
  Found,
  IndexedDocument,
  SearchQuery,
  VectorSpace,
} from '../../../src/ports/search-index.ts'
import { queryTerms, termsOf } from '../../../src/search/analysis.ts'

interface Kept {
  readonly document: IndexedDocument
  readonly vectors: Map<string, readonly Float32Array[]>
}

type Scored = Omit<Candidate, 'score'> & { readonly lexical: number; readonly dense: number | undefined }

/** What an index should find: an array, BM25 and cosines as they are written in books. */
export class NaiveIndex {
  readonly #kept = new Map<string, Kept>()
  readonly spaces = new Map<string, VectorSpace>()

  put(documents: readonly IndexedDocument[]): void {
    for (const document of documents)
      if (!this.#kept.has(keyOf(document))) this.#kept.set(keyOf(document), { document, vectors: new Map() })
  }

  putVectors(space: VectorSpace, documents: readonly DocumentVectors[]): void {
    for (const each of documents) {
      const kept = this.#kept.get(keyOf(each))
      if (!kept) continue
      this.spaces.set(space.name, space)
      if (!kept.vectors.has(space.name)) kept.vectors.set(space.name, each.vectors)
    }
  }

  remove(versions: readonly DocumentVersion[]): void {
    for (const version of versions) this.#kept.delete(keyOf(version))
  }

  dropSpace(space: string): void {
    this.spaces.delete(space)
    for (const { vectors } of this.#kept.values()) vectors.delete(space)
  }

  get documents(): IndexedDocument[] {
    return [...this.#kept.values()].map(({ document }) => document)
  }

  search(query: SearchQuery): Omit<Found, 'mark'> {
    const { scored, lexicalBound } = this.#score(query)
    const all = scored.filter(({ document, version }) => allows(this.#kept.get(`${document}/${version}`)?.document, query))
    const list = (score: (each: Scored) => number | undefined): Candidate[] =>
      all
        .flatMap((each) => {
          const value = score(each)
          const { document, version, ordinal, start, end } = each
          return value === undefined ? [] : [{ document, version, ordinal, start, end, score: value }]
        })
        .sort(
          (left, right) =>
            right.score - left.score ||
            (left.document < right.document ? -1 : left.document > right.document ? 1 : 0) ||
            (left.version < right.version ? -1 : left.version > right.version ? 1 : 0) ||
            left.ordinal - right.ordinal,
        )
    const lexical = list(({ lexical }) => (lexical > 0 ? lexical : undefined))
    const dense = list((each) => each.dense)
    const best = new Set([...lexical.slice(0, query.limit), ...dense.slice(0, query.limit)].map(chunkKey))
    const chosen = (from: Candidate[]): Candidate[] => from.filter((each) => best.has(chunkKey(each)))
    return { lexical: chosen(lexical), dense: chosen(dense), lexicalBound }
  }

  #score(query: SearchQuery): { readonly scored: Scored[]; readonly lexicalBound: number } {
    const chunks = [...this.#kept.values()].flatMap(({ document, vectors }) =>
      document.chunks.map((chunk, ordinal) => ({
        document,
        chunk,
        ordinal,
        vector: vectors.get(query.vector?.space ?? '')?.[ordinal],
        terms: [...termsOf(chunk.text), ...termsOf(chunk.context), ...termsOf(chunk.context)],
      })),
    )
    const mean = chunks.reduce((sum, { terms }) => sum + terms.length, 0) / Math.max(1, chunks.length)
    const weights = [...queryTerms(query.texts)].map(([term, weight]) => {
      const frequency = chunks.filter(({ terms }) => terms.includes(term)).length
      return { term, weight: weight * Math.log(1 + (chunks.length - frequency + 0.5) / (frequency + 0.5)) }
    })
    const scored = chunks.map(({ document, chunk, ordinal, vector, terms }) => {
      let lexical = 0
      for (const { term, weight } of weights) {
        const count = terms.filter((each) => each === term).length
        lexical += (weight * count * 2.2) / (count + 1.2 * (0.25 + (0.75 * terms.length) / Math.max(1, mean)))
      }
      const dense = vector && query.vector ? cosine(vector, query.vector.values) : undefined
      const { start, end } = chunk
      return { document: document.document, version: document.version, ordinal, start, end, lexical, dense }
    })
    const lexicalBound = chunks.length === 0 ? 0 : weights.reduce((sum, { weight }) => sum + weight * 2.2, 0)
    return { scored, lexicalBound }
  }
}

function allows(document: IndexedDocument | undefined, { filter = {}, reader }: SearchQuery): boolean {
  if (!document) return false
  const { access, attributes } = document
  if (access && !access.users.includes(reader.user) && !access.groups.some((group) => reader.groups.has(group))) return false
  return Object.entries(filter).every(([field, wanted]) => {
    const there = [attributes[field] ?? []].flat()
    return [wanted].flat().some((value) => there.includes(value))
  })
}

export function cosine(left: Float32Array, right: Float32Array): number {
  let [both, lefts, rights] = [0, 0, 0]
  for (const [index, value] of left.entries()) {
    both += value * (right[index] ?? 0)
    lefts += value * value
    rights += (right[index] ?? 0) ** 2
  }
  return both / Math.sqrt(lefts * rights)
}

function keyOf({ document, version }: DocumentVersion): string {
  return `${document}/${version}`
}

export function chunkKey({ document, version, ordinal }: Pick<Candidate, 'document' | 'version' | 'ordinal'>): string {
  return `${document}/${version}/${ordinal}`
}
