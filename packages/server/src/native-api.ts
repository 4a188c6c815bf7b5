import {
  type Action,
  type AnyAdminRoute,
  type AnyRoute,
  type AnyTenantRoute,
  administer,
  type Caller,
  type FilePart,
  ForbiddenError,
  InvalidInputError,
  type LocalIssuer,
  noBytes,
  type Platform,
  type Reply,
  readInput,
  requirePermission,
  TenantRegistry,
  type TenantSettings,
  UnauthorizedError,
} from '@plinth/core'
import type { z } from 'zod'
import { bodyBytes } from './body-bytes.ts'
import { eventStream } from './event-stream.ts'
import type { Answer, Arrival } from './exchange.ts'
import { isForm, readFiles } from './form-files.ts'
import { forward, forwardedHeader } from './forward.ts'
import { bodyLimit, readJson, refusePacked } from './json-body.ts'
import { lineStream } from './line-stream.ts'
import type { Regions } from './regions.ts'

/** What the edge knows of a request when its route is found. */
export interface Found {
  readonly arrival: Arrival
  readonly caller: Caller
  /** Decoded parts of the path. */
  readonly params: Readonly<Record<string, string>>
  /** Fires when the server stops. */
  readonly stopping: AbortSignal
  /** Fires when what was being answered then has had its time. */
  readonly ending: AbortSignal
  /** Identifies whoever asks once more, for streams that go on. */
  identify(): Promise<Caller>
}

/** Where routes are served. */
export interface Serving {
  /** Has the registry. */
  readonly platform: Platform
  readonly regions: Regions
  readonly issuer: LocalIssuer
}

const tenantHeaders = ['x-tenant-id', 'tenant-id', 'tenant_id']

/** Serves one route: permission, then the tenant's region, then parameters, then body, then its handler. @throws PlinthError. */
export async function serveRoute(serving: Serving, route: AnyRoute, found: Found): Promise<Answer> {
  const { arrival, caller, stopping, ending } = found
  requirePermission(caller, route.permission)
  const elsewhere = await peerOf(serving, route, found)
  if (elsewhere !== undefined)
    return forward(arrival, elsewhere, { caller, issuer: serving.issuer, region: serving.platform.region, signal: stopping })
  const params = readGiven(route.params, found.params)
  const query = readGiven(route.query, queryFields(arrival.query))
  const body = await bodyOf(route, found)
  const idempotencyKey = route.idempotent ? keyOf(arrival) : undefined
  const mustBeNew = route.makes === true && mustBeNewIn(arrival)
  const lastEventId = route.streams ? lastEventIdOf(arrival) : undefined
  const stream = route.streams ? new AbortController() : undefined
  const gone = route.endsWithClient ? arrival.gone?.() : undefined
  const ends = [stream?.signal, gone].filter((each) => each !== undefined)
  const signal = ends.length > 0 ? AbortSignal.any([ending, ...ends]) : ending
  const bytes = bytesOf(route, arrival)
  const input = { params, query, body, idempotencyKey, mustBeNew, lastEventId, signal, bytes, origin: originOf(arrival) }
  const reply = await replyOf(serving, route, found, input)
  const headers = { 'cache-control': 'private, no-store', vary: 'Authorization', ...reply.headers }
  if (reply.events && stream) {
    const { clock } = serving.platform.operate()
    const stop = (): void => stream.abort()
    // What goes on by itself ends at once, and is taken up again elsewhere or later.
    if (stopping.aborted) stop()
    else stopping.addEventListener('abort', stop, { once: true, signal: stream.signal })
    const source = { clock, events: reply.events, signal, stop, mayGoOn: () => mayStill(route, found) }
    return { status: 200, headers: { ...headers, 'content-type': 'text/event-stream' }, stream: eventStream(source) }
  }
  if (reply.lines)
    return { status: 200, headers: { ...headers, 'content-type': 'application/x-ndjson' }, stream: lineStream(reply.lines) }
  if (reply.text)
    return { status: reply.status, headers: { ...headers, 'content-type': reply.text.type }, body: reply.text.content }
  if (reply.body === undefined) return { status: reply.status, headers }
  return {
    status: reply.status,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(reply.body),
  }
}

