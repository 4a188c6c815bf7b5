import type { FilterKind } from '../tenancy/filters/filter-settings.ts'

/** A stretch of a document as retrieval gives it: `content` is the document's text from `start` to `end`. */
export interface Passage {
  readonly document_id: string
  /** Of the document, as it was sent. */
  readonly source: string
  /** The version that was read, by the index's name of it; absent in what was kept before it was told. */
  readonly revision?: string
  readonly content: string
  readonly start: number
  readonly end: number
  /** From 1, for documents that have pages. */
  readonly page?: number
  /** How well it fits, comparable within one answer; higher is better. */
  readonly score: number
  /** What the tenant's filters find suspicious in it; absent: nothing, or nobody looked. */
  readonly flags?: readonly FilterKind[]
}
