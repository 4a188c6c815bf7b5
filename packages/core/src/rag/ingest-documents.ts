import { publishEvent } from '../define/event.ts'
import { type JobContext, startJob } from '../define/job.ts'
import { PlinthError } from '../errors.ts'
import { type ReadDocument, UnreadableDocumentError } from '../ports/document-reader.ts'
import type { Outcome } from '../ports/queue.ts'
import type { AccessList, Attributes, IndexedDocument } from '../ports/search-index.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { type RecordWrite, update } from '../scope/state.ts'
import { recordDocument } from '../telemetry.ts'
import type { DocumentRecord } from './access.ts'
import { asTheyCome } from './as-they-come.ts'
import { dropContent, readContent } from './content.ts'
import { type ContentPlace, type DocumentFields, documents, revisionPlace } from './documents.ts'
import { documentFailed, documentProcessed } from './events.ts'
import { countIngest, type Ingest } from './ingests.ts'
import { cleanJob, type DocumentRevision, embedJob, ingestJob, type RevisionsBody } from './jobs.ts'
import { tidyAfterGrowth } from './maintain.ts'
import { keepText } from './text.ts'

export type IngestScope = Uses<'state' | 'reader' | 'search'>

/** Deliveries that were cut off, after which documents are read apart from each other, and at last given up. */
const mostCutOffs = 3
/** Into so many jobs what was read together is split: so many fit in one commit. */
const mostParts = 8
/** Of content, above which documents are read one at a time in a process: each takes several times its size of memory. */
const largeBytes = 8 * 1024 * 1024
let large = 0
/** Milliseconds until a large one asks again for its turn; others are read meanwhile. */
const turnPause = 2_000
/** The same after what passes by itself: a thread that can't be started, a database that is busy. */
const faultPause = 15_000

/**
 * The second half of ingest_documents of the seed (R25): reads each document, keeps its text, makes it findable by words, and only
 * then puts it in the place of its earlier version, at once. One that can't be read fails alone (X26). Done again, it does what is left.
 */
export async function ingestDocuments(scope: IngestScope, body: RevisionsBody, { lease }: JobContext): Promise<Outcome> {
  if (lease.cutOffs >= mostCutOffs) return apart(scope, body)
  const records = (await Promise.all(body.documents.map((each) => waiting(scope, each)))).filter((each) => each !== undefined)
  const isLarge = records.some(({ fields }) => (fields.content?.bytes ?? 0) > largeBytes)
  if (isLarge && large > 0) return { retryAt: scope.clock.now() + turnPause }
  if (isLarge) large++
  try {
    const reading = records.map((record) => prepare(scope, record, lease.signal))
    await asTheyCome(scope.clock, reading, async (read) => {
      lease.signal.throwIfAborted()
      await scope.search.put(await Promise.all(read.map(indexed)))
      await Promise.all(read.map((each) => goLive(scope, each)))
    })
    // What waits still, though it was read, is read again: a commit may have been lost with its answer.
    return (await finish(scope, body)) ? { done: true } : { retryAt: scope.clock.now() + faultPause }
  } catch (error) {
    // Not a cut-off: it is no document's fault, and none may be given up for it.
    if (lease.signal.aborted || !PlinthError.is(error) || !error.retryable) throw error
    return { retryAt: scope.clock.now() + Math.max(faultPause, (error.retryAfter ?? 0) * 1_000) }
  } finally {
    if (isLarge) large--
  }
}

/** What follows from how it ended: vectors for what is found now, and nothing left of what isn't. @returns whether all of them ended. */
async function finish(scope: IngestScope, { documents: asked }: RevisionsBody): Promise<boolean> {
  const live: DocumentRevision[] = []
  const gone: DocumentRevision[] = []
  let ended = true
  for (const own of asked) {
    const fields = (await scope.state.get(documents, { partition: own.document_id }))?.fields
    if (fields?.status === 'processing' && fields.revision === own.revision) ended = false
    if (fields?.content && fields.status !== 'processing') await forget(scope, own)
    if (fields?.live === own.revision) {
      if (fields.embedding === 'pending') live.push(own)
    } else if (fields?.revision !== own.revision) gone.push(own)
  }
  const [first] = live
  const emit = [
    ...(first ? [startJob(embedJob, { id: first.revision, lane: 'low', body: { documents: live } })] : []),
    ...(gone.length > 0 ? [clean(gone)] : []),
  ]
  if (emit.length > 0) await scope.state.commit({ writes: [], emit })
  await tidyAfterGrowth(scope)
  return ended
}

