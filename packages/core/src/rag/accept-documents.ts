import { sha256 } from '../crypto.ts'
import { startJob } from '../define/job.ts'
import { ConflictError, ForbiddenError, InvalidInputError, TooLargeError, UnavailableError } from '../errors.ts'
import { uuid } from '../ids.ts'
import { canonicalJson, type JsonValue } from '../json.ts'
import { type AccessList, type Attributes, aboutBytes, searchLimits } from '../ports/search-index.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { insert, type RecordWrite, remove, update } from '../scope/state.ts'
import { type DocumentRecord, mayReplace } from './access.ts'
import { contentWrite, dropContent, keepPart, partBytes } from './content.ts'
import { type ContentPlace, type DocumentFields, documents } from './documents.ts'
import { countOutdated } from './ingests.ts'
import { type DocumentRevision, ingestJob } from './jobs.ts'
import { receivedUpload, uploads } from './uploads.ts'

/** A document as it is sent. */
export interface NewDocument {
  /** Its name: sent again under the same, it takes the place of what was there. */
  readonly source: string
  /** A text, the bytes of a file, or an upload. */
  readonly content: string | Uint8Array | { readonly upload_id: string }
  /** Default: by the extension of its name, else text/plain. */
  readonly content_type?: string | undefined
  readonly metadata?: Attributes | undefined
  /** Who may find it; left out: everyone in the tenant. */
  readonly acl?: Partial<AccessList> | undefined
}

export interface AcceptedDocuments {
  /** Names the batch, whose progress can be followed. */
  readonly ingest_id: string
  /** As they stand now, in the order sent. */
  readonly records: readonly DocumentRecord[]
}

/** How much one job reads, by {@link weightOf}; what is kept of it fits in one commit. */
const atATime = { weight: 20, bytes: 8 * 1024 * 1024 } as const

/**
 * The first half of ingest_documents of the seed (R25): what was sent is kept, to be read in the background. What is there already,
 * unchanged, costs nothing (X25).
 * @throws InvalidInputError for a kind that can't be read, or an upload that isn't there or was taken; ForbiddenError for the name of a
 * document that isn't for the caller; TooLargeError for more metadata and readers than an index keeps. Then nothing is kept.
 */
export async function acceptDocuments(scope: Uses<'state' | 'reader'>, sent: readonly NewDocument[]): Promise<AcceptedDocuments> {
  refuseUploadsTwice(sent)
  const prepared: Prepared[] = []
  for (const [index, document] of sent.entries()) prepared.push(await prepare(scope, document, `documents.${index}`))
  const ingest = uuid(scope.clock)
  const records: DocumentRecord[] = []
  for (const group of groups(prepared)) records.push(...(await acceptGroup(scope, group, ingest)))
  return { ingest_id: ingest, records }
}

interface Prepared {
  readonly id: string
  readonly source: string
  readonly contentType: string
  readonly metadata: string
  /** Empty: everyone. */
  readonly access: string
  readonly digest: string
  readonly content: string | Uint8Array | ContentPlace
  /** Its upload, and where the body names it. */
  readonly upload?: { readonly id: string; readonly field: string }
  readonly field: string
}

/** An upload makes one document. */
function refuseUploadsTwice(sent: readonly NewDocument[]): void {
  const seen = new Set<string>()
  for (const [index, { content }] of sent.entries()) {
    if (typeof content !== 'object' || !('upload_id' in content)) continue
    if (seen.has(content.upload_id)) throw uploadTaken(`documents.${index}.upload_id`)
    seen.add(content.upload_id)
  }
}

function uploadTaken(field: string): InvalidInputError {
  return new InvalidInputError('This upload makes another document already.', { code: 'upload_taken', field })
}

