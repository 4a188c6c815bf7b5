import {
  type AnyRoute,
  type AnyTenantRoute,
  type Authenticator,
  advisorRoute,
  type Caller,
  credentialsOf,
  InvalidInputError,
  inSpan,
  type LocalIssuer,
  type Log,
  ModelFailure,
  modelsRoute,
  NotFoundError,
  type Pattern,
  type Platform,
  PlinthError,
  requirePermission,
  systemTenant,
  TenantRegistry,
  UnauthorizedError,
  uuid,
} from '@plinth/core'
import { activityRoutes, isWatching } from './activity/routes.ts'
import { type LiveConnections, livePath, serveLive } from './console/live.ts'
import type { OneTimeCodes } from './console/one-time-codes.ts'
import { Sessions, sessionPath } from './console/session.ts'
import { checkCsrf, sessionToken } from './console/session-cookie.ts'
import type { Site } from './console/site.ts'
import { type Answer, type Arrival, parseTarget } from './exchange.ts'
import { forward, forwardedHeader } from './forward.ts'
import { type FoundOperation, findOperation } from './gateway/operations.ts'
import { refusalOf } from './gateway/refusal.ts'
import { LoadLimit } from './load-limit.ts'
import { LoopWatch } from './loop-watch.ts'
import type { McpEndpoint } from './mcp/endpoint.ts'
import { refuseMcp } from './mcp/refuse-mcp.ts'
import { checkMethod, checkOrigin, serveMcp } from './mcp/serve-mcp.ts'
import { checkNamedTenant, serveRoute } from './native-api.ts'
import { openApi } from './openapi.ts'
import { MethodNotAllowedError, problem, statusOf } from './problem.ts'
import { Regions } from './regions.ts'
import { Router } from './router.ts'
import type { Telemetry } from './telemetry/telemetry.ts'
import { type Synthesise, templateRoute } from './template-route.ts'
import { tokenCheckRoute } from './token-check-route.ts'
import { traceRoute } from './trace-route.ts'

export interface AppOptions {
  readonly platform: Platform
  readonly patterns: readonly Pattern[]
  readonly authenticator: Authenticator
  readonly issuer: LocalIssuer
  /** Absent: this one alone. */
  readonly regions?: Regions
  readonly telemetry: Telemetry
  /** Absent: there is no `/mcp`. */
  readonly mcp?: McpEndpoint
  /** The console's files; absent: it isn't built. */
  readonly site?: Site | undefined
  /** Absent: there is no `/api/advisor/template`. */
  readonly synthesise?: Synthesise | undefined
  /** Absent: nobody signs in by a code. */
  readonly codes?: OneTimeCodes | undefined
  readonly log: Log
  /** How much is taken at a time. Absent: as much as the event loop of this process bears. */
  readonly limit?: LoadLimit
  /** Whether the process can serve now. */
  ready(): boolean | Promise<boolean>
  /** Fires when the server stops: streams end then. */
  readonly stopping: AbortSignal
  /** Fires when what is being answered then has had its time. Absent: at once. */
  readonly ending?: AbortSignal
}

export interface App {
  /** Answers one request; never rejects. */
  handle(arrival: Arrival): Promise<Answer>
  /** The same in the web's own terms, for Lambda and for programs that need no socket. */
  fetch(request: Request): Promise<Response>
  /** The answer to a target that can't be read. */
  refuseTarget(): Answer
  readonly routes: readonly AnyRoute[]
}

const mcpPath = '/mcp'
/** Everything behind these needs a token, before anything else of a request is looked at. */
const guarded = /^\/(?:api|mcp|openapi\.json|metrics)(?:\/|$)/

/** What a route does once it is known who asks. */
type Work = (caller: Caller, requestId: string) => Promise<Answer>

interface ServeOptions {
  /** Makes an answer of an error. @default a problem */
  readonly refuse?: (error: unknown, requestId: string) => Answer
  /** Whether it is answered however much there is to do: what they ask for who look after this process is what helps then. */
  readonly isSpared?: boolean
}

/**
 * The HTTP edge as one function from what arrives to what is answered. All that patterns declare is served under `serve`, which
 * is the one place that knows who asks, what to answer when it fails, and what to measure.
 */