/** Whether a route is still open to whoever asked. What can't be found out now, the next look may. */
async function mayStill(route: AnyRoute, { identify }: Found): Promise<boolean> {
  try {
    requirePermission(await identify(), route.permission)
    return true
  } catch (error) {
    return !(error instanceof UnauthorizedError || error instanceof ForbiddenError)
  }
}

/** The URL of the Plinth that has to answer, where that is another. A route of administration is answered here, but for tenants' data. */
async function peerOf({ platform, regions }: Serving, route: AnyRoute, found: Found): Promise<string | undefined> {
  const { arrival, caller, params } = found
  const forwarded = arrival.header(forwardedHeader) !== undefined
  let settings: TenantSettings | undefined = caller.settings
  if ('administer' in route)
    settings = route.ofData ? await new TenantRegistry(platform.operate()).get(params.id ?? '') : undefined
  const place = settings && regions.placeOf(settings, forwarded)
  return place && 'url' in place ? place.url : undefined
}

async function replyOf(serving: Serving, route: AnyRoute, found: Found, input: Input): Promise<Reply> {
  const { caller } = found
  const action = actionOf(route, found)
  if ('administer' in route) return administered(serving, route, found, input, action)
  return handled(serving, route, caller, input, action)
}

async function handled(
  { regions }: Pick<Serving, 'regions'>,
  route: AnyTenantRoute,
  caller: Caller,
  input: Input,
  action: Action | undefined,
): Promise<Reply> {
  const place = regions.placeOf(caller.settings)
  if ('url' in place) throw new Error('A request of another region got past its forwarding.')
  const scope = place.platform.scope(caller, action)
  const reply = await route.handle(scope, input)
  await scope.state.recordAction()
  return reply
}

/** A call of a route that came by another way than its path. */
export interface RouteCall {
  readonly caller: Caller
  /** What the audit trail is told was done. */
  readonly what: string
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly body?: unknown
  readonly idempotencyKey?: string | undefined
  /** Of a stream of events that is taken up again. */
  readonly lastEventId?: number | undefined
  readonly signal: AbortSignal
}

