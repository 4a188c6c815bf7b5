import { fromCursor, type PageQuery, pageAskedFor, toCursor, wrongCursor } from '../define/forms.ts'
import { type AnyRoute, defineRoute } from '../define/route.ts'
import { NotFoundError } from '../errors.ts'
import { envelope } from '../ports/event-bus.ts'
import { newestSequence } from '../scope/event-log.ts'
import { type GenaiRequest, processGenaiRequest } from './accept.ts'
import { findRequests } from './find-requests.ts'
import { followRequest, isTold } from './follow.ts'
import { followEvents, resumeAfter } from './follow-events.ts'
import * as forms from './forms.ts'
import { cancelRequest, getRequest, redrive, redriveAll } from './manage.ts'
import { eventsOf } from './request-log.ts'
import { deadLetters } from './requests.ts'

const submit = defineRoute<Record<never, never>, Record<never, never>, GenaiRequest>({
  method: 'POST',
  path: '/api/requests',
  permission: 'requests:write',
  summary: 'Accept a request: it is kept, acknowledged at once, and worked in the background.',
  body: forms.submission,
  idempotent: true,
  replies: {
    202: { summary: 'Accepted; the same key and body give the same acknowledgement.', body: forms.acknowledgementForm },
  },
  async handle(scope, { body, idempotencyKey }) {
    const acknowledgement = await processGenaiRequest(scope, body, idempotencyKey === undefined ? {} : { idempotencyKey })
    return {
      status: 202,
      body: forms.showAcknowledgement(acknowledgement),
      headers: { location: `/api/requests/${encodeURIComponent(acknowledgement.request_id)}` },
    }
  },
})

const list = defineRoute<Record<never, never>, forms.RequestListQuery>({
  method: 'GET',
  path: '/api/requests',
  permission: 'requests:read',
  summary:
    'Requests, newest first, without their texts. Where model_id, priority or text is asked for, a page may hold fewer than limit, or none, ' +
    'and have a next_cursor: it ends after so many that were looked at.',
  query: forms.requestListQuery,
  replies: { 200: { summary: 'A page.', body: forms.requestListForm } },
  async handle(scope, { query }) {
    const found = await findRequests(scope, query)
    const items = found.items.map((record) => forms.showSummary(scope.caller.tenant, record.fields))
    return { status: 200, body: { items, next_cursor: toCursor(found.after) } }
  },
})

const read = defineRoute<forms.RequestParams>({
  method: 'GET',
  path: '/api/requests/{id}',
  permission: 'requests:read',
  summary: 'One request with its result, attempts, usage and timeline.',
  params: forms.requestParams,
  replies: { 200: { summary: 'The request.', body: forms.requestForm } },
  async handle(scope, { params }) {
    const record = await getRequest(scope, params.id)
    const shown = await forms.showRequest(scope.caller.tenant, record)
    return { status: 200, body: { ...shown, callback_url: (await record.open('callback_url')) ?? null } }
  },
})

/** What `prompt_ref` and `result_ref` of events name. */
function textRoute(part: 'prompt' | 'result'): AnyRoute {
  return defineRoute<forms.RequestParams>({
    method: 'GET',
    path: `/api/requests/{id}/${part}`,
    permission: 'requests:read',
    summary: `A request's ${part} alone.`,
    params: forms.requestParams,
    replies: { 200: { summary: 'The text.', body: forms.textForm } },
    async handle(scope, { params }) {
      const text = await (await getRequest(scope, params.id)).open(part)
      if (text === undefined) throw new NotFoundError(part)
      return { status: 200, body: { request_id: params.id, text } }
    },
  })
}

const log = defineRoute<forms.RequestParams>({
  method: 'GET',
  path: '/api/requests/{id}/log',
  permission: 'requests:read',
  summary: 'The events that told of a request, oldest first: received, and for each round completed or failed.',
  params: forms.requestParams,
  replies: { 200: { summary: 'All of them.', body: forms.eventListForm } },
  async handle(scope, { params }) {
    const { fields } = await getRequest(scope, params.id)
    return { status: 200, body: { items: (await eventsOf(scope, fields)).map(envelope), next_cursor: null } }
  },
})

const cancel = defineRoute<forms.RequestParams>({
  method: 'DELETE',
  path: '/api/requests/{id}',
  permission: 'requests:write',
  summary: 'Cancel a request that waits or runs.',
  params: forms.requestParams,
  replies: { 202: { summary: 'Cancelled.', body: forms.cancelledForm } },
  async handle(scope, { params }) {
    return {
      status: 202,
      body: { ...forms.showSummary(scope.caller.tenant, await cancelRequest(scope, params.id)), result: null },
    }
  },
})

