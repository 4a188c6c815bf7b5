import { InvalidInputError, TooLargeError } from '../errors.ts'
import { jsonBytes } from '../json.ts'

/** One version of a document: versions of one document are never the same name twice for different content. */
export interface DocumentVersion {
  /** 1–128 characters `A-Z a-z 0-9 _ -`. */
  readonly document: string
  /** The same. */
  readonly version: string
}

/** What a document says of itself, for filters. */
export type Attributes = Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>

/** Who may find a document: any of the users, or a member of any of the groups. */
export interface AccessList {
  readonly users: readonly string[]
  readonly groups: readonly string[]
}

/** A stretch of a document's text. Its place in the list is its ordinal. */
export interface IndexedChunk {
  /** Offsets in the document's text, kept and given back. */
  readonly start: number
  readonly end: number
  readonly text: string
  /** Title, headings, header rows: its words count twice. */
  readonly context: string
}

export interface IndexedDocument extends DocumentVersion {
  readonly attributes: Attributes
  /** Absent: everyone in the tenant. */
  readonly access?: AccessList
  readonly chunks: readonly IndexedChunk[]
}

/** What makes vectors comparable: one model, one length. */
export interface VectorSpace {
  /** 1–128 characters `A-Z a-z 0-9 . _ : -`; made of the model's id and the dimensions. */
  readonly name: string
  readonly dimensions: number
}

/** Vectors of a version's chunks, in order of their ordinals, one for each; of any length above 0, compared by their cosine. */
export interface DocumentVectors extends DocumentVersion {
  readonly vectors: readonly Float32Array[]
  /** The ordinal of the first one, where a version's vectors come in parts: each begins where the one before ended. Absent: these are all. */
  readonly first?: number
}

/**
 * Each field has one of the values; all fields count. A field that is a list matches when one of its values does. Values are of the same
 * kind: 1 isn't '1'.
 */
export type SearchFilter = Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>

export interface SearchQuery {
  /** What is asked, in words; a text of half the weight counts half. Of more than 1,024 different words the last don't count. */
  readonly texts: readonly { readonly text: string; readonly weight: number }[]
  /** The same as a vector, of any length above 0; without it, or in a space without vectors, there are no dense candidates. */
  readonly vector?: { readonly space: string; readonly values: Float32Array }
  readonly filter?: SearchFilter
  /** Who asks: what is not for them is not there. */
  readonly reader: { readonly user: string; readonly groups: ReadonlySet<string> }
  /** 1–200 of each kind. */
  readonly limit: number
}

export interface Candidate extends DocumentVersion {
  readonly ordinal: number
  readonly start: number
  readonly end: number
  /** Lexical: BM25, above 0. Dense: cosine. */
  readonly score: number
}

export interface Found {
  /**
   * Best first, of equals by document, version and ordinal. Where an index has both sides, a chunk that is among the best of one is
   * scored in the other too, and stands there behind the best, so that scores can be joined; one without any of the words isn't in the
   * lexical list.
   */
  readonly lexical: readonly Candidate[]
  readonly dense: readonly Candidate[]
  /**
   * The most that BM25 could give for this query: what the words weigh, those that no chunk has included; 0 where the engine doesn't say.
   */
  readonly lexicalBound: number
  /** Changes whenever an answer could: what was found for the same query under the same mark is the same. */
  readonly mark: string
}

export interface IndexStatus {
  readonly documents: number
  readonly chunks: number
  /** Of all segments, bytes at rest. */
  readonly bytes: number
  readonly segments: number
  /**
   * Something that was removed is in storage still, to be taken out together with what is removed until then, milliseconds UTC: maintain does
   * it, called at that time or later until it has nothing left to do. Absent when nothing is.
   */
  readonly removalsDue?: number
  readonly spaces: readonly {
    readonly name: string
    readonly dimensions: number
    /** Chunks that have a vector. */
    readonly chunks: number
    /** Of the ten nearest, the share that the scan finds; as measured on the index itself; absent where it scans exactly. */
    readonly recall?: number
  }[]
}