export function createApp(options: AppOptions): App {
  const { platform, patterns, authenticator, issuer, telemetry, log, stopping, regions = new Regions(platform) } = options
  const { ending = stopping } = options
  const serving = { platform, regions, issuer }
  const { clock } = platform.operate()
  const templates = options.synthesise ? [templateRoute(options.synthesise)] : []
  const extra = {
    'multi-tenant': [tokenCheckRoute(authenticator)],
    running: [...activityRoutes({ activity: telemetry.activity, patterns, platform }), traceRoute(telemetry.spans)],
    advisor: [advisorRoute, ...templates],
    models: [modelsRoute],
  }
  const routes = [...patterns.flatMap((pattern) => pattern.routes), ...Object.values(extra).flat()]
  const router = new Router(routes)
  const spared = new Set<AnyRoute>([...routes.filter((each) => 'administer' in each), ...extra.running])
  const live: LiveConnections = new Map()
  let described: string | undefined
  /** Made for the first that asks: that takes longer than all else of a start but loading. */
  const document = (): string => {
    described ??= JSON.stringify(openApi(patterns, extra, options.mcp?.tools))
    return described
  }

  /** Paths that are open to everyone. */
  const open: Readonly<Record<string, () => Answer | Promise<Answer>>> = {
    '/healthz': () => json('{"status":"ok"}'),
    '/readyz': async () => ((await options.ready()) ? json('{"status":"ready"}') : json('{"status":"not ready"}', 503)),
    '/.well-known/jwks.json': () => json(JSON.stringify(issuer.jwks())),
    '/': () => text('Plinth. The API is described at /openapi.json. The console is not built here.\n', 'text/plain'),
  }
  const sessions = new Sessions({ platform, regions, authenticator, issuer, codes: options.codes })

  const { limit = new LoadLimit() } = options
  const watch = new LoopWatch(limit, regions)

  /** Answers one request: who asks, the work, its span and its figures. Every error becomes an answer here. */
  const serve = async (
    arrival: Arrival,
    method: string,
    route: string,
    work: Work,
    { refuse = problem, isSpared = false }: ServeOptions = {},
  ): Promise<Answer> => {
    const requestId = uuid(clock)
    const started = clock.now()
    let answer: Answer
    let caller: Caller | undefined
    let leave: (() => void) | undefined
    try {
      const known = await authenticator.authenticate(shown(arrival), correlationOf(arrival, requestId))
      caller = known
      checkNamedTenant(known, arrival)
      if (!isSpared) leave = limit.enter(known.tenant)
      watch.touch()
      const attributes = { 'http.request.method': method, 'http.route': route, 'plinth.request_id': requestId }
      answer = await inSpan(known, `${method} ${route}`, attributes, () => work(known, requestId))
    } catch (error) {
      answer = refuse(error, requestId)
      report(log, error, { request_id: requestId, method, route, status: answer.status })
      if (caller && isDenial(error)) await recordDenial(caller, `${method} ${route}`, arrival.path, error)
    } finally {
      leave?.()
    }
    const milliseconds = clock.now() - started
    if (caller && !isWatching(route))
      telemetry.activity.addRequest(caller.tenant, `${method} ${route}`, answer.status, milliseconds)
    telemetry.httpDuration.record(milliseconds / 1000, {
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': answer.status,
    })
    answer.headers['x-request-id'] = requestId
    return answer
  }

  /** Whoever was refused what isn't theirs; where the tenant's own trail may not be kept here, in the system's, without the user. */
  const recordDenial = async (caller: Caller, what: string, resource: string, error: unknown): Promise<void> => {
    const decision = PlinthError.is(error) ? error.code : 'denied'
    const own = regions.holds(caller.settings)
    const operator = own ? regions.operatorOf(caller.settings) : platform.operate()
    const deed = own ? { what, resource, decision } : { what, resource: `tenants/${caller.tenant}`, decision, who: 'tenant' }
    await operator
      .state(own ? caller.tenant : systemTenant, { caller })
      .record(deed, 'relaxed')
      .catch((failure: unknown) => log.error({ error: failure }, 'A refusal could not be put down in the audit trail.'))
  }

  /** Serves what a tenant asks for here, or sends it on to the Plinth that has its data. */
  const inItsRegion = async (
    arrival: Arrival,
    caller: Caller,
    serveHere: (home: Platform) => Promise<Answer>,
  ): Promise<Answer> => {
    const place = regions.placeOf(caller.settings, arrival.header(forwardedHeader) !== undefined)
    if ('platform' in place) return serveHere(place.platform)
    return forward(arrival, place.url, { caller, issuer, region: platform.region, signal: stopping })
  }

  const serveGateway = (arrival: Arrival, method: string, { operation, refuse }: FoundOperation): Promise<Answer> => {
    const refused = (error: unknown, requestId: string): Answer => refuse(refusalOf(error), requestId)
    if (operation instanceof PlinthError)
      return serve(arrival, method, 'unknown', () => Promise.reject(operation), { refuse: refused })
    const { name } = operation
    const work: Work = async (caller, requestId) => {
      requirePermission(caller, operation.permission)
      const serveHere = (home: Platform): Promise<Answer> =>
        operation.serve({ arrival, scope: home.scope(caller), name, requestId, log, stopping })
      return inItsRegion(arrival, caller, serveHere)
    }
    return serve(arrival, method, name.slice(name.indexOf(' ') + 1), work, { refuse: refused })
  }

  const tenantRoutes = routes.filter((each): each is AnyTenantRoute => 'handle' in each)
  const byName = new Map(tenantRoutes.map((each) => [`${each.method} ${each.path}`, each]))
  const registry = new TenantRegistry(platform.operate())
  const serveTools = (arrival: Arrival, method: string, endpoint: McpEndpoint): Promise<Answer> => {
    const work: Work = async (caller, requestId) => {
      checkOrigin(arrival)
      checkMethod(arrival)
      const identify = (): Promise<Caller> =>
        authenticator.authenticate(shown(arrival), caller.correlationId).catch(async (error: unknown) => {
          // What was begun in time may end: a peer's token is good for a minute. A key's time is its maker's word, and counts at once.
          const isOver = error instanceof UnauthorizedError && error.code === 'token_expired'
          if (!isOver || caller.keyId !== undefined) throw error
          await registry.active(caller.tenant)
          return caller
        })
      const mcp = { serving, endpoint, routes: byName, telemetry, log, stopping, recordDenial }
      return inItsRegion(arrival, caller, () => serveMcp(mcp, { arrival, caller, requestId, identify }))
    }
    return serve(arrival, method, mcpPath, work, { refuse: refuseMcp })
  }

  const serveSession = async (arrival: Arrival): Promise<Answer> => {
    const requestId = uuid(clock)
    try {
      return await sessions.serve(arrival, requestId)
    } catch (error) {
      const answer = problem(error, requestId)
      report(log, error, { request_id: requestId, method: arrival.method, route: sessionPath, status: answer.status })
      return answer
    }
  }

  const route = async (arrival: Arrival, method: string): Promise<Answer> => {
    const { path } = arrival
    if (path === sessionPath) return serveSession(arrival)
    if (options.mcp && path === mcpPath) return serveTools(arrival, method, options.mcp)
    const asked = findOperation(method, path)
    if (asked) return serveGateway(arrival, method, asked)
    const found = router.find(method, path)
    if (found) {
      const { params } = found
      const work: Work = (caller) =>
        serveRoute(serving, found.route, {
          arrival,
          caller,
          params,
          stopping,
          ending,
          identify: () => authenticator.authenticate(shown(arrival), caller.correlationId),
        })
      return serve(arrival, method, found.route.path, work, { isSpared: spared.has(found.route) })
    }
    const file = method === 'GET' ? options.site?.(arrival) : undefined
    if (file) return file
    const opened = method === 'GET' && Object.hasOwn(open, path) ? open[path] : undefined
    if (opened) return opened()
    if (method === 'GET' && path === '/openapi.json')
      return serve(arrival, method, path, async () => json(document()), { isSpared: true })
    if (method === 'GET' && path === livePath)
      return serve(arrival, method, path, (caller, requestId) => {
        const identify = (): Promise<Caller> => authenticator.authenticate(shown(arrival), caller.correlationId)
        const request = { serving, router, open: live, arrival, caller, requestId, stopping, identify }
        return inItsRegion(arrival, caller, () => serveLive(request))
      })
    if (method === 'GET' && path === '/metrics') {
      const work: Work = async (caller) => {
        requirePermission(caller, 'metrics:read')
        return text(await telemetry.metricsText(), 'text/plain; version=0.0.4; charset=utf-8')
      }
      return serve(arrival, method, path, work, { isSpared: true })
    }
    const missing = missingPath(router.methodsOf(path))
    return guarded.test(path) ? serve(arrival, method, 'unknown', () => Promise.reject(missing)) : problem(missing, uuid(clock))
  }

  const handle = async (arrival: Arrival): Promise<Answer> => {
    let answer: Answer
    try {
      answer = await route(arrival, arrival.method === 'HEAD' ? 'GET' : arrival.method)
    } catch (error) {
      log.error({ error }, 'The edge failed.')
      answer = problem(error, uuid(clock))
    }
    answer.headers['x-request-id'] ??= uuid(clock)
    // What a token opened is no cache's to give to somebody else, whoever forgot to say so; and is no page, whatever stands in it.
    answer.headers['cache-control'] ??= 'private, no-store'
    answer.headers['x-content-type-options'] ??= 'nosniff'
    return answer
  }
  const refuseTarget = (): Answer => problem(new InvalidInputError('The target of the request is malformed.'), uuid(clock))
  const fetch = async (request: Request): Promise<Response> => {
    const target = parseTarget(request.url)
    const answer = target ? await handle(arrivalOf(request, target)) : refuseTarget()
    const { status, headers, stream, body = answer.bytes } = answer
    if (request.method === 'HEAD') await stream?.cancel()
    return new Response(request.method === 'HEAD' ? null : (stream ?? body ?? null), { status, headers })
  }
  return { handle, fetch, refuseTarget, routes }
}