interface Prepared {
  readonly record: DocumentRecord
  readonly read: ReadDocument
  /** What removes what was sent. */
  readonly removal: readonly RecordWrite[]
}

/** Reads one and keeps its text; undefined for one that failed. */
async function prepare(scope: IngestScope, record: DocumentRecord, signal: AbortSignal): Promise<Prepared | undefined> {
  const { document_id, revision: name, content: place } = record.fields
  const revision = { document_id, revision: name }
  const content = place && (await readContent(scope, place))
  if (!content) {
    await fail(scope, revision, { code: 'document_gone', message: 'What was sent is gone; send it again.' })
    return undefined
  }
  try {
    const source = { name: (await record.open('source')) ?? '', contentType: record.fields.content_type, bytes: content.bytes }
    const read = await scope.reader.read(source, { signal })
    await keepText(scope, revisionPlace(document_id, name), read)
    return { record, read, removal: content.removal }
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
async function goLive(scope: IngestScope, { record: { fields }, read, removal }: Prepared): Promise<void> {
  const own = { document_id: fields.document_id, revision: fields.revision }
  await retryConflicts(async () => {
    const record = await waiting(scope, own)
    if (!record) return
    const { live, content, error: _, ...rest } = record.fields
    const now = scope.clock.now()
    const access = (await record.open('access')) ?? ''
    const next: DocumentFields = {
      ...rest,
      ...leftOf(content),
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
      writes: [update(documents, record, next, sealed), ...removal, ...countFor(scope, next, { processed: 1 })],
      emit: [
        publishEvent(documentProcessed, document_id, { document_id, version, chunks_count }),
        ...(live === undefined ? [] : [clean([{ document_id, revision: live }])]),
      ],
    })
    recordDocument('processed')
  })
}

/** What was sent in many parts is removed behind the commit, and until then known to be there. */
function leftOf(content: ContentPlace | undefined): Pick<DocumentFields, 'content'> {
  return content && content.parts > 1 ? { content } : {}
}

/** Forgets what was sent of one that is read, or failed. */
async function forget(scope: IngestScope, { document_id, revision }: DocumentRevision): Promise<void> {
  await retryConflicts(async () => {
    const record = await scope.state.get(documents, { partition: document_id })
    if (record?.fields.revision !== revision || record.fields.status === 'processing') return
    const { content, ...rest } = record.fields
    if (!content) return
    await dropContent(scope, content)
    await scope.state.update(documents, record, rest)
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
    const { content, ...rest } = record.fields
    const error = { code, message }
    const next: DocumentFields = { ...rest, ...leftOf(content), status: 'failed', error, updated: scope.clock.now() }
    const { document_id, version } = next
    await scope.state.commit({
      writes: [update(documents, record, next), ...removal, ...countFor(scope, next, { failed: 1 })],
      emit: [publishEvent(documentFailed, document_id, { document_id, version, error }), clean([own])],
    })
    recordDocument(code)
  })
}

/** Of documents that the process died with again and again, only the one that does it may be given up. */
async function apart(scope: IngestScope, body: RevisionsBody): Promise<Outcome> {
  const [only] = body.documents
  if (only && body.documents.length === 1) {
    await fail(scope, only, { code: 'document_gave_up', message: 'Reading it was cut off again and again. Send it in parts.' })
    return { done: true }
  }
  const size = Math.ceil(body.documents.length / mostParts)
  const parts = Array.from({ length: Math.ceil(body.documents.length / size) }, (_, index) =>
    body.documents.slice(index * size, (index + 1) * size),
  )
  const emit = parts.map((part) => startJob(ingestJob, { id: part[0]?.revision ?? '', body: { documents: part } }))
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
