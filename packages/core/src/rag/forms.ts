/** What routes about documents take and show. @module */
import { z } from 'zod'
import { type PageQuery, pageFields, pageOf, shownText, wholeNumberText } from '../define/forms.ts'
import type { FilePart } from '../define/route.ts'
import { InvalidInputError } from '../errors.ts'
import { timestamp } from '../ports/clock.ts'
import type { AccessList, Attributes } from '../ports/search-index.ts'
import { readInput } from '../read-input.ts'
import type { NewDocument } from './accept-documents.ts'
import type { DocumentRecord } from './access.ts'
import type { DocumentStatus } from './documents.ts'
import type { Ingest } from './ingests.ts'
import type { UploadFields } from './uploads.ts'

const atATime = 1_000
const mostAttributeBytes = 65_536

const plainValue = z.union([z.string().max(1_000), z.number(), z.boolean()])
const attributeName = z
  .string()
  .regex(/^[\p{L}\p{N}_][\p{L}\p{N}_. -]{0,127}$/u, 'Must be a name of 1 to 128 letters, digits, _ . - and spaces.')

// A record of zod's drops `__proto__` without a word.
const metadata: z.ZodType<Attributes> = z.preprocess(
  (value, context) => {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__'))
      context.addIssue({ code: 'custom', path: ['__proto__'], message: 'Must have another name.' })
    return value
  },
  z
    .record(attributeName, z.union([plainValue, z.array(plainValue).max(1_000)]))
    .refine(
      (value) => JSON.stringify(value).length <= mostAttributeBytes,
      `Must be at most ${mostAttributeBytes} characters of JSON.`,
    ),
)

const names = z.array(shownText(256)).max(1_000)
const acl: z.ZodType<Partial<AccessList>> = z
  .strictObject({ users: names.optional(), groups: names.optional() })
  .refine(
    ({ users = [], groups = [] }) => users.length + groups.length > 0,
    'Must name a user or a group.',
  ) as unknown as z.ZodType<Partial<AccessList>>

const contentType = z
  .string()
  .max(200)
  .regex(/^[a-z0-9.+-]+\/[a-z0-9.+-]+\s*(;.*)?$/i, 'Must be a media type such as text/markdown.')

const document = z
  .strictObject({
    source: shownText(1_024),
    content: z.string().optional(),
    upload_id: z.string().min(1).max(100).optional(),
    content_type: contentType.optional(),
    metadata: metadata.optional(),
    acl: acl.optional(),
  })
  .refine(({ content, upload_id }) => (content === undefined) !== (upload_id === undefined), {
    message: 'Must have content or upload_id, and not both.',
    path: ['content'],
  })
  .transform(({ content, upload_id, ...rest }): NewDocument => ({ ...rest, content: content ?? { upload_id: upload_id ?? '' } }))

export interface NewDocuments {
  readonly documents: readonly NewDocument[]
}

export const newDocuments: z.ZodType<NewDocuments> = z.strictObject({
  documents: z.array(document).min(1).max(atATime),
}) as unknown as z.ZodType<NewDocuments>

/** Files of a form: each a document under its file's name; the fields `metadata` and `acl`, as JSON, are for all of them. */
export function documentsOfFiles(parts: readonly FilePart[]): NewDocuments {
  const files = parts.filter((part) => 'bytes' in part)
  if (files.length === 0) throw new InvalidInputError('The form has no files.', { field: 'documents' })
  if (files.length > atATime) throw new InvalidInputError(`A form holds at most ${atATime} files.`, { field: 'documents' })
  const shared: { metadata?: Attributes; acl?: Partial<AccessList> } = {}
  for (const part of parts) {
    if ('bytes' in part) continue
    if (part.name === 'metadata') shared.metadata = fieldOf(metadata, part.name, part.text)
    else if (part.name === 'acl') shared.acl = fieldOf(acl, part.name, part.text)
    else throw new InvalidInputError('A form has files, metadata and acl.', { field: part.name })
  }
  return {
    documents: files.map(({ fileName, contentType: type, bytes }, index) => ({
      source: readInput(shownText(1_024), fileName, `documents.${index}.source`),
      content: bytes,
      // What clients say of files that they don't know.
      ...(type === '' || type === 'application/octet-stream' ? {} : { content_type: type }),
      ...shared,
    })),
  }
}