async function prepare(scope: Uses<'state' | 'reader'>, document: NewDocument, field: string): Promise<Prepared> {
  const { source, content, metadata = {}, acl } = document
  const contentType = (document.content_type ?? scope.reader.typeOf(source)).split(';')[0]?.trim().toLowerCase() ?? ''
  if (!scope.reader.reads(contentType))
    throw new InvalidInputError(`Documents of the kind ${contentType} can't be read.`, {
      code: 'document_type_unknown',
      field: `${field}.content_type`,
    })
  const readers = acl && { groups: [...(acl.groups ?? [])], users: [...(acl.users ?? [])] }
  if (aboutBytes({ attributes: metadata, ...(readers && { access: readers }) }) > searchLimits.documentBytes)
    throw new TooLargeError(`The metadata and acl of a document hold at most ${searchLimits.documentBytes} bytes.`, { field })
  const access = readers ? canonicalJson(readers) : ''
  const id = await scope.state.lookup('document source', source)
  const current = await scope.state.get(documents, { partition: id })
  if (current) await requireReplaceable(scope, current, field)
  const uploadId = typeof content === 'object' && 'upload_id' in content ? content.upload_id : undefined
  const upload = uploadId === undefined ? undefined : await receivedUpload(scope, uploadId, `${field}.upload_id`)
  const about = canonicalJson(metadata as JsonValue)
  const kept = upload ? { id: upload.content_id, parts: upload.parts, bytes: upload.bytes } : (content as string | Uint8Array)
  const words = upload ? upload.sha256 : typeof content === 'string' ? content : sha256(content as Uint8Array)
  const digest = await scope.state.lookup('document', canonicalJson([scope.reader.version, contentType, about, access, words]))
  return {
    ...{ id, source, contentType, metadata: about, access, digest, content: kept, field },
    ...(uploadId === undefined ? {} : { upload: { id: uploadId, field: `${field}.upload_id` } }),
  }
}

async function requireReplaceable(scope: Uses<never>, current: DocumentRecord, field: string): Promise<void> {
  if (await mayReplace(scope, current)) return
  throw new ForbiddenError('document_restricted', 'A document of this name is for others.', { field: `${field}.source` })
}

/** No document twice in one, since each changes what the next finds; what is large, alone. */
function groups(prepared: readonly Prepared[]): readonly (readonly Prepared[])[] {
  const made: Prepared[][] = []
  let weight = 0
  let bytes = 0
  for (const document of prepared) {
    const last = made.at(-1)
    const [ownWeight, ownBytes] = [weightOf(document), bytesOf(document)]
    const fits = weight + ownWeight <= atATime.weight && bytes + ownBytes <= atATime.bytes
    if (last && fits && !last.some(({ id }) => id === document.id)) last.push(document)
    else {
      made.push([document])
      weight = bytes = 0
    }
    weight += ownWeight
    bytes += ownBytes
  }
  return made
}

/** What is unpacked, or looked at page by page, takes far longer than text: in small jobs it lets others have their turn. */
function weightOf({ contentType }: Prepared): number {
  return /^text\/|json|yaml/.test(contentType) ? 1 : 5
}

function bytesOf({ content }: Prepared): number {
  if (typeof content === 'string') return content.length
  return isPlace(content) ? content.bytes : content.byteLength
}

async function acceptGroup(scope: Uses<'state'>, group: readonly Prepared[], ingest: string): Promise<readonly DocumentRecord[]> {
  const places = new Map<Prepared, ContentPlace>()
  const { records, before } = await retryConflicts(() => commitGroup(scope, group, ingest, places)).catch((error: unknown) => {
    if (!(error instanceof ConflictError)) throw error
    throw new UnavailableError('contended', 'The documents collided with others of the same names; try again.', { retryAfter: 1 })
  })
  // What waited to be read, and was replaced, nobody needs any more; should the process die here, it expires.
  const kept = new Set([...places.values()].map(({ id }) => id))
  for (const { content } of before) if (content && !kept.has(content.id)) await dropContent(scope, content)
  return records
}

