import {
  type AnyRoute,
  type AnyTenantRoute,
  allows,
  type Caller,
  ForbiddenError,
  InvalidInputError,
  LimitError,
  PlinthError,
  requirePermission,
  type ServerEvent,
  UnauthorizedError,
} from '@plinth/core'
import { eventStream } from '../event-stream.ts'
import type { Answer, Arrival } from '../exchange.ts'
import { callRoute, type Serving } from '../native-api.ts'
import { problemOf } from '../problem.ts'
import type { Router } from '../router.ts'
import { mergeEvents } from './merge-events.ts'

export const livePath = '/api/live'
const mostFollowed = 16
/** Of one user at a time: a page needs one. */
const mostConnections = 32

/** Connections that are open, by tenant and user. */
export type LiveConnections = Map<string, number>

export interface LiveRequest {
  readonly serving: Serving
  readonly router: Router
  readonly open: LiveConnections
  readonly arrival: Arrival
  readonly caller: Caller
  readonly requestId: string
  readonly stopping: AbortSignal
  /** Identifies whoever asks once more. */
  identify(): Promise<Caller>
}

interface Followed {
  /** As it was asked for. */
  readonly path: string
  readonly route: AnyTenantRoute
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly lastEventId: number | undefined
}

/**
 * `GET /api/live?follow=PATH&follow=PATH@ID`: several of the API's event streams in one, so that a page needs one connection. Each event keeps
 * its name and comes as {follow, id, data}; `follow=PATH@ID` goes on behind an id. A stream that is refused says so by an event `problem` and
 * harms no other.
 * @throws InvalidInputError for what is no stream of events, or too many; LimitError `live_limit` for too many connections of one user.
 */
export async function serveLive(request: LiveRequest): Promise<Answer> {
  const { serving, router, open, arrival, caller, requestId, stopping, identify } = request
  const asked = arrival.query.getAll('follow')
  if (asked.length === 0 || asked.length > mostFollowed)
    throw new InvalidInputError(`1 to ${mostFollowed} streams are followed.`, { field: 'follow' })
  const followed = [...new Set(asked)].map((text) => readFollowed(router, text))
  const ending = new AbortController()
  const who = `${caller.tenant}\n${caller.user}`
  const before = open.get(who) ?? 0
  if (before >= mostConnections)
    throw new LimitError('live', 'live_limit', `A user has at most ${mostConnections} live connections at a time.`)
  open.set(who, before + 1)
  ending.signal.addEventListener('abort', () => {
    const left = (open.get(who) ?? 1) - 1
    if (left > 0) open.set(who, left)
    else open.delete(who)
  })
  const signal = AbortSignal.any([ending.signal, stopping])
  const sources = followed.map((each) => eventsOf(serving, each, { caller, requestId, signal }))
  return {
    status: 200,
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'private, no-store', vary: 'Authorization, Cookie' },
    stream: eventStream({
      clock: serving.platform.operate().clock,
      events: mergeEvents(sources),
      signal,
      stop: () => ending.abort(),
      mayGoOn: () =>
        mayGoOn(
          followed.map(({ route }) => route),
          caller,
          identify,
        ),
    }),
  }
}

function readFollowed(router: Router, text: string): Followed {
  const [, path = '', id] = /^(.*?)(?:@(\d{1,15}))?$/s.exec(text) ?? []
  const at = path.indexOf('?')
  const found = router.find('GET', at < 0 ? path : path.slice(0, at))
  if (!found || !isStream(found.route)) throw new InvalidInputError('Is no stream of events.', { field: 'follow' })
  const query = Object.fromEntries(new URLSearchParams(at < 0 ? '' : path.slice(at)))
  return { path, route: found.route, params: found.params, query, lastEventId: id === undefined ? undefined : Number(id) }
}

function isStream(route: AnyRoute): route is AnyTenantRoute {
  return 'handle' in route && route.method === 'GET' && route.streams === true
}

/** The events of one stream under its path; the names and ids are its own. */
async function* eventsOf(
  serving: Serving,
  { path, route, params, query, lastEventId }: Followed,
  { caller, requestId, signal }: { readonly caller: Caller; readonly requestId: string; readonly signal: AbortSignal },
): AsyncGenerator<ServerEvent> {
  try {
    const reply = await callRoute(serving, route, { caller, what: `GET ${route.path}`, params, query, lastEventId, signal })
    for await (const { id, event, data } of reply.events ?? []) yield { id, event, data: { follow: path, id, data } }
  } catch (error) {
    if (signal.aborted) return
    if (!PlinthError.is(error)) throw error
    yield { id: 0, event: 'problem', data: { follow: path, id: 0, data: problemOf(error, requestId) } }
  }
}

/** Whether nothing was taken from whoever follows since the streams began. */
async function mayGoOn(routes: readonly AnyRoute[], before: Caller, identify: () => Promise<Caller>): Promise<boolean> {
  try {
    const caller = await identify()
    for (const { permission } of routes) if (allows(before.permissions, permission)) requirePermission(caller, permission)
    return true
  } catch (error) {
    return !(error instanceof UnauthorizedError || error instanceof ForbiddenError)
  }
}
