import { type AnyRoute, type Caller, ForbiddenError, InvalidInputError, type Platform, requirePermission } from '@plinth/core'
import type { z } from 'zod'
import { eventStream } from './event-stream.ts'
import type { Answer, Arrival } from './exchange.ts'
import { readJson } from './json-body.ts'

/** What the edge knows of a request when its route is found. */
export interface Found {
  readonly arrival: Arrival
  readonly caller: Caller
  /** Decoded parts of the path. */
  readonly params: Readonly<Record<string, string>>
  /** Fires when the server stops. */
  readonly stopping: AbortSignal
}

const tenantHeaders = ['x-tenant-id', 'tenant-id', 'tenant_id']

/** Serves one route: permission, then parameters, then body, then its handler. @throws PlinthError. */
export async function serveRoute(platform: Platform, route: AnyRoute, found: Found): Promise<Answer> {
  const { arrival, caller, stopping } = found
  requirePermission(caller, route.permission)
  const params = parse(route.params, found.params)
  const query = parse(route.query, queryFields(arrival.query))
  const body = route.body ? parse(route.body, withoutTenant(caller, await readJson(arrival))) : await passOver(caller, arrival)
  const idempotencyKey = route.idempotent ? keyOf(arrival) : undefined
  const lastEventId = route.streams ? lastEventIdOf(arrival) : undefined
  const stream = route.streams ? new AbortController() : undefined
  const signal = stream ? AbortSignal.any([stream.signal, stopping]) : stopping
  const reply = await route.handle(platform.scope(caller), { params, query, body, idempotencyKey, lastEventId, signal })
  const headers = { 'cache-control': 'private, no-store', vary: 'Authorization', ...reply.headers }
  if (reply.events && stream) {
    const source = { clock: platform.operate().clock, events: reply.events, signal, stop: () => stream.abort() }
    return { status: 200, headers: { ...headers, 'content-type': 'text/event-stream' }, stream: eventStream(source) }
  }
  if (reply.body === undefined) return { status: reply.status, headers }
  return {
    status: reply.status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(reply.body),
  }
}

/** Refuses another tenant in headers or query, wherever a token is needed. @throws ForbiddenError `tenant_mismatch`. */
export function checkNamedTenant(caller: Caller, arrival: Arrival): void {
  for (const header of tenantHeaders) checkTenant(caller, arrival.header(header))
  for (const named of arrival.query.getAll('tenant_id')) checkTenant(caller, named)
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
async function passOver(caller: Caller, arrival: Arrival): Promise<undefined> {
  if (!arrival.hasBody) return
  try {
    withoutTenant(caller, await readJson(arrival))
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

function lastEventIdOf(arrival: Arrival): number | undefined {
  const text = arrival.header('last-event-id') ?? ''
  if (text === '') return undefined
  const id = Number(text)
  if (!/^\d{1,15}$/.test(text))
    throw new InvalidInputError('Last-Event-ID is a sequence of this stream.', { field: 'Last-Event-ID' })
  return id
}

function keyOf(arrival: Arrival): string | undefined {
  const key = arrival.header('idempotency-key')
  if (key !== undefined && !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw new InvalidInputError('An idempotency key is 1 to 255 visible ASCII characters.', { field: 'Idempotency-Key' })
  }
  return key
}
