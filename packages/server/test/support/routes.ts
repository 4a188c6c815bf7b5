import { type AnyRoute, type Authenticator, advisorRoute, modelsRoute, patterns } from '@plinth/core'
import { Activity } from '../../src/activity/activity.ts'
import { activityRoutes } from '../../src/activity/routes.ts'
import { SpanStore } from '../../src/telemetry/span-store.ts'
import { templateRoute } from '../../src/template-route.ts'
import { tokenCheckRoute } from '../../src/token-check-route.ts'
import { traceRoute } from '../../src/trace-route.ts'

/** Every route under /api that a server mounts: what the generated tests walk. */
export const routes: readonly AnyRoute[] = [
  ...patterns.flatMap((pattern) => pattern.routes),
  ...activityRoutes({ activity: new Activity(), patterns, platform: { name: 'local', region: 'local' } }),
  traceRoute(new SpanStore()),
  advisorRoute,
  // Only its form is looked at.
  tokenCheckRoute(undefined as unknown as Authenticator),
  templateRoute(() => Promise.reject(new Error('Only its form is looked at.'))),
  modelsRoute,
]

/** Those of a tenant's own things. */
export const tenantRoutes: readonly AnyRoute[] = routes.filter((route) => 'handle' in route)
/** Those of whoever runs Plinth. */
export const adminRoutes: readonly AnyRoute[] = routes.filter((route) => 'administer' in route)

/** A route's path with each parameter filled in; a step is named by the plan, which belongs to the test: it is `one`. */
export function fill(path: string, id: string): string {
  return path.replaceAll('{step}', 'one').replaceAll(/\{\w+\}/g, encodeURIComponent(id))
}

/** `GET /api/requests/{id}`, for the title of a test. */
export function nameOf(route: AnyRoute): string {
  return `${route.method} ${route.path}`
}