/** Serves one route as {@link serveRoute} does, but for HTTP and for the region, which was looked at before. @throws PlinthError. */
export async function callRoute(serving: Pick<Serving, 'regions'>, route: AnyTenantRoute, call: RouteCall): Promise<Reply> {
  const { caller, what, idempotencyKey, lastEventId, signal } = call
  requirePermission(caller, route.permission)
  const params = readGiven(route.params, call.params ?? {}) as Readonly<Record<string, string>>
  const body = route.body ? readInput(route.body, withoutTenant(caller, call.body)) : undefined
  const resource = route.path.replace(/^\/api\//, '').replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '')
  const action = route.method === 'GET' && !route.recorded ? undefined : { what, resource }
  const query = readGiven(route.query, call.query ?? {})
  const asked = {
    ...{ params, query, body, idempotencyKey, lastEventId, signal },
    ...{ mustBeNew: false, bytes: noBytes(), origin: '' },
  }
  return handled(serving, route, caller, asked, action)
}

/**
 * What is done to a tenant is put down twice: in the system's trail, with the change itself, and then in the tenant's own.
 */
async function administered(
  { platform, regions, issuer }: Serving,
  route: AnyAdminRoute,
  { caller, params }: Found,
  input: Input,
  action: Action | undefined,
): Promise<Reply> {
  const administration = administer({
    caller,
    action,
    operator: platform.operate(),
    models: platform.models,
    sign: (claims) => issuer.signStatement(claims),
    operatorOf: (settings) => regions.operatorOf(settings),
  })
  const reply = await route.administer(administration, input)
  if (!action) return reply
  await administration.system.recordAction()
  const settings = await administration.registry.get(params.id ?? madeBy(reply) ?? '')
  if (settings && regions.holds(settings)) {
    const own = regions.operatorOf(settings).state(settings.tenant_id, { caller })
    await own.record({ ...action, decision: 'allowed', detail: administration.system.actionDetail })
  }
  return reply
}

/** The tenant that there is since then. */
function madeBy({ status, body }: Reply): string | undefined {
  return status === 201 ? (body as { readonly tenant_id?: string } | undefined)?.tenant_id : undefined
}

/** What a route changes is put down; reading is not, unless the route says so. */
function actionOf(route: AnyRoute, { arrival }: Found): Action | undefined {
  if (route.method === 'GET' && !route.recorded) return undefined
  return { what: `${route.method} ${route.path}`, resource: arrival.path.replace(/^\/api\//, '') }
}

type Input = Parameters<Extract<AnyRoute, { handle: unknown }>['handle']>[1]

function bytesOf(route: AnyRoute, arrival: Arrival): AsyncIterable<Uint8Array> {
  if (!areLines(route, arrival)) return bodyBytes(arrival, route.takesBytes ?? 0)
  refusePacked(arrival)
  // Each line has its limit; how many there are is for whoever sends them to say.
  return bodyBytes(arrival, Number.POSITIVE_INFINITY)
}

/** Whether a body comes as lines that its route reads for itself. */
function areLines(route: AnyRoute, arrival: Arrival): boolean {
  const type = arrival.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  return route.takesLines === true && type === 'application/x-ndjson'
}

/** In a route of administration the tenant named in the body is what it is about. */
async function bodyOf(route: AnyRoute, { arrival, caller, params }: Found): Promise<unknown> {
  if (route.takesBytes !== undefined || areLines(route, arrival)) return undefined
  if (!route.body) return 'administer' in route ? undefined : passOver(caller, arrival)
  if (!arrival.hasBody && route.body.safeParse(undefined).success) return undefined
  const limit = route.bodyLimit ?? bodyLimit
  if (route.fromFiles && isForm(arrival)) return route.fromFiles(ownFields(caller, await readFiles(arrival, limit)))
  // A route that takes lines looks at each part in the same way, whichever form it comes in.
  const body = await readJson(arrival, limit, { ofParts: route.takesLines === true })
  return readInput(route.body, 'administer' in route ? withoutObject(params.id, body) : withoutTenant(caller, body))
}

/** Refuses another tenant in headers or query, wherever a token is needed. @throws ForbiddenError `tenant_mismatch`. */
export function checkNamedTenant(caller: Caller, arrival: Arrival): void {
  for (const header of tenantHeaders) checkTenant(caller, arrival.header(header))
  for (const named of arrival.query.getAll('tenant_id')) checkTenant(caller, named)
}

/** A tenant that a caller names must be its own (X58: the token decides, nothing else). */
export function checkTenant(caller: Pick<Caller, 'tenant'>, named: unknown): void {
  if (named !== undefined && named !== caller.tenant)
    throw new ForbiddenError('tenant_mismatch', "The tenant named is not the token's.")
}

/** The same in a form. */
function ownFields(caller: Caller, parts: readonly FilePart[]): readonly FilePart[] {
  return parts.filter((part) => {
    if (!('name' in part) || part.name !== 'tenant_id') return true
    checkTenant(caller, part.text)
    return false
  })
}

function withoutTenant(caller: Caller, body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('tenant_id' in body)) return body
  const { tenant_id, ...rest } = body
  checkTenant(caller, tenant_id)
  return rest
}

/** The tenant that a path is about may stand in the body, too. */
function withoutObject(id: string | undefined, body: unknown): unknown {
  if (id === undefined || typeof body !== 'object' || body === null || !('tenant_id' in body)) return body
  const { tenant_id, ...rest } = body
  if (tenant_id !== id) throw new InvalidInputError('Must be the tenant of the path.', { field: 'tenant_id' })
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

/** What a route takes there; what it knows nothing of is passed on. */
function readGiven(form: z.ZodType | undefined, value: unknown): unknown {
  return form ? readInput(form, value) : value
}

/** Where the client found the server, by what it says itself. */
function originOf(arrival: Arrival): string {
  const host = arrival.header('host') ?? ''
  if (!/^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i.test(host)) return ''
  return `${arrival.header('x-forwarded-proto') === 'https' ? 'https' : 'http'}://${host}`
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

/** Nothing here has an entity tag: what is asked is only whether there is anything. */
function mustBeNewIn(arrival: Arrival): boolean {
  const condition = arrival.header('if-none-match')
  if (condition !== undefined && condition !== '*') throw new InvalidInputError('Must be *.', { field: 'If-None-Match' })
  return condition === '*'
}
