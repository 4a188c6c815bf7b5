import {
  type AnyRoute,
  type Authenticator,
  type Caller,
  inSpan,
  type LocalIssuer,
  type Log,
  NotFoundError,
  type Pattern,
  type Platform,
  PlinthError,
  requirePermission,
  uuid,
} from '@plinth/core'
import { type Context, Hono } from 'hono'
import { checkNamedTenant, serveRoute } from './native-api.ts'
import { openApi } from './openapi.ts'
import { MethodNotAllowedError, problem, statusOf } from './problem.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { traceRoute } from './trace-route.ts'

export interface AppOptions {
  readonly platform: Platform
  readonly patterns: readonly Pattern[]
  readonly authenticator: Authenticator
  readonly issuer: LocalIssuer
  readonly telemetry: Telemetry
  readonly log: Log
  /** Whether the process can serve now. */
  ready(): boolean
  /** Fires when the server stops: streams end then. */
  readonly stopping: AbortSignal
}

/** Everything behind these needs a token, before anything else of a request is looked at. */
const guarded = /^\/(?:api|v1|model|mcp|openapi\.json|metrics)(?:\/|$)/

/** What a route does once it is known who asks. */
type Work = (caller: Caller, query: URLSearchParams) => Promise<Response>

/**
 * The HTTP edge as one fetch function, the same on Node and on Lambda. All that patterns declare is mounted under
 * `serve`, which is the one place that knows who asks, what to answer when it fails, and what to measure.
 */
export function createApp(options: AppOptions): {
  fetch(request: Request): Response | Promise<Response>
  routes: readonly AnyRoute[]
} {
  const { platform, patterns, authenticator, issuer, telemetry, log } = options
  const { clock } = platform.operate()
  const extra = [traceRoute(telemetry.spans)]
  const routes = [...patterns.flatMap((pattern) => pattern.routes), ...extra]
  const app = new Hono()

  /** Answers one request: who asks, the work, its span and its figures. Every error becomes a problem here. */
  const serve = async (context: Context, route: string, work: Work): Promise<Response> => {
    const requestId = uuid(clock)
    const started = clock.now()
    const { method } = context.req
    let response: Response
    try {
      const caller = await authenticator.authenticate(context.req.header('authorization'), correlationOf(context, requestId))
      const query = new URL(context.req.url).searchParams
      checkNamedTenant(caller, context.req.raw.headers, query)
      const attributes = { 'http.request.method': method, 'http.route': route, 'plinth.request_id': requestId }
      response = await inSpan(caller, `${method} ${route}`, attributes, () => work(caller, query))
    } catch (error) {
      response = problem(error, requestId)
      report(log, error, { request_id: requestId, method, route, status: response.status })
    }
    telemetry.httpDuration.record((clock.now() - started) / 1000, {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': response.status,
    })
    response.headers.set('x-request-id', requestId)
    return response
  }

  for (const route of routes) {
    app.on(route.method, route.path.replaceAll(/\{(\w+)\}/g, ':$1'), (context) =>
      serve(context, route.path, (caller, query) => {
        const { raw: request } = context.req
        return serveRoute(platform, route, { request, caller, params: context.req.param(), query, stopping: options.stopping })
      }),
    )
  }

  const document = JSON.stringify(openApi(patterns, extra))
  app.get('/openapi.json', (context) => serve(context, '/openapi.json', async () => json(document)))
  app.get('/metrics', (context) =>
    serve(context, '/metrics', async (caller) => {
      requirePermission(caller, 'metrics:read')
      return new Response(await telemetry.metricsText(), {
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      })
    }),
  )
  app.get('/healthz', () => open(json('{"status":"ok"}')))
  app.get('/readyz', () => open(options.ready() ? json('{"status":"ready"}') : json('{"status":"not ready"}', 503)))
  app.get('/.well-known/jwks.json', () => open(json(JSON.stringify(issuer.jwks()))))
  app.get('/', () =>
    open(new Response('Plinth. The API is described at /openapi.json.\n', { headers: { 'content-type': 'text/plain' } })),
  )

  const missing = (path: string): PlinthError => {
    const allowed = routes.filter((route) => matches(route, path)).map((route) => route.method)
    return allowed.length > 0 ? new MethodNotAllowedError(allowed) : new NotFoundError('path')
  }
  app.all('*', (context) => {
    const { path } = context.req
    if (!guarded.test(path)) return open(problem(missing(path), uuid(clock)))
    return serve(context, 'unknown', () => Promise.reject(missing(path)))
  })
  app.onError((error) => {
    log.error({ error }, 'The edge failed.')
    return open(problem(error, uuid(clock)))
  })

  const open = (response: Response): Response => {
    if (!response.headers.has('x-request-id')) response.headers.set('x-request-id', uuid(clock))
    return response
  }
  return { fetch: (request) => app.fetch(request), routes }
}

function json(text: string, status = 200): Response {
  return new Response(text, { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } })
}

/** A correlation id that the caller brings is taken when it is plain; it is only ever looked up within its tenant. */
function correlationOf(context: Context, requestId: string): string {
  const given = context.req.header('x-correlation-id')
  return given !== undefined && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : requestId
}

function matches(route: AnyRoute, path: string): boolean {
  const expected = route.path.split('/')
  const parts = path.split('/')
  return (
    expected.length === parts.length &&
    expected.every((part, index) => (part.startsWith('{') ? parts[index] !== '' : part === parts[index]))
  )
}

function report(log: Log, error: unknown, fields: Readonly<Record<string, unknown>>): void {
  if (statusOf(error) === 500) log.error({ ...fields, error }, 'A request failed.')
  else if (PlinthError.is(error)) log.debug({ ...fields, code: error.code }, 'A request was refused.')
}
