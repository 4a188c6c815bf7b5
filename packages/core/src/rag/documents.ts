/** What is kept of documents: one record for each, what was sent until it is read, and the text of each version. @module */
import { z } from 'zod'
import { type Collection, defineCollection, type NoFields } from '../define/collection.ts'
import { timeOrder } from '../ids.ts'

export type DocumentStatus = 'processing' | 'processed' | 'failed'

/** What may be read without the tenant's key. Times are milliseconds UTC. */
export interface DocumentFields {
  readonly document_id: string
  readonly content_type: string
  readonly status: DocumentStatus
  /** Counts what was sent under this name, from 1. */
  readonly version: number
  /** The index's name of that version: other than any before it, those of a document that was deleted included. */
  readonly revision: string
  /** The revision that is found and cited; absent until one was read. */
  readonly live?: string
  /** HMAC of all that makes the version, to tell what is unchanged. */
  readonly digest: string
  /** Of the live revision. */
  readonly chunks_count: number
  readonly characters: number
  readonly embedding: 'pending' | 'done'
  /** Whether this version, or the live one, is for some only. */
  readonly restricted: boolean
  /** Who sent its first version, and may send others whomever they are for. */
  readonly owner: string
  /** Where what was sent is kept until it is read. */
  readonly content?: ContentPlace
  /** The batch that it came with. */
  readonly ingest?: string
  readonly error?: { readonly code: string; readonly message: string }
  readonly created: number
  readonly updated: number
}

export interface ContentPlace {
  readonly id: string
  readonly parts: number
  /** In all; of a text about as many. */
  readonly bytes: number
}

/** What only the tenant's key opens. */
export interface DocumentTexts {
  /** The name that it was sent under. */
  readonly source: string
  /** JSON: what it says of itself, for filters. */
  readonly metadata: string
  /** JSON: who may see it; absent: everyone in the tenant. */
  readonly access: string
  /** The same of the live revision, while a newer one is read. */
  readonly live_access: string
  /** JSON: where each page of the live revision begins. */
  readonly pages: string
}

const plain: z.ZodType<DocumentFields> = z.strictObject({
  document_id: z.string(),
  content_type: z.string(),
  status: z.enum(['processing', 'processed', 'failed']),
  version: z.number().int(),
  revision: z.string(),
  live: z.string().exactOptional(),
  digest: z.string(),
  chunks_count: z.number().int(),
  characters: z.number().int(),
  embedding: z.enum(['pending', 'done']),
  restricted: z.boolean(),
  owner: z.string(),
  content: z.strictObject({ id: z.string(), parts: z.number().int(), bytes: z.number().int() }).exactOptional(),
  ingest: z.string().exactOptional(),
  error: z.strictObject({ code: z.string(), message: z.string() }).exactOptional(),
  created: z.number(),
  updated: z.number(),
})

export const documents: Collection<DocumentFields, DocumentTexts, 'created' | 'status'> = defineCollection<
  DocumentFields,
  DocumentTexts,
  'created' | 'status'
>({
  name: 'documents',
  schema: 1,
  plain,
  sealed: ['source', 'metadata', 'access', 'live_access', 'pages'],
  lists: {
    created: { order: creationOrder },
    status: { group: ({ status }) => status, order: creationOrder },
  },
})

function creationOrder({ created, document_id }: DocumentFields): string {
  return `${timeOrder(created)}~${document_id}`
}

export interface ContentFields {
  readonly made: number
}

/** One of the two. */
export interface ContentTexts {
  readonly text: string
  /** As base64. */
  readonly bytes: string
}

/** What was sent, in parts, until it is read; a week at most, should nobody ever read it. */
export const contents: Collection<ContentFields, ContentTexts> = defineCollection<ContentFields, ContentTexts>({
  name: 'document-contents',
  schema: 1,
  plain: z.strictObject({ made: z.number() }),
  sealed: ['text', 'bytes'],
  lists: {},
  expires: ({ made }) => made + 7 * 24 * 3_600_000,
})

/** A stretch of a revision's text, of {@link blockLength} characters but for the last. */
export const texts: Collection<NoFields, { readonly text: string }> = defineCollection<NoFields, { readonly text: string }>({
  name: 'document-texts',
  schema: 1,
  plain: z.strictObject({}),
  sealed: ['text'],
  lists: {},
})

/** So that a sealed block lies in its row whatever its script, and a passage needs one or two. */
export const blockLength = 8_192

/** Where a revision's chunks begin and end, as JSON, for whoever makes vectors of them. */
export const chunkTables: Collection<NoFields, { readonly chunks: string }> = defineCollection<
  NoFields,
  { readonly chunks: string }
>({
  name: 'document-chunks',
  schema: 1,
  plain: z.strictObject({}),
  sealed: ['chunks'],
  lists: {},
})

/** The partition of a revision's text. */
export function revisionPlace(documentId: string, revision: string): string {
  return `${documentId}.${revision}`
}

export function partName(part: number): string {
  return part.toString().padStart(8, '0')
}