/** @param places where large content is kept already; those that are kept now are added. */
async function commitGroup(
  scope: Uses<'state'>,
  group: readonly Prepared[],
  ingest: string,
  places: Map<Prepared, ContentPlace>,
): Promise<{ readonly records: readonly DocumentRecord[]; readonly before: readonly DocumentFields[] }> {
  const find = async (document: Prepared) => [document, await scope.state.get(documents, { partition: document.id })] as const
  const found = new Map(await Promise.all(group.map(find)))
  const changed = group.filter((document) => !isThere(found.get(document), document))
  const before = changed.flatMap((document) => found.get(document)?.fields ?? [])
  const amounts = { total: group.length, unchanged: group.length - changed.length }
  const writes: RecordWrite[] = [...countOutdated(scope, before, { ingest, amounts })]
  const writeOf = new Map<Prepared, number>()
  const revisions: DocumentRevision[] = []
  for (const document of changed) {
    const current = found.get(document)
    if (current) await requireReplaceable(scope, current, document.field)
    if (document.upload) writes.push(await takeUpload(scope, document.upload))
    const place = places.get(document) ?? (await keepLarge(scope, document))
    places.set(document, place)
    const fields = nextVersion(scope, document, current, { content: place, ingest })
    const { source, metadata, access } = document
    const sealed = { source, metadata, access }
    const where = { partition: document.id }
    writeOf.set(document, writes.length)
    writes.push(current ? update(documents, current, fields, sealed) : insert(documents, where, fields, sealed))
    if (!isPlace(document.content) && !isLarge(document.content)) writes.push(contentWrite(scope, place.id, 0, document.content))
    revisions.push({ document_id: document.id, revision: fields.revision })
  }
  const [first] = revisions
  const emit = first ? [startJob(ingestJob, { id: `${ingest}:${first.revision}`, body: { documents: revisions } })] : []
  const stored = await scope.state.commit({ writes, emit, resource: `ingests/${ingest}` })
  const records = group.map((document) => {
    const at = writeOf.get(document)
    return (at === undefined ? found.get(document) : stored[at]) as DocumentRecord
  })
  return { records, before }
}

/** The write that takes an upload for a document: of two that want it, one gets it. */
async function takeUpload(scope: Uses<'state'>, { id, field }: NonNullable<Prepared['upload']>): Promise<RecordWrite> {
  const record = await scope.state.get(uploads, { partition: id })
  if (!record) throw uploadTaken(field)
  return remove(uploads, record)
}

/** Whether nothing has to be done: it was sent before, and read or about to be. What failed is tried again. */
function isThere(current: DocumentRecord | undefined, { digest }: Prepared): current is DocumentRecord {
  return current !== undefined && current.fields.digest === digest && current.fields.status !== 'failed'
}

function nextVersion(
  scope: Uses<never>,
  { id, contentType, digest, access }: Prepared,
  current: DocumentRecord | undefined,
  sent: Required<Pick<DocumentFields, 'content' | 'ingest'>>,
): DocumentFields {
  const now = scope.clock.now()
  const first: Pick<DocumentFields, 'chunks_count' | 'characters' | 'created' | 'version' | 'owner' | 'error'> = {
    ...{ chunks_count: 0, characters: 0, created: now, version: 0 },
    owner: scope.caller.user,
  }
  const { error: _, ...before } = current?.fields ?? first
  return {
    ...before,
    document_id: id,
    content_type: contentType,
    status: 'processing',
    version: before.version + 1,
    revision: uuid(scope.clock),
    digest,
    embedding: 'pending',
    restricted: access !== '' || current?.fields.restricted === true,
    ...sent,
    updated: now,
  }
}

/** Where the content is, or will be when the commit is made; what is large is kept beforehand. */
async function keepLarge(scope: Uses<'state'>, document: Prepared): Promise<ContentPlace> {
  const { content } = document
  if (isPlace(content)) return content
  const id = uuid(scope.clock)
  const bytes = bytesOf(document)
  if (!isLarge(content)) return { id, parts: 1, bytes }
  let parts = 0
  for (let at = 0; at < content.byteLength; at += partBytes)
    await keepPart(scope, id, parts++, content.subarray(at, at + partBytes))
  return { id, parts, bytes }
}

function isPlace(content: Prepared['content']): content is ContentPlace {
  return typeof content === 'object' && 'parts' in content
}

function isLarge(content: string | Uint8Array): content is Uint8Array {
  return typeof content !== 'string' && content.byteLength > partBytes
}
