import { publishEvent } from '../define/event.ts'
import { type JobContext, startJob } from '../define/job.ts'
import { type ReadDocument, UnreadableDocumentError } from '../ports/document-reader.ts'
import type { Outcome } from '../ports/queue.ts'
import type { AccessList, Attributes, IndexedDocument } from '../ports/search-index.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { type RecordWrite, update } from '../scope/state.ts'
import type { DocumentRecord } from './access.ts'
import { type Content, readContent } from './content.ts'
import { type DocumentFields, documents, revisionPlace } from './documents.ts'
import { documentFailed, documentProcessed } from './events.ts'
import { countIngest, type Ingest } from './ingests.ts'
import { cleanJob, type DocumentRevision, embedJob, ingestJob, type RevisionsBody } from './jobs.ts'
import { startMaintenance } from './maintain.ts'
import { keepText } from './text.ts'

export type IngestScope = Uses<'state' | 'reader' | 'search'>

/** Deliveries that the process didn't survive, after which documents are read apart from each other, and at last given up. */
const mostCutOffs = 3
/** Into so many jobs what was read together is split: so many fit in one commit. */
const mostParts = 8

/**
 * The second half of ingest_documents of the seed (R25): reads each document, keeps its text, makes it findable by words, and only
 * then puts it in the place of its earlier version, at once. One that can't be read fails alone (X26). Done again, it does what is left.
 */
export async function ingestDocuments(scope: IngestScope, body: RevisionsBody, { lease }: JobContext): Promise<Outcome> {
  if (lease.cutOffs >= mostCutOffs) return apart(scope, body)
  const read = (await Promise.all(body.documents.map((each) => prepare(scope, each, lease.signal)))).filter(
    (each) => each !== undefined,
  )
  lease.signal.throwIfAborted()
  if (read.length > 0) await scope.search.put(await Promise.all(read.map(indexed)))
  await Promise.all(read.map((each) => goLive(scope, each)))
  await finish(scope, body)
  return { done: true }
}

/** What follows from how it ended: vectors for what is found now, and nothing left of what isn't. */
async function finish(scope: IngestScope, { documents: asked, ingest }: RevisionsBody): Promise<void> {
  const live: DocumentRevision[] = []
  const gone: DocumentRevision[] = []
  for (const own of asked) {
    const fields = (await scope.state.get(documents, { partition: own.document_id }))?.fields
    if (fields?.live === own.revision) {
      if (fields.embedding === 'pending') live.push(own)
    } else if (fields?.revision !== own.revision) gone.push(own)
  }
  const [first] = live
  const emit = [
    ...(first ? [startJob(embedJob, { id: first.revision, lane: 'low', body: { documents: live } })] : []),
    ...(gone.length > 0 ? [clean(gone)] : []),
    ...(await startMaintenance(scope)),
  ]
  const writes = gone.length > 0 ? countFor(scope, { ingest }, { superseded: gone.length }) : []
  if (emit.length > 0) await scope.state.commit({ writes, emit })
}

interface Prepared {
  readonly record: DocumentRecord
  readonly read: ReadDocument
  readonly content: Content
}

/** Reads one and keeps its text; undefined for one that failed, or waits no more. */
async function prepare(scope: IngestScope, revision: DocumentRevision, signal: AbortSignal): Promise<Prepared | undefined> {
  const record = await waiting(scope, revision)
  if (!record?.fields.content) return undefined
  const content = await readContent(scope, record.fields.content)
  if (!content) {
    await fail(scope, revision, { code: 'document_gone', message: 'What was sent is gone; send it again.' })
    return undefined
  }
  try {
    const source = { name: (await record.open('source')) ?? '', contentType: record.fields.content_type, bytes: content.bytes }
    const read = await scope.reader.read(source, { signal })
    await keepText(scope, revisionPlace(revision.document_id, revision.revision), read)
    return { record, read, content }
  } catch (error) {
    if (signal.aborted || !(error instanceof UnreadableDocumentError)) throw error
    await fail(scope, revision, error, content.removal)
    return undefined
  }
}