const events = defineRoute<Record<never, never>, forms.EventListQuery>({
  method: 'GET',
  path: '/api/events',
  permission: 'requests:read',
  summary: 'What happened, oldest first.',
  query: forms.eventListQuery,
  replies: { 200: { summary: 'A page.', body: forms.eventListForm } },
  async handle(scope, { query }) {
    const after = sequenceOf(query.after)
    const { limit, type } = query
    const found = await scope.state.events({ after, limit, ...(type === undefined ? {} : { type }) })
    const last = found.at(-1)
    const more = found.length === limit && last !== undefined
    return { status: 200, body: { items: found.map(envelope), next_cursor: more ? toCursor(String(last.sequence)) : null } }
  },
})

const progress = defineRoute<forms.RequestParams>({
  method: 'GET',
  path: '/api/requests/{id}/events',
  permission: 'requests:read',
  summary:
    "A request's progress: status for each step, token {text} as the answer comes, at the end done or error. A status of type started " +
    'begins the text anew: forget the tokens before it. Last-Event-ID resumes at any point.',
  params: forms.requestParams,
  streams: true,
  replies: {
    200: { summary: 'A stream of server-sent events.', body: null },
    204: { summary: 'The request has ended, and Last-Event-ID is behind its end: an EventSource stops to ask.', body: null },
  },
  async handle(scope, { params, lastEventId, signal }) {
    const { fields } = await getRequest(scope, params.id)
    if (lastEventId !== undefined && isTold(fields, lastEventId - 1)) return { status: 204 }
    return { status: 200, events: followRequest(scope, params.id, lastEventId ?? 0, signal) }
  },
})

const eventStream = defineRoute<Record<never, never>, forms.EventStreamQuery>({
  method: 'GET',
  path: '/api/events/stream',
  permission: 'requests:read',
  summary: 'Events as they happen, from now on or from behind Last-Event-ID.',
  query: forms.eventStreamQuery,
  streams: true,
  replies: { 200: { summary: 'A stream of server-sent events.', body: null } },
  async handle(scope, { query, lastEventId, signal }) {
    const after = lastEventId === undefined ? await newestSequence(scope) : await resumeAfter(scope, lastEventId)
    return { status: 200, events: followEvents(scope, after, query.type, signal) }
  },
})

const dead = defineRoute<Record<never, never>, PageQuery>({
  method: 'GET',
  path: '/api/dead-letters',
  permission: 'requests:read',
  summary: 'Work that could not succeed, with the reason, newest first.',
  query: forms.pageQuery,
  replies: { 200: { summary: 'A page.', body: forms.deadLetterListForm } },
  async handle(scope, { query }) {
    const found = await scope.state.list(deadLetters, 'created', { ...pageAskedFor(query), descending: true })
    return {
      status: 200,
      body: { items: found.items.map((letter) => forms.showDeadLetter(letter.fields)), next_cursor: toCursor(found.after) },
    }
  },
})

const redriveOne = defineRoute<forms.RequestParams>({
  method: 'POST',
  path: '/api/dead-letters/{id}/redrive',
  permission: 'requests:write',
  summary: 'Put one dead letter back to the queue, in a new round.',
  params: forms.requestParams,
  replies: { 202: { summary: 'Redriven.', body: forms.redrivenForm } },
  async handle(scope, { params }) {
    await redrive(scope, params.id)
    return { status: 202, body: { redriven: [params.id] } }
  },
})

const redriveEvery = defineRoute({
  method: 'POST',
  path: '/api/dead-letters/redrive',
  permission: 'requests:write',
  summary: 'Put up to 100 dead letters back to the queue, oldest first.',
  replies: { 202: { summary: 'Redriven.', body: forms.redrivenForm } },
  async handle(scope) {
    return { status: 202, body: { redriven: await redriveAll(scope) } }
  },
})

export const routes: readonly AnyRoute[] = [
  submit,
  list,
  read,
  cancel,
  progress,
  log,
  textRoute('prompt'),
  textRoute('result'),
  events,
  eventStream,
  dead,
  redriveOne,
  redriveEvery,
]

function sequenceOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0
  const sequence = Number(fromCursor(cursor) ?? Number.NaN)
  if (!Number.isSafeInteger(sequence) || sequence < 0) throw wrongCursor()
  return sequence
}
