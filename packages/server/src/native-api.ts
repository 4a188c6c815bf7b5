import { type AnyRoute, type Caller, ForbiddenError, InvalidInputError, type Platform, requirePermission } from '@plinth/core'
import type { z } from 'zod'
import { eventStream } from './event-stream.ts'
import { readJson } from './json-body.ts'

/** What the edge knows of a request when its route is found. */
export interface Arrival {
  readonly request: Request
  readonly caller: Caller
  /** Decoded parts of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** Fires when the server stops. */
  readonly stopping: AbortSignal
}

const tenantHeaders = ['x-tenant-id', 'tenant-id', 'tenant_id']

/** Serves one route: permission, then parameters, then body, then its handler. @throws PlinthError. */
export async function serveRoute(platform: Platform, route: AnyRoute, arrival: Arrival): Promise<Response> {
  const { request, caller } = arrival
  requirePermission(caller, route.permission)
  const params = parse(route.params, arrival.params)
  const query = parse(route.query, queryFields(arrival.query))
  const body = route.body ? parse(route.body, withoutTenant(caller, await readJson(request))) : await passOver(caller, request)
  const idempotencyKey = route.idempotent ? keyOf(request) : undefined
  const lastEventId = route.streams ? lastEventIdOf(request) : undefined
  const stream = route.streams ? new AbortController() : undefined
  const signal = stream ? AbortSignal.any([stream.signal, arrival.stopping]) : arrival.stopping
  const reply = await route.handle(platform.scope(caller), { params, query, body, idempotencyKey, lastEventId, signal })
  const headers = { 'cache-control': 'private, no-store', vary: 'Authorization', ...reply.headers }
  if (reply.events && stream)
    return eventStream({ clock: platform.operate().clock, events: reply.events, signal, stop: () => stream.abort(), headers })
  if (reply.body === undefined) return new Response(null, { status: reply.status, headers })
  return new Response(JSON.stringify(reply.body), {
    status: reply.status,
    headers: { ...headers, 'content-type': 'application/json' },
  })
}

/** Refuses another tenant in headers or query, wherever a token is needed. @throws ForbiddenError `tenant_mismatch`. */
export function checkNamedTenant(caller: Caller, headers: Headers, query: URLSearchParams): void {
  for (const header of tenantHeaders) checkTenant(caller, headers.get(header) ?? undefined)
  for (const named of query.getAll('tenant_id')) checkTenant(caller, named)
}

/** A tenant that a caller names must be its own (X58: the token decides, nothing else). */
function checkTenant(caller: Caller, named: unknown): void {
  if (named !== undefined && named !== caller.tenant)
    throw new ForbiddenError('tenant_mismatch', "The tenant named is not the token's.")
}

function withoutTenant(caller: Caller, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('tenant_id' in body)) return body
  const { tenant_id, ...rest } = body
  checkTenant(caller, tenant_id)
  return rest
}

/** A body that the route doesn't take is passed over, unless it names another tenant. */
async function passOver(caller: Caller, request: Request): Promise<undefined> {
  if (request.body === null) return
  try {
    withoutTenant(caller, await readJson(request))
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
  }
}

/** `tenant_id` may be said on every path, when it is the token's. */
function queryFields(query: URLSearchParams): Record<string, string> {
  const fields = new Map<string, string>()
  for (const [name, value] of query) {
    if (fields.has(name)) throw new InvalidInputError('A query parameter is given twice.', { field: name })
    fields.set(name, value)
  }
  fields.delete('tenant_id')
  return Object.fromEntries(fields)
}

function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return value
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const field = [...(issue?.path ?? []), ...(issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])].join('.')
  throw new InvalidInputError(issue?.message ?? 'The input is malformed.', field === '' ? {} : { field })
}

function lastEventIdOf(request: Request): number | undefined {
  const text = request.headers.get('last-event-id') ?? ''
  if (text === '') return undefined
  const id = Number(text)
  if (!/^\d{1,15}$/.test(text))
    throw new InvalidInputError('Last-Event-ID is a sequence of this stream.', { field: 'Last-Event-ID' })
  return id
}

function keyOf(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key') ?? undefined
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new InvalidInputError('An idempotency key is 1 to 255 visible ASCII characters.', { field: 'Idempotency-Key' })
  }
  return key
}