/** The record, as long as it waits for this very revision to be read. */
async function waiting(scope: IngestScope, { document_id, revision }: DocumentRevision): Promise<DocumentRecord | undefined> {
  const record = await scope.state.get(documents, { partition: document_id })
  return record?.fields.status === 'processing' && record.fields.revision === revision ? record : undefined
}

async function indexed({ record, read }: Prepared): Promise<IndexedDocument> {
  const { document_id, revision } = record.fields
  const access = await record.open('access')
  return {
    document: document_id,
    version: revision,
    attributes: JSON.parse((await record.open('metadata')) || '{}') as Attributes,
    ...(access ? { access: JSON.parse(access) as AccessList } : {}),
    chunks: read.chunks.map(({ start, end, context }) => ({
      start,
      end,
      text: read.text.slice(start, end),
      context: (context !== undefined && read.contexts[context]) || '',
    })),
  }
}

/** One commit puts a revision in the place of the one before, unless it was replaced or deleted meanwhile. */
async function goLive(scope: IngestScope, { record: { fields }, read, content }: Prepared): Promise<void> {
  const own = { document_id: fields.document_id, revision: fields.revision }
  await retryConflicts(async () => {
    const record = await waiting(scope, own)
    if (!record) return
    const { live, content: _, error: __, ...rest } = record.fields
    const now = scope.clock.now()
    const access = (await record.open('access')) ?? ''
    const next: DocumentFields = {
      ...rest,
      status: 'processed',
      restricted: access !== '',
      live: own.revision,
      chunks_count: read.chunks.length,
      characters: read.text.length,
      updated: now,
    }
    const sealed = { live_access: access, pages: read.pages ? JSON.stringify(read.pages) : '' }
    const { document_id, version, chunks_count } = next
    await scope.state.commit({
      writes: [update(documents, record, next, sealed), ...content.removal, ...countFor(scope, next, { processed: 1 })],
      emit: [
        publishEvent(documentProcessed, document_id, { document_id, version, chunks_count }),
        ...(live === undefined ? [] : [clean([{ document_id, revision: live }])]),
      ],
    })
  })
}

async function fail(
  scope: IngestScope,
  own: DocumentRevision,
  { code, message }: { readonly code: string; readonly message: string },
  removal: readonly RecordWrite[] = [],
): Promise<void> {
  await retryConflicts(async () => {
    const record = await waiting(scope, own)
    if (!record) return
    const { content: _, ...rest } = record.fields
    const error = { code, message }
    const next: DocumentFields = { ...rest, status: 'failed', error, updated: scope.clock.now() }
    const { document_id, version } = next
    await scope.state.commit({
      writes: [update(documents, record, next), ...removal, ...countFor(scope, next, { failed: 1 })],
      emit: [publishEvent(documentFailed, document_id, { document_id, version, error }), clean([own])],
    })
  })
}

/** Of documents that the process died with again and again, only the one that does it may be given up. */
async function apart(scope: IngestScope, body: RevisionsBody): Promise<Outcome> {
  const [only] = body.documents
  if (only && body.documents.length === 1) {
    await fail(scope, only, { code: 'document_gave_up', message: 'Reading it ended the process again and again.' })
    return { done: true }
  }
  const size = Math.ceil(body.documents.length / mostParts)
  const parts = Array.from({ length: Math.ceil(body.documents.length / size) }, (_, index) =>
    body.documents.slice(index * size, (index + 1) * size),
  )
  const emit = parts.map((part) => startJob(ingestJob, { id: part[0]?.revision ?? '', body: { ...body, documents: part } }))
  await scope.state.commit({ writes: [], emit })
  return { done: true }
}

function countFor(
  scope: IngestScope,
  { ingest }: { readonly ingest?: string | undefined },
  amounts: Ingest,
): readonly RecordWrite[] {
  return ingest === undefined ? [] : [countIngest(scope, ingest, amounts)]
}

function clean(revisions: readonly DocumentRevision[]): ReturnType<typeof startJob> {
  return startJob(cleanJob, { id: revisions[0]?.revision ?? '', body: { documents: revisions } })
}
