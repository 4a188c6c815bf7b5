import {
  type AnyRoute,
  defineRoute,
  type Pattern,
  type Scope,
  spendingOf,
  standingOf,
  streamStandings,
  timestamp,
} from '@plinth/core'
import { version } from '../version.ts'
import { type Activity, keptMinutes } from './activity.ts'
import { RequestCounts } from './counts.ts'
import { metricsForm, overviewForm } from './forms.ts'

/** The model that selects sentences by rules, which stands in where none is configured. */
const extractive = 'local/extractive'

/** Whoever only looks leaves no figures behind: a page that is open all day would be all that they tell of. */
const watching: ReadonlySet<string> = new Set(['/api/overview', '/api/metrics', '/api/live', '/metrics'])

export function isWatching(path: string): boolean {
  return watching.has(path)
}

export interface ActivityRoutesOptions {
  readonly activity: Activity
  /** Those that are served here. */
  readonly patterns: readonly Pattern[]
  readonly platform: { readonly name: string; readonly region: string }
}

/** `GET /api/overview` and `GET /api/metrics`: what a tenant's part of Plinth did lately, and where it stands. */
export function activityRoutes(options: ActivityRoutesOptions): readonly AnyRoute[] {
  return [overviewRoute(options), metricsRoute(options)]
}

function overviewRoute({ activity, patterns, platform }: ActivityRoutesOptions): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/api/overview',
    permission: 'metrics:read',
    summary:
      "Where this Plinth stands for the token's tenant: patterns, requests and their times in the last hour (in memory of this process), " +
      'spending, dead letters, open alerts, platform and models.',
    replies: { 200: { summary: 'The overview.', body: overviewForm } },
    async handle(scope) {
      const { requests, routes, lately, requestsPerMinute } = activity.read(scope.caller.tenant)
      const [standing, spending] = await Promise.all([standingOf(scope), spendingOf(scope)])
      const body = {
        platform: platform.name,
        region: scope.tenant.data_residency_region ?? platform.region,
        version,
        models: modelsOf(scope),
        patterns: patterns.map((pattern) => healthOf(pattern, routes, lately)),
        requests_per_minute: requestsPerMinute,
        last_hour: requests.show(),
        spending,
        ...standing,
        kept: keptBy(activity),
      }
      return { status: 200, body }
    },
  })
}

function metricsRoute({ activity }: ActivityRoutesOptions): AnyRoute {
  return defineRoute({
    method: 'GET',
    path: '/api/metrics',
    permission: 'metrics:read',
    summary:
      "The last hour of the token's tenant by minute: requests, their times, errors and throttles, calls of models, tokens and cost. Kept in " +
      'memory of this process: a restart forgets it, and other processes have their own.',
    replies: { 200: { summary: 'The figures.', body: metricsForm } },
    async handle(scope) {
      const { minutes, requests, models, routes, byModel } = activity.read(scope.caller.tenant)
      const [standing, streams] = await Promise.all([standingOf(scope), streamStandings(scope)])
      const body = {
        kept: keptBy(activity),
        minutes: minutes.map((each) => ({
          at: timestamp(each.at),
          http: each.requests.show(),
          models: each.models.show(),
        })),
        total: { http: requests.show(), models: models.show() },
        routes: [...routes]
          .map(([route, counts]) => ({ route, ...counts.show() }))
          .sort((one, other) => other.requests - one.requests),
        models: [...byModel]
          .map(([model_id, counts]) => ({ model_id, ...counts.show() }))
          .sort((one, other) => other.calls - one.calls),
        ...standing,
        streams,
      }
      return { status: 200, body }
    },
  })
}

function keptBy({ since }: Activity): object {
  return { in: 'memory', since: timestamp(since), minutes: keptMinutes }
}

function modelsOf({ models }: Pick<Scope, 'models'>): object {
  const { defaultModel, defaultEmbeddingModel } = models
  return {
    default_model: defaultModel,
    is_extractive: defaultModel === extractive,
    default_embedding_model: defaultEmbeddingModel,
  }
}

type ByRoute = ReadonlyMap<string, RequestCounts>

/** A pattern fails while requests of its routes end by 500 and above. */
function healthOf({ name, title, summary, routes: own }: Pattern, routes: ByRoute, lately: ByRoute): object {
  const sumOf = (counts: ByRoute): RequestCounts => {
    const sum = new RequestCounts()
    for (const { method, path } of own) sum.merge(counts.get(`${method} ${path}`) ?? new RequestCounts())
    return sum
  }
  const hour = sumOf(routes)
  const status = sumOf(lately).errors > 0 ? 'failing' : hour.requests > 0 ? 'serving' : 'idle'
  return { name, title, summary, status, ...hour.show() }
}
