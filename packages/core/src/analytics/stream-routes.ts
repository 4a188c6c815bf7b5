import { type PageQuery, pageAskedFor, toCursor } from '../define/forms.ts'
import { type AnyRoute, defineRoute } from '../define/route.ts'
import { InvalidInputError } from '../errors.ts'
import { timeOrder } from '../ids.ts'
import { takeRequest } from '../tenancy/meter/take-request.ts'
import { appendLines, appendRecords } from './append-records.ts'
import { deleteStream } from './delete-stream.ts'
import { listInsights, showInsight } from './insights.ts'
import { getStream, setUpStream } from './set-up-stream.ts'
import { listQuarantine, type QuarantinedRecord } from './shards/quarantine.ts'
import { showSettings, showStream } from './show-stream.ts'
import * as forms from './stream-forms.ts'
import { listPoints } from './stream-points.ts'
import { followStream } from './stream-tail.ts'
import { streams } from './streams.ts'
import { listWindows } from './windows/list-windows.ts'

type None = Record<never, never>

const append = defineRoute<forms.StreamParams, None, forms.NewRecords | undefined>({
  method: 'POST',
  path: '/api/streams/{name}/records',
  permission: 'streams:write',
  summary:
    'Send records, as JSON or a line each (application/x-ndjson, as many as you like). The stream begins with its first one. A record that ' +
    'is rejected is told of with its index, from 0, and stops no other. What is accepted is kept.',
  params: forms.streamParams,
  body: forms.newRecords,
  takesLines: true,
  replies: { 202: { summary: 'What became of them.', body: forms.appendedForm } },
  async handle(scope, { params, body, bytes }) {
    await takeRequest(scope)
    const { name } = params
    const appended = body ? await appendRecords(scope, name, body.records) : await appendLines(scope, name, bytes)
    return { status: 202, body: appended }
  },
})

const list = defineRoute<None, PageQuery>({
  method: 'GET',
  path: '/api/streams',
  permission: 'streams:read',
  summary: 'Streams, newest first.',
  query: forms.streamListQuery,
  replies: { 200: { summary: 'A page.', body: forms.streamListForm } },
  async handle(scope, { query }) {
    const found = await scope.state.list(streams, 'created', { ...pageAskedFor(query), descending: true })
    const items = found.items.map(({ fields }) => showSettings(fields))
    return { status: 200, body: { items, next_cursor: toCursor(found.after) } }
  },
})

const read = defineRoute<forms.StreamParams>({
  method: 'GET',
  path: '/api/streams/{name}',
  permission: 'streams:read',
  summary: 'One stream: how it is set, and its figures.',
  params: forms.streamParams,
  replies: { 200: { summary: 'The stream.', body: forms.streamForm } },
  async handle(scope, { params }) {
    return { status: 200, body: await showStream(scope, (await getStream(scope, params.name)).fields) }
  },
})

const setUp = defineRoute<forms.StreamParams, None, Partial<forms.NewSettings>>({
  method: 'PUT',
  path: '/api/streams/{name}',
  permission: 'streams:write',
  summary:
    'Set a stream, or begin one before its first record. What is left out is as for a stream that nobody set; shards are fixed when it ' +
    'begins. With If-None-Match: * one that is there stays as it is.',
  params: forms.streamParams,
  body: forms.newSettings,
  makes: true,
  replies: {
    200: { summary: 'As it is set now.', body: forms.settingsForm },
    201: { summary: 'The stream has begun.', body: forms.settingsForm },
  },
  async handle(scope, { params, body, mustBeNew }) {
    const { fields, made } = await setUpStream(scope, params.name, body, { mustBeNew }).catch(inSeconds)
    return { status: made ? 201 : 200, body: showSettings(fields) }
  },
})

const remove = defineRoute<forms.StreamParams>({
  method: 'DELETE',
  path: '/api/streams/{name}',
  permission: 'streams:write',
  summary: 'Delete a stream with all that came of it. For a moment no other can begin under its name.',
  params: forms.streamParams,
  replies: { 204: { summary: 'Deleted.', body: null } },
  async handle(scope, { params }) {
    await deleteStream(scope, params.name)
    return { status: 204 }
  },
})