/**
 * Finds chunks of one tenant's documents, by words and by vectors.
 *
 * Promises:
 * - What was put is found when put resolves, and outlives the process. A put of a version that is there changes nothing; so does one of
 *   vectors. Vectors of a version that isn't there are ignored.
 * - Vectors that come in parts are all found when the last part is put; until then those of some parts, or none.
 * - A removed version is found no more when remove resolves, whatever was put of it before; removing what isn't there is fine. What it
 *   held is gone from storage once maintain has nothing left to do and status says no `removalsDue`. It may be put again.
 * - Filters and access lists count before ranking: a query gives `limit` candidates while so many chunks pass them.
 * - Dense candidates are the nearest by cosine: exactly so below `exactBelow` chunks, above it all but a few of them. Vectors may be kept
 *   with eight bits a dimension, so cosines within 0.005 of each other may change places.
 * - A search sees each put and remove whole or not at all. Nothing of one tenant is found by another.
 * - The same index and query give the same candidates in the same order; maintain changes no answer, but for dense candidates that
 *   a scan missed before.
 * - What fails with ConflictError or UnavailableError may be called again, unchanged.
 *
 * Limits: 64 versions in a call; 1,000,000 chunks in a call, 8,000 characters in a chunk and its context, 64 KiB of attributes and access
 * list, 4,096 dimensions, 16 spaces; beyond them TooLargeError or InvalidInputError, and nothing is put.
 */
export interface SearchIndex {
  readonly capabilities: {
    /** Whether it finds by words. */
    readonly lexical: boolean
    /** Below so many chunks with vectors, dense candidates are exact. */
    readonly exactBelow: number
  }
  put(tenant: string, documents: readonly IndexedDocument[]): Promise<void>
  putVectors(tenant: string, space: VectorSpace, documents: readonly DocumentVectors[]): Promise<void>
  /**
   * How many of a version's vectors are there, from its first chunk on: where the next part begins. Absent where an index doesn't tell: then
   * the parts may be put from the first one again.
   */
  vectorsOf?(tenant: string, space: string, version: DocumentVersion): Promise<number>
  remove(tenant: string, versions: readonly DocumentVersion[]): Promise<void>
  /** Removes all vectors of a space. */
  dropSpace(tenant: string, space: string): Promise<void>
  search(tenant: string, query: SearchQuery): Promise<Found>
  /**
   * The mark that a search would have now, told for much less than one costs. Absent where an index can't: then nothing that was found is
   * kept for the next who asks the same.
   */
  mark?(tenant: string): Promise<string>
  status(tenant: string): Promise<IndexStatus>
  /**
   * Does some of what makes searches cheap and removals complete; resolves to whether there may be more to do. Aborted, it stops soon, having
   * changed nothing that was begun, and resolves to true.
   */
  maintain(tenant: string, options?: { readonly signal?: AbortSignal }): Promise<boolean>
  /**
   * Removes what a tenant has outside of the tenant's records and objects, for one that left; again does nothing. Absent where an index
   * keeps nothing elsewhere.
   */
  forget?(tenant: string): Promise<void>
}

/** The limits of {@link SearchIndex}. */
export const searchLimits: {
  readonly versions: 64
  readonly chunks: number
  readonly chunkCharacters: number
  /** Of attributes and access list together, as JSON. */
  readonly documentBytes: number
  readonly dimensions: number
  readonly spaces: 16
  readonly candidates: 200
} = {
  versions: 64,
  chunks: 1_000_000,
  chunkCharacters: 8_000,
  documentBytes: 64 * 1024,
  dimensions: 4_096,
  spaces: 16,
  candidates: 200,
}

const namePattern = /^[A-Za-z0-9_-]{1,128}$/
const spacePattern = /^[A-Za-z0-9._:-]{1,128}$/
const mostOffset = 2 ** 32 - 1

/** Refuses documents that some index couldn't keep; adapters call it first. @throws TooLargeError, InvalidInputError */
export function checkDocuments(documents: readonly IndexedDocument[]): void {
  checkVersions(documents)
  let chunks = 0
  for (const document of documents) {
    checkScalars(document.attributes, 'attributes')
    if (aboutBytes(document) > searchLimits.documentBytes)
      throw new TooLargeError(`Attributes and access list hold at most ${searchLimits.documentBytes} bytes.`)
    chunks += document.chunks.length
    if (chunks > searchLimits.chunks) throw new TooLargeError(`A call holds at most ${searchLimits.chunks} chunks.`)
    for (const chunk of document.chunks) checkChunk(chunk)
  }
}

