import { type PageQuery, pageAskedFor, toCursor } from '../define/forms.ts'
import { type AnyRoute, defineRoute } from '../define/route.ts'
import { acceptDocuments } from './accept-documents.ts'
import { getDocument, maySee } from './access.ts'
import { documents } from './documents.ts'
import { followIngest, getIngest } from './follow-ingest.ts'
import * as forms from './forms.ts'
import { deleteDocument } from './manage-documents.ts'
import { documentChunks, documentText } from './read-document.ts'
import { createUpload, receiveUpload, uploadLimit } from './uploads.ts'

const mebibyte = 1024 * 1024

const send = defineRoute<Record<never, never>, Record<never, never>, forms.NewDocuments>({
  method: 'POST',
  path: '/api/documents',
  permission: 'documents:write',
  summary: 'Send documents: kept at once, read in the background. What is there already, unchanged, costs nothing.',
  body: forms.newDocuments,
  bodyLimit: 32 * mebibyte,
  fromFiles: forms.documentsOfFiles,
  replies: { 202: { summary: 'Accepted: the documents as they stand, in the order sent.', body: forms.documentsForm } },
  async handle(scope, { body }) {
    const { ingest_id, records } = await acceptDocuments(scope, body.documents)
    const shown = await Promise.all(records.map(forms.showDocument))
    return { status: 202, body: shown, headers: { location: `/api/ingests/${ingest_id}` } }
  },
})

const list = defineRoute<Record<never, never>, forms.DocumentListQuery>({
  method: 'GET',
  path: '/api/documents',
  permission: 'documents:read',
  summary: 'Documents that the caller may see, newest first.',
  query: forms.documentListQuery,
  replies: { 200: { summary: 'A page.', body: forms.documentListForm } },
  async handle(scope, { query }) {
    const { status, ...page } = query
    const found = await scope.state.list(documents, status === undefined ? 'created' : 'status', {
      ...(status === undefined ? {} : { group: status }),
      ...pageAskedFor(page),
      descending: true,
    })
    const items: object[] = []
    for (const record of found.items) if (await maySee(scope, record)) items.push(await forms.showDocument(record))
    return { status: 200, body: { items, next_cursor: toCursor(found.after) } }
  },
})

const read = defineRoute<forms.IdParams>({
  method: 'GET',
  path: '/api/documents/{id}',
  permission: 'documents:read',
  summary: 'One document.',
  params: forms.idParams,
  replies: { 200: { summary: 'The document.', body: forms.documentForm } },
  async handle(scope, { params }) {
    return { status: 200, body: await forms.showDocument(await getDocument(scope, params.id)) }
  },
})

const text = defineRoute<forms.IdParams, forms.StretchQuery>({
  method: 'GET',
  path: '/api/documents/{id}/text',
  permission: 'documents:read',
  summary: 'The text that offsets index, as JavaScript counts them; with start and end that stretch of it.',
  params: forms.idParams,
  query: forms.stretchQuery,
  replies: { 200: { summary: 'The text of the version that is found.', body: null } },
  async handle(scope, { params, query }) {
    const content = await documentText(scope, params.id, query)
    return { status: 200, text: { type: 'text/plain; charset=utf-8', content } }
  },
})

const chunks = defineRoute<forms.IdParams, PageQuery>({
  method: 'GET',
  path: '/api/documents/{id}/chunks',
  permission: 'documents:read',
  summary: 'The chunks that its text was cut into, as they are searched, in the order of the text.',
  params: forms.idParams,
  query: forms.chunkListQuery,
  replies: { 200: { summary: 'A page.', body: forms.chunkListForm } },
  async handle(scope, { params, query }) {
    return { status: 200, body: await documentChunks(scope, params.id, pageAskedFor(query)) }
  },
})

const remove = defineRoute<forms.IdParams>({
  method: 'DELETE',
  path: '/api/documents/{id}',
  permission: 'documents:write',
  summary: 'Delete a document: from now on it is found no more.',
  params: forms.idParams,
  replies: { 204: { summary: 'Deleted.', body: null } },
  async handle(scope, { params }) {
    await deleteDocument(scope, params.id)
    return { status: 204 }
  },
})

const ask = defineRoute({
  method: 'POST',
  path: '/api/uploads',
  permission: 'documents:write',
  summary:
    'Ask for a place to send one file of up to 256 MiB to: PUT its bytes to upload_url, then name upload_id as a document.',
  replies: { 201: { summary: 'Where to send it.', body: forms.uploadForm } },
  async handle(scope, { origin }) {
    const upload = await createUpload(scope)
    return { status: 201, body: forms.showUpload(upload, origin) }
  },
})

const receive = defineRoute<forms.IdParams>({
  method: 'PUT',
  path: '/api/uploads/{id}',
  permission: 'documents:write',
  summary: "Send a file's bytes, of any kind.",
  params: forms.idParams,
  takesBytes: uploadLimit,
  replies: { 200: { summary: 'All of it is kept.', body: forms.receivedForm } },
  async handle(scope, { params, bytes }) {
    const { upload_id, received } = await receiveUpload(scope, params.id, bytes)
    return { status: 200, body: { upload_id, bytes: received?.bytes ?? 0 } }
  },
})

const progress = defineRoute<forms.IdParams>({
  method: 'GET',
  path: '/api/ingests/{id}',
  permission: 'documents:read',
  summary: 'How far a batch of documents has come.',
  params: forms.idParams,
  replies: { 200: { summary: 'Its figures.', body: forms.ingestForm } },
  async handle(scope, { params }) {
    return { status: 200, body: forms.showIngest(params.id, await getIngest(scope, params.id)) }
  },
})

const follow = defineRoute<forms.IdParams>({
  method: 'GET',
  path: '/api/ingests/{id}/events',
  permission: 'documents:read',
  summary: 'The same while it happens: status for each change, done at the end.',
  params: forms.idParams,
  streams: true,
  replies: { 200: { summary: 'A stream of server-sent events.', body: null } },
  async handle(scope, { params, lastEventId, signal }) {
    await getIngest(scope, params.id)
    return { status: 200, events: followIngest(scope, params.id, lastEventId ?? 0, signal) }
  },
})

export const documentRoutes: readonly AnyRoute[] = [send, list, read, text, chunks, remove, ask, receive, progress, follow]
