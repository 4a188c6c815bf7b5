import { definePattern, type Pattern } from '../define/pattern.ts'
import { searchCollections } from '../search/collections.ts'
import { documentRoutes } from './document-routes.ts'
import { chunkTables, contents, documents, texts } from './documents.ts'
import { documentDeleted, documentFailed, documentProcessed } from './events.ts'
import { ingests } from './ingests.ts'
import { cleanJob, embedJob, ingestJob, maintainJob, reindexJob } from './jobs.ts'
import { chunkVectors } from './kept-vectors.ts'
import { ragRoutes } from './rag-routes.ts'
import { searchSpaces } from './spaces.ts'
import { uploads } from './uploads.ts'

/** Answers from the tenant's own documents, with their evidence (R24). */
export const rag: Pattern = definePattern({
  name: 'rag',
  title: 'Retrieval-Augmented Generation',
  summary: 'Documents are read, found by words and vectors, and answered from; each claim points at its place in a source.',
  collections: [documents, contents, texts, chunkTables, chunkVectors, uploads, ingests, searchSpaces, ...searchCollections],
  events: [documentProcessed, documentFailed, documentDeleted],
  jobs: [ingestJob, embedJob, cleanJob, maintainJob, reindexJob],
  routes: [...documentRoutes, ...ragRoutes],
})
