import {
  allows,
  type Caller,
  ForbiddenError,
  InvalidInputError,
  inSpan,
  type Log,
  PlinthError,
  requirePermission,
  UnavailableError,
} from '@plinth/core'
import type { Answer, Arrival } from '../exchange.ts'
import { readBody } from '../json-body.ts'
import { callRoute, type Serving } from '../native-api.ts'
import { MethodNotAllowedError, problemOf, retryAfterOf } from '../problem.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import type { McpEndpoint, McpVisit, RoutesByName } from './endpoint.ts'
import { InsufficientScopeError, NoMessageError } from './refuse-mcp.ts'

/** What `/mcp` is served with, all messages alike. */
export interface McpServing {
  readonly serving: Pick<Serving, 'platform' | 'regions'>
  readonly endpoint: McpEndpoint
  readonly routes: RoutesByName
  readonly telemetry: Pick<Telemetry, 'mcpDuration'>
  readonly log: Log
  /** Fires when the server stops. */
  readonly stopping: AbortSignal
  /** Puts down that somebody was refused. */
  recordDenial(caller: Caller, what: string, resource: string, error: unknown): Promise<void>
}

/** One message, whose sender and region are known. */
export interface McpCall {
  readonly arrival: Arrival
  readonly caller: Caller
  readonly requestId: string
  /** Identifies whoever asks once more. */
  identify(): Promise<Caller>
}

/**
 * Refuses what a web page sends that isn't of this machine: a name of its own may lead to this server (DNS rebinding), and the
 * protocol wants it so. Programs send no `Origin`.
 * @throws ForbiddenError `origin_refused`
 */
export function checkOrigin(arrival: Pick<Arrival, 'header'>): void {
  const origin = arrival.header('origin')
  if (origin === undefined || isLoopback(origin)) return
  throw new ForbiddenError('origin_refused', 'Pages of other origins than this machine may not call /mcp.')
}

function isLoopback(origin: string): boolean {
  return URL.canParse(origin) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(origin).hostname)
}

/** @throws MethodNotAllowedError: without sessions there is nothing to listen to, and nothing to end. */
export function checkMethod({ method }: Pick<Arrival, 'method'>): void {
  if (method !== 'POST') throw new MethodNotAllowedError(['POST'])
}

/**
 * Answers one message of the Model Context Protocol. Its tools are routes of the native API, called as whoever asks. Nothing is kept
 * from one message to the next.
 * @throws PlinthError for what is refused before the message is handled; later failures are in the answer.
 */
export async function serveMcp(mcp: McpServing, call: McpCall): Promise<Answer> {
  const { arrival, caller } = call
  // Another content type is the protocol's to refuse.
  const message = isJson(arrival) ? await readMessage(arrival) : undefined
  const permission = mcp.endpoint.permissionOf(message)
  if (permission !== undefined && !allows(caller.permissions, permission)) throw new InsufficientScopeError(permission)
  const response = await mcp.endpoint.answer(visitOf(mcp, call, message))
  const headers: Record<string, string> = { 'cache-control': 'private, no-store', vary: 'Authorization' }
  response.headers.forEach((value, name) => {
    // The connection is the shell's own, and HTTP/2 knows no such header.
    if (name !== 'connection' && name !== 'cache-control') headers[name] = value
  })
  return { status: response.status, headers, ...(response.body ? { stream: response.body } : {}) }
}

function isJson(arrival: Pick<Arrival, 'header'>): boolean {
  return arrival.header('content-type')?.split(';')[0]?.trim().toLowerCase() === 'application/json'
}

/** @throws NoMessageError; what `readBody` throws of size and encoding. */
async function readMessage(arrival: Arrival): Promise<unknown> {
  const body = await readBody(arrival).catch((error: unknown) => {
    if (error instanceof InvalidInputError) throw new NoMessageError(-32700, error.message, error)
    throw error
  })
  // Taken away with 2025-06-18; one request would be many, and be counted and put down as one.
  if (Array.isArray(body)) throw new NoMessageError(-32600, 'Send one message a request: batches are not taken.')
  if (typeof body !== 'object' || body === null) throw new NoMessageError(-32600, 'A message is a JSON object.')
  return body
}

function visitOf(mcp: McpServing, call: McpCall, message: unknown): McpVisit {
  const { arrival, caller, requestId } = call
  const { clock } = mcp.serving.platform.operate()
  const routeOf = (name: string) => {
    const route = mcp.routes.get(name)
    if (!route) throw new Error(`A tool calls the route ${name}, and there is none.`)
    return route
  }
  let asked = false
  return {
    message,
    header: (name) => arrival.header(name),
    clock,
    may: (permission) => allows(caller.permissions, permission),
    require: (names) => {
      for (const name of names) requirePermission(caller, routeOf(name).permission)
    },
    call: async (tool, name, { signal, ...input }) => {
      // A tool may have waited for minutes, in which a token can be revoked and a tenant be suspended.
      const now = asked ? await call.identify() : caller
      asked = true
      const either = AbortSignal.any([signal, mcp.stopping])
      return callRoute(mcp.serving, routeOf(name), { ...input, caller: now, what: whatOf(tool), signal: either })
    },
    failed: (error) => mcp.log.error({ request_id: requestId, error }, 'A message to /mcp could not be handled.'),
    watch: (tool, work) => watch(mcp, { caller, requestId }, tool, work),
  }
}

/** Of our own words: tools are of our table. */
function whatOf(tool: string): string {
  return `POST /mcp ${tool}`
}

async function watch<Result>(
  mcp: McpServing,
  { caller, requestId }: Pick<McpCall, 'caller' | 'requestId'>,
  tool: string,
  work: () => Promise<Result>,
): Promise<{ readonly done: Result } | { readonly problem: object }> {
  const { clock } = mcp.serving.platform.operate()
  const started = clock.now()
  const names = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': tool }
  let code: string | undefined
  try {
    const attributes = { ...names, 'plinth.request_id': requestId }
    return { done: await inSpan(caller, `tools/call ${tool}`, attributes, work) }
  } catch (thrown) {
    const error = mcp.stopping.aborted && !PlinthError.is(thrown) ? stoppedBy(thrown) : thrown
    const told = problemOf(error, requestId)
    code = told.code
    const fields = { request_id: requestId, tool, code }
    if (told.status === 500) mcp.log.error({ ...fields, error }, 'A tool of /mcp failed.')
    else mcp.log.debug(fields, 'A call of a tool was refused.')
    if ([402, 403, 429].includes(told.status)) await mcp.recordDenial(caller, whatOf(tool), 'mcp', error)
    const after = retryAfterOf(error)
    // The header is an argument here.
    const field = told.field === 'Idempotency-Key' ? { field: 'idempotency_key' } : {}
    return { problem: { ...told, ...field, ...(after === undefined ? {} : { retry_after: after }) } }
  } finally {
    const outcome = code === undefined ? {} : { 'error.type': code }
    mcp.telemetry.mcpDuration.record((clock.now() - started) / 1000, { ...names, ...outcome })
  }
}

function stoppedBy(cause: unknown): UnavailableError {
  return new UnavailableError('stopping', 'Plinth stops; ask again.', { retryAfter: 1, cause })
}
