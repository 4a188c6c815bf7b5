/** What an OpenSearch index of a tenant holds, and how its documents are made. @module */
import type { Candidate, DocumentVersion, IndexedDocument, JsonObject, VectorSpace } from '@plinth/core'
import { accessTokens, attributeTokens, hiddenName } from './search-tokens.ts'

/** English words by their stems, without accents; characters of Chinese, Japanese and Korean by twos. */
export const analysis: JsonObject = {
  analyzer: {
    plinth: {
      type: 'custom',
      tokenizer: 'standard',
      filter: ['cjk_width', 'lowercase', 'asciifolding', 'cjk_bigram', 'stop', 'porter_stem'],
    },
  },
}

/**
 * Three kinds of documents: a `chunk` for each chunk, a `version` when all chunks of a version are there, a `space` when all its vectors
 * are. A chunk without the version of the same put isn't found, nor by its vector without the space: so a search sees puts whole.
 */
export const mapping: JsonObject = {
  dynamic: 'strict',
  properties: {
    kind: { type: 'keyword' },
    put: { type: 'keyword' },
    key: { type: 'keyword' },
    document: { type: 'keyword', index: false },
    version: { type: 'keyword', index: false },
    ordinal: { type: 'integer' },
    start: { type: 'long', index: false },
    end: { type: 'long', index: false },
    readers: { type: 'keyword' },
    fields: { type: 'keyword' },
    text: { type: 'text', analyzer: 'plinth', index_options: 'freqs' },
    context: { type: 'text', analyzer: 'plinth', index_options: 'freqs' },
    chunks: { type: 'integer' },
    dimensions: { type: 'integer' },
    space: { type: 'keyword' },
    /** A random number: the sum over what is there says whether it is the same. */
    mark: { type: 'long' },
  },
}

export function indexName(tenant: string): string {
  return `plinth-${hiddenName(tenant)}`
}

/** The field of a space's vectors; one of other dimensions that has the same name, later, has another. */
export function vectorField({ name, dimensions }: VectorSpace): string {
  return `vector_${hiddenName(name, String(dimensions))}`
}

/** Faiss filters while it searches. Vectors are of length 1, so that their inner product is their cosine. */
export function vectorMapping(space: VectorSpace): JsonObject {
  const method = { name: 'hnsw', engine: 'faiss', space_type: 'innerproduct' }
  return { properties: { [vectorField(space)]: { type: 'knn_vector', dimension: space.dimensions, method } } }
}

export function keyOf({ document, version }: DocumentVersion): string {
  return `${document}/${version}`
}

export function chunkDocuments(document: IndexedDocument, put: string): JsonObject[] {
  const { attributes, access, chunks } = document
  const shared = {
    kind: 'chunk',
    put,
    key: keyOf(document),
    document: document.document,
    version: document.version,
    readers: accessTokens(access),
    fields: attributeTokens(attributes),
  }
  return chunks.map(({ start, end, text, context }, ordinal) => ({ ...shared, ordinal, start, end, text, context }))
}

export function versionDocument(version: DocumentVersion, put: string, chunks: number, mark: number): JsonObject {
  return { kind: 'version', put, key: keyOf(version), chunks, mark }
}

export function spaceDocument(version: LiveVersion, { name, dimensions }: VectorSpace, mark: number): JsonObject {
  return { kind: 'space', put: version.put, key: version.key, chunks: version.chunks, space: name, dimensions, mark }
}

/** A version that is there. */
export interface LiveVersion {
  readonly key: string
  readonly put: string
  readonly chunks: number
}

/** A vector of length 1. */
export function unit(vector: Float32Array): number[] {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return Array.from(vector, (value) => value / length)
}

/** As OpenSearch gives it for inner products: 1 + p where p is above 0, else 1 / (1 - p). */
export function cosineOf(score: number): number {
  return score >= 1 ? score - 1 : 1 - 1 / score
}

export interface Hit {
  readonly _id: string
  readonly _score: number
  readonly _source: Omit<Candidate, 'score'> & { readonly put: string }
}

export const hitFields: readonly string[] = ['put', 'document', 'version', 'ordinal', 'start', 'end']