/** The same for vectors. */
export function checkVectors(space: VectorSpace, documents: readonly DocumentVectors[]): void {
  checkVersions(documents)
  checkSpaceName(space.name)
  const { dimensions } = space
  if (!Number.isInteger(dimensions) || dimensions < 1) throw new InvalidInputError('A space has 1 dimension or more.')
  if (dimensions > searchLimits.dimensions) throw new TooLargeError(`A space has at most ${searchLimits.dimensions} dimensions.`)
  let vectors = 0
  for (const document of documents) {
    const { first = 0 } = document
    if (!Number.isInteger(first) || first < 0)
      throw new InvalidInputError('The ordinal of the first vector is a whole number from 0.', { field: 'vectors' })
    vectors += document.vectors.length
    for (const vector of document.vectors) checkVector(vector, dimensions)
  }
  if (vectors > searchLimits.chunks) throw new TooLargeError(`A call holds at most ${searchLimits.chunks} vectors.`)
}

/** The same for versions. */
export function checkVersions(versions: readonly DocumentVersion[]): void {
  if (versions.length > searchLimits.versions)
    throw new TooLargeError(`A call holds at most ${searchLimits.versions} versions of documents.`)
  for (const { document, version } of versions) {
    if (namePattern.test(document) && namePattern.test(version)) continue
    throw new InvalidInputError('A document and its version have 1 to 128 characters A-Z a-z 0-9 _ -.', { field: 'document' })
  }
}

/** Refuses what no index could search. */
export function checkSearch({ texts, vector, filter, limit }: SearchQuery): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > searchLimits.candidates)
    throw new InvalidInputError(`A limit is from 1 to ${searchLimits.candidates}.`, { field: 'limit' })
  if (!texts.every(({ weight }) => Number.isFinite(weight) && weight > 0))
    throw new InvalidInputError('A weight is a number above 0.', { field: 'texts' })
  if (filter) checkScalars(filter, 'filter')
  if (!vector) return
  checkSpaceName(vector.space)
  checkVector(vector.values, vector.values.length)
}

export function checkSpaceName(name: string): void {
  if (spacePattern.test(name)) return
  throw new InvalidInputError('The name of a space has 1 to 128 characters A-Z a-z 0-9 . _ : -.', { field: 'space' })
}

/**
 * Refuses vectors that a version of so many chunks can't have.
 * @throws InvalidInputError
 */
export function checkPart({ first, vectors }: DocumentVectors, chunks: number): void {
  if (first === undefined ? vectors.length === chunks : first + vectors.length <= chunks) return
  throw new InvalidInputError('A version has one vector for each of its chunks.', { field: 'vectors' })
}

function checkVector(vector: Float32Array, dimensions: number): void {
  if (vector.length !== dimensions)
    throw new InvalidInputError(`A vector of this space has ${dimensions} numbers.`, { field: 'vectors' })
  let squares = 0
  for (const value of vector) squares += value * value
  // Infinite and not a number, too.
  if (squares > 0 && squares < Number.POSITIVE_INFINITY) return
  throw new InvalidInputError('A vector has a length above 0.', { field: 'vectors' })
}

function checkChunk({ start, end, text, context }: IndexedChunk): void {
  if (text.length + context.length > searchLimits.chunkCharacters)
    throw new TooLargeError(`A chunk and its context hold at most ${searchLimits.chunkCharacters} characters.`)
  if (Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= mostOffset) return
  throw new InvalidInputError('The offsets of a chunk are whole numbers, start <= end.', { field: 'chunks' })
}

function checkScalars(attributes: Attributes, field: string): void {
  for (const value of Object.values(attributes).flat()) {
    if (typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string' || typeof value === 'boolean') continue
    throw new InvalidInputError('Values are texts, finite numbers, true and false.', { field })
  }
}

/** How many of a document's {@link searchLimits.documentBytes} are taken. */
export function aboutBytes({ attributes, access }: Pick<IndexedDocument, 'attributes' | 'access'>): number {
  const accessBytes = access ? jsonBytes({ users: [...access.users], groups: [...access.groups] }) : 0
  return jsonBytes({ ...attributes }) + accessBytes
}