const insights = defineRoute<forms.StreamParams, forms.InsightListQuery>({
  method: 'GET',
  path: '/api/streams/{name}/insights',
  permission: 'streams:read',
  summary: 'What was found in a stream, newest first.',
  params: forms.streamParams,
  query: forms.insightListQuery,
  replies: { 200: { summary: 'A page.', body: forms.insightListForm } },
  async handle(scope, { params, query }) {
    const { name: stream } = (await getStream(scope, params.name)).fields
    const found = await listInsights(scope, { stream, key: query.key, ...pageAskedFor(query) })
    return { status: 200, body: { items: found.items.map(showInsight), next_cursor: toCursor(found.after) } }
  },
})

const windows = defineRoute<forms.StreamParams, forms.WindowListQuery>({
  method: 'GET',
  path: '/api/streams/{name}/windows',
  permission: 'streams:read',
  summary: 'What closed windows came to, newest first. A page may hold fewer than limit before the end.',
  params: forms.streamParams,
  query: forms.windowListQuery,
  replies: { 200: { summary: 'A page.', body: forms.windowListForm } },
  async handle(scope, { params, query }) {
    const { name: stream } = (await getStream(scope, params.name)).fields
    const { items, next_cursor } = await listWindows(scope, { stream, ...query })
    return { status: 200, body: { items: items.map(forms.showWindowResult), next_cursor } }
  },
})

const quarantine = defineRoute<forms.StreamParams, PageQuery>({
  method: 'GET',
  path: '/api/streams/{name}/quarantine',
  permission: 'streams:read',
  summary: 'The last records that were accepted and could not be worked, newest first, with the reason.',
  params: forms.streamParams,
  query: forms.streamListQuery,
  replies: { 200: { summary: 'A page.', body: forms.quarantineForm } },
  async handle(scope, { params, query }) {
    const all = await listQuarantine(scope, (await getStream(scope, params.name)).fields)
    const { limit, after } = pageAskedFor(query)
    const left = all
      .map((record) => ({ record, place: placeOf(record) }))
      .filter(({ place }) => after === undefined || place < after)
      .sort((one, other) => (one.place < other.place ? 1 : -1))
    const shown = left.slice(0, limit)
    const next = left.length > limit ? shown.at(-1)?.place : undefined
    const items = shown.map(({ record }) => forms.showQuarantined(record))
    return { status: 200, body: { items, next_cursor: toCursor(next) } }
  },
})

const points = defineRoute<forms.StreamParams, forms.PointListQuery>({
  method: 'GET',
  path: '/api/streams/{name}/points',
  permission: 'streams:read',
  summary:
    'Points that followers were told in the last ten minutes, newest first: a sample where many come, none of a shard with more than can be ' +
    'looked through at once.',
  params: forms.streamParams,
  query: forms.pointListQuery,
  replies: { 200: { summary: 'A page.', body: forms.pointListForm } },
  async handle(scope, { params, query }) {
    const { fields } = await getStream(scope, params.name)
    const { items, after } = await listPoints(scope, fields, { key: query.key, ...pageAskedFor(query) })
    return { status: 200, body: { items, next_cursor: toCursor(after) } }
  },
})

const events = defineRoute<forms.StreamParams, forms.EventsQuery>({
  method: 'GET',
  path: '/api/streams/{name}/events',
  permission: 'streams:read',
  summary:
    'What happens in a stream, from now on: point {key, timestamp, values, score, expected, anomalous} (a sample where many come), anomaly, window (some of those that closed), insight (again when it ' +
    'changes), alert. Last-Event-ID resumes within ten minutes; a status at the beginning says in gap whether something is missing.',
  params: forms.streamParams,
  query: forms.eventsQuery,
  streams: true,
  replies: { 200: { summary: 'A stream of server-sent events.', body: null } },
  async handle(scope, { params, query, lastEventId, signal }) {
    const { fields } = await getStream(scope, params.name)
    return { status: 200, events: followStream(scope, fields, { after: lastEventId, key: query.key, signal }) }
  },
})

export const streamRoutes: readonly AnyRoute[] = [
  append,
  list,
  read,
  insights,
  windows,
  points,
  quarantine,
  events,
  setUp,
  remove,
]

function placeOf({ accepted, sequence, index }: QuarantinedRecord): string {
  return `${timeOrder(accepted)}/${sequence}/${String(index).padStart(6, '0')}`
}

/** Lengths are seconds here, and named so. */
function inSeconds(error: unknown): never {
  if (error instanceof InvalidInputError && /^windows\.\d+\.(?:size|slide|gap)$/.test(error.field ?? ''))
    throw new InvalidInputError(error.message, { field: `${error.field}_seconds` })
  throw error
}