function arrivalOf(request: Request, target: Pick<Arrival, 'path' | 'query'>): Arrival {
  return {
    ...target,
    method: request.method,
    header: (name) => request.headers.get(name) ?? undefined,
    hasBody: request.body !== null,
    collect: async (take) => {
      for await (const chunk of request.body ?? []) await take(chunk)
    },
  }
}

function missingPath(allowed: readonly string[]): PlinthError {
  return allowed.length > 0
    ? new MethodNotAllowedError(allowed)
    : new NotFoundError('path', 'Those of the patterns that are served here are listed in /openapi.json.')
}

function json(body: string, status = 200): Answer {
  return { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body }
}

function text(body: string, type: string): Answer {
  return { status: 200, headers: { 'content-type': type }, body }
}

/** The credentials that a request shows: a token, else the console's cookie. @throws ForbiddenError for a cookie alone, where it changes something. */
function shown(arrival: Arrival): string | undefined {
  const authorization = credentialsOf(arrival.path, (name) => arrival.header(name))
  const token = authorization === undefined ? sessionToken(arrival) : undefined
  if (token === undefined) return authorization
  checkCsrf(arrival, token)
  return `Bearer ${token}`
}

/** A correlation id that the caller brings is taken when it is plain; it is only ever looked up within its tenant. */
function correlationOf(arrival: Arrival, requestId: string): string {
  const given = arrival.header('x-correlation-id')
  return given !== undefined && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : requestId
}

/** What the audit trail is told of, beside what was done. Core tells of the prompts that a filter refused. */
function isDenial(error: unknown): boolean {
  const status = statusOf(error)
  return status === 402 || status === 403 || status === 429
}

function report(log: Log, error: unknown, fields: Readonly<Record<string, unknown>>): void {
  if (error instanceof ModelFailure) log.warn({ ...fields, code: error.code }, 'A model could not answer.')
  else if (statusOf(error) === 500) log.error({ ...fields, error }, 'A request failed.')
  else if (PlinthError.is(error)) log.debug({ ...fields, code: error.code }, 'A request was refused.')
}
