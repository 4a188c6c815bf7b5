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
}

/** Each field has one of the values; all fields count. A field that is a list matches when one of its values does. */
export type SearchFilter = Readonly<Record<string, string | number | boolean | readonly (string | number | boolean)[]>>

export interface SearchQuery {
  /** What is asked, in words; a text of half the weight counts half. */
  readonly texts: readonly { readonly text: string; readonly weight: number }[]
  /** The same as a vector; without it there are no dense candidates. */
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
   * Best first. Where an index has both sides, a chunk that is among the best of one is scored in the other too, and stands there behind
   * the best, so that scores can be joined; one without any of the words isn't in the lexical list.
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
 *   vectors. Vectors of a version that isn't there are kept for when it is, or ignored.
 * - A removed version is found no more when remove resolves, whatever was put of it before; removing what isn't there is fine. What it
 *   held is gone from storage once maintain has nothing left to do.
 * - Filters and access lists count before ranking: a query gives `limit` candidates while so many chunks pass them.
 * - Dense candidates are the nearest by cosine: exactly so below `exactBelow` chunks, above it all but a few of them.
 * - A search sees each put and remove whole or not at all. Nothing of one tenant is found by another.
 * - The same index and query give the same candidates in the same order.
 *
 * Limits: 1,000,000 chunks in a document, 8,000 characters in a chunk and its context, 64 KiB of attributes and access list, 4,096
 * dimensions; beyond them TooLargeError or InvalidInputError, and nothing is put.
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
  remove(tenant: string, versions: readonly DocumentVersion[]): Promise<void>
  /** Removes all vectors of a space. */
  dropSpace(tenant: string, space: string): Promise<void>
  search(tenant: string, query: SearchQuery): Promise<Found>
  status(tenant: string): Promise<IndexStatus>
  /** Does some of what makes searches cheap and removals complete; resolves to whether there is more to do. */
  maintain(tenant: string, options?: { readonly signal?: AbortSignal }): Promise<boolean>
}