function fieldOf<Value>(form: z.ZodType<Value>, name: string, text: string): Value {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new InvalidInputError('Must be JSON.', { field: name })
  }
  return readInput(form, value, name)
}

export interface IdParams {
  readonly id: string
}
export const idParams: z.ZodType<IdParams> = z.strictObject({ id: z.string().min(1).max(300) })

export interface DocumentListQuery extends PageQuery {
  readonly status?: DocumentStatus | undefined
}
export const documentListQuery: z.ZodType<DocumentListQuery> = z.strictObject({
  ...pageFields,
  status: z.enum(['processing', 'processed', 'failed']).optional(),
})

/** A stretch of a document's text. */
export interface StretchQuery {
  readonly start?: number | undefined
  readonly end?: number | undefined
}
const offset = wholeNumberText(0, 999_999_999)
export const stretchQuery: z.ZodType<StretchQuery> = z
  .strictObject({ start: offset.optional(), end: offset.optional() })
  .refine(({ start = 0, end = start }) => end >= start, { message: 'Must not be below start.', path: ['end'] })

export const chunkListQuery: z.ZodType<PageQuery> = z.strictObject(pageFields)

export const chunkListForm: z.ZodType = pageOf(
  z.object({
    /** From 0, in the order of the text. */
    ordinal: z.number().int(),
    start: z.number().int(),
    end: z.number().int(),
    content: z.string(),
    /** What it stands under: titles, headings, header rows. They are searched with it. */
    context: z.string(),
    page: z.number().int().optional(),
  }),
)

const instant = z.iso.datetime()
const shown = z.object({
  document_id: z.string(),
  document: z.string(),
  source: z.string(),
  content_type: z.string(),
  status: z.enum(['processing', 'processed', 'failed']),
  chunks_count: z.number().int(),
  embedding: z.enum(['pending', 'done']),
  version: z.number().int(),
  /** Whether questions find it: this version, or, while or because this one isn't read, the one before. */
  searchable: z.boolean(),
  /** Names the text that is found and cited; another one has other offsets. Absent until a version is read. */
  revision: z.string().optional(),
  /** Of the text that is found. */
  characters: z.number().int(),
  metadata: z.record(z.string(), z.unknown()),
  acl: z.object({ users: z.array(z.string()), groups: z.array(z.string()) }).nullable(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  created_at: instant,
  updated_at: instant,
})
export const documentForm: z.ZodType = shown
export const documentsForm: z.ZodType = z.array(shown)
export const documentListForm: z.ZodType = pageOf(shown)

/** A document as lists and routes show it (R26). */
export async function showDocument(record: DocumentRecord): Promise<object> {
  const { document_id, content_type, status, chunks_count, characters, embedding, version, live, error, created, updated } =
    record.fields
  const source = (await record.open('source')) ?? ''
  const access = await record.open('access')
  return {
    document_id,
    document: source,
    source,
    content_type,
    status,
    chunks_count,
    embedding,
    version,
    searchable: live !== undefined,
    ...(live === undefined ? {} : { revision: live }),
    characters,
    metadata: JSON.parse((await record.open('metadata')) || '{}'),
    acl: access ? JSON.parse(access) : null,
    ...(error ? { error } : {}),
    created_at: timestamp(created),
    updated_at: timestamp(updated),
  }
}

export const uploadForm: z.ZodType = z.object({ upload_id: z.string(), upload_url: z.string(), expires_at: instant })
export const receivedForm: z.ZodType = z.object({ upload_id: z.string(), bytes: z.number().int() })

export function showUpload({ upload_id, expires_at }: UploadFields, origin: string): object {
  return { upload_id, upload_url: `${origin}/api/uploads/${upload_id}`, expires_at: timestamp(expires_at) }
}

const figure = z.number().int()
export const ingestForm: z.ZodType = z.object({
  ingest_id: z.string(),
  total: figure,
  unchanged: figure,
  processed: figure,
  embedded: figure,
  failed: figure,
  superseded: figure,
})

export function showIngest(id: string, ingest: Ingest): object {
  return { ingest_id: id, total: 0, unchanged: 0, processed: 0, embedded: 0, failed: 0, superseded: 0, ...ingest }
}
