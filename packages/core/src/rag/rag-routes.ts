import { type AnyRoute, defineRoute } from '../define/route.ts'
import { answerQuestion, streamAnswer } from './answer-question.ts'
import { indexStatus } from './index-status.ts'
import * as forms from './rag-forms.ts'
import { startReindex } from './reindex.ts'
import { retrievePassages } from './retrieve-passages.ts'
import { flagPassages } from './screen-passages.ts'
import { changeSpaces } from './spaces.ts'

const retrieve = defineRoute<Record<never, never>, Record<never, never>, forms.RetrieveBody>({
  method: 'POST',
  path: '/api/rag/retrieve',
  permission: 'rag:read',
  summary: 'The passages of the documents that fit a question, best first, each with its place.',
  body: forms.retrieveBody,
  endsWithClient: true,
  replies: { 200: { summary: 'content is the text of the document from start to end.', body: forms.passagesForm } },
  async handle(scope, { body, signal }) {
    const { passages } = await retrievePassages(scope, body, signal)
    return { status: 200, body: { results: await flagPassages(scope, passages) } }
  },
})

const query = defineRoute<Record<never, never>, Record<never, never>, forms.QueryBody>({
  method: 'POST',
  path: '/api/rag/query',
  permission: 'rag:read',
  summary:
    'Answer a question from the documents, each claim with its place in a source, or say that they do not hold the answer. With stream: ' +
    'token {text} as the answer comes, then done with the answer as it counts, checked against its sources. ' +
    'With explain the answer says how it came about: passages, prompt, and the parts of its confidence.',
  body: forms.queryBody,
  streams: true,
  endsWithClient: true,
  replies: { 200: { summary: 'The answer.', body: forms.answerForm } },
  async handle(scope, { body, signal }) {
    if (body.stream) return { status: 200, events: await streamAnswer(scope, body, signal) }
    return { status: 200, body: await answerQuestion(scope, body, signal) }
  },
})

const status = defineRoute({
  method: 'GET',
  path: '/api/rag/index',
  permission: 'rag:read',
  summary: 'What the index holds, and by which embedding model it is asked.',
  replies: { 200: { summary: 'The index.', body: forms.indexForm } },
  async handle(scope) {
    return { status: 200, body: await indexStatus(scope) }
  },
})

const change = defineRoute<Record<never, never>, Record<never, never>, forms.IndexBody>({
  method: 'PUT',
  path: '/api/rag/index',
  permission: 'rag:write',
  summary: 'Set what vectors count beside words, as plinth eval tune finds it; null: what is known of the embedding model.',
  body: forms.indexBody,
  replies: { 200: { summary: 'The index.', body: forms.indexForm } },
  async handle(scope, { body: { dense_weight } }) {
    await changeSpaces(scope, ({ dense_weight: _, ...spaces }) => ({
      ...spaces,
      ...(dense_weight === null ? {} : { dense_weight }),
    }))
    return { status: 200, body: await indexStatus(scope) }
  },
})

const reindex = defineRoute({
  method: 'POST',
  path: '/api/rag/reindex',
  permission: 'rag:write',
  summary:
    'Make the vectors of all documents by the embedding model that this Plinth is set to; the old ones serve until all are made.',
  replies: { 202: { summary: 'Begun, or under way already.', body: forms.reindexForm } },
  async handle(scope) {
    return { status: 202, body: { building: await startReindex(scope) } }
  },
})

export const ragRoutes: readonly AnyRoute[] = [retrieve, query, status, change, reindex]
