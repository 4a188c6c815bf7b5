import { z } from 'zod'
import { defineJob, type JobDefinition } from '../define/job.ts'
import { cleanDocuments } from './clean.ts'
import { embedDocuments } from './embed-documents.ts'
import { ingestDocuments } from './ingest-documents.ts'
import { maintainIndex } from './maintain.ts'
import { reindexDocuments } from './reindex.ts'

export interface DocumentRevision {
  readonly document_id: string
  readonly revision: string
}

export interface RevisionsBody {
  readonly documents: readonly DocumentRevision[]
}

const revision = z.strictObject({ document_id: z.string(), revision: z.string() })
const revisions: z.ZodType<RevisionsBody> = z.strictObject({ documents: z.array(revision) })

export const ingestJob: JobDefinition<RevisionsBody> = defineJob<RevisionsBody>({
  name: 'rag.ingest',
  version: 1,
  summary: 'Reads documents and makes them findable by words.',
  body: revisions,
  concurrency: 4,
  handle: ingestDocuments,
})

export const embedJob: JobDefinition<RevisionsBody> = defineJob<RevisionsBody>({
  name: 'rag.embed',
  version: 1,
  summary: 'Makes the vectors of documents that are found by words already.',
  body: revisions,
  concurrency: 2,
  handle: embedDocuments,
})

export const cleanJob: JobDefinition<RevisionsBody> = defineJob<RevisionsBody>({
  name: 'rag.clean',
  version: 1,
  summary: 'Removes what is left of versions that nobody finds any more.',
  body: revisions,
  concurrency: 4,
  handle: cleanDocuments,
})

export const maintainJob: JobDefinition<Record<never, never>> = defineJob<Record<never, never>>({
  name: 'rag.maintain',
  version: 1,
  summary: 'Merges parts of the index, and takes out what was removed.',
  body: z.strictObject({}),
  // It waits for stores most of the time.
  concurrency: 4,
  handle: maintainIndex,
})

export interface ReindexBody {
  /** The space that is made. */
  readonly space: string
  /** Behind which document it goes on. */
  readonly after?: string
}

export const reindexJob: JobDefinition<ReindexBody> = defineJob<ReindexBody>({
  name: 'rag.reindex',
  version: 1,
  summary: 'Makes vectors of all documents by another model, and then lets them be found by these.',
  body: z.strictObject({ space: z.string(), after: z.string().exactOptional() }),
  concurrency: 1,
  handle: reindexDocuments,
})
