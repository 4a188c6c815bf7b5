import type { z } from 'zod'
import type { Scope } from '../scope/scope.ts'
import type { Administration } from '../tenancy/administration.ts'
import type { Permission } from '../tenancy/permissions.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a handler is given: everything parsed, nothing from the caller that isn't declared. */
export interface RouteInput<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey: string | undefined
  /** Whether the `If-None-Match` header is `*`: then what is there already stays as it is. */
  readonly mustBeNew: boolean
  /** The `Last-Event-ID` header of a stream that is taken up again. */
  readonly lastEventId: number | undefined
  /** Fires when the server stops; and when the client is gone, for routes that stream or end with it. */
  readonly signal: AbortSignal
  /** The body as it comes, of a route that takes bytes, or lines and was sent some; else it ends at once. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** Where the client found the server, such as `http://127.0.0.1:4000`; empty when it didn't say. */
  readonly origin: string
}

/** The bytes of a call that has none. */
export async function* noBytes(): AsyncGenerator<Uint8Array> {}

/** A part of a form (multipart/form-data): a file, or a field. */
export type FilePart =
  | { readonly fileName: string; readonly contentType: string; readonly bytes: Uint8Array }
  | { readonly name: string; readonly text: string }

/** One message of a server-sent event stream. */
export interface ServerEvent {
  /** A sequence, so that a client that was cut off goes on where it was. */
  readonly id: number
  readonly event: string
  readonly data: object
}

export interface Reply {
  readonly status: number
  readonly body?: object
  /** In place of a body: text of another kind, such as `text/csv`. */
  readonly text?: { readonly type: string; readonly content: string }
  /** In place of a body: a line of JSON each (application/x-ndjson), made while they are sent. */
  readonly lines?: AsyncIterable<object>
  /** In place of a body: a stream of server-sent events, which ends when the route's signal fires. */
  readonly events?: AsyncIterable<ServerEvent>
  readonly headers?: Readonly<Record<string, string>>
}

export interface RouteDefinition<Params, Query, Body> {
  readonly method: Method
  /** With `{name}` for each field of `params`. */
  readonly path: `/api/${string}`
  /** What the caller must hold; checked in one place, before the body is read. */
  readonly permission: Permission
  /** One line for OpenAPI. */
  readonly summary: string
  readonly params?: z.ZodType<Params>
  readonly query?: z.ZodType<Query>
  readonly body?: z.ZodType<Body>
  /** Bytes of a body, where it may hold more than others. */
  readonly bodyLimit?: number
  /** Makes the body of the files of a form, where one may be sent in the place of JSON. @throws InvalidInputError */
  fromFiles?(parts: readonly FilePart[]): Body
  /** Takes so many bytes of any kind, as they come, in the place of a body. */
  readonly takesBytes?: number
  /** Takes lines of JSON (application/x-ndjson), however many, as they come, where they are sent in the place of a body: then there is no body. */
  readonly takesLines?: boolean
  /** Takes an `Idempotency-Key` header. */
  readonly idempotent?: boolean
  /** Makes something or changes it, and takes an `If-None-Match: *` header, with which it only makes. */
  readonly makes?: boolean
  /** Put down in the audit trail although it changes nothing: it hands out what must not get about. */
  readonly recorded?: boolean
  /** Answers with a stream of server-sent events. */
  readonly streams?: boolean
  /** What it does for a client that is gone is for nobody, and is ended. */
  readonly endsWithClient?: boolean
  /** Statuses of success with the form of their bodies (null: none). */
  readonly replies: Readonly<Record<number, { readonly summary: string; readonly body: z.ZodType | null }>>
  handle(scope: Scope, input: RouteInput<Params, Query, Body>): Promise<Reply>
}

/**
 * A route for whoever runs Plinth: its permission is `tenants:admin`, and the tenant in its path or body is what it is about, not who
 * asks.
 */
export interface AdminRouteDefinition<Params, Query, Body>
  extends Omit<RouteDefinition<Params, Query, Body>, 'permission' | 'handle'> {
  readonly path: `/api/tenants${string}`
  /** Whether it reaches into the tenant's data, and so has to be asked where that lies. */
  readonly ofData?: boolean
  administer(administration: Administration, input: RouteInput<Params, Query, Body>): Promise<Reply>
}

/** Any route of a tenant's own. */
// biome-ignore lint/suspicious/noExplicitAny: a route is invariant in its input; this is the type above all of them
export type AnyTenantRoute = RouteDefinition<any, any, any>
/** Any route of administration. */
// biome-ignore lint/suspicious/noExplicitAny: the same
export type AnyAdminRoute = AdminRouteDefinition<any, any, any> & { readonly permission: 'tenants:admin' }

/** Any route, for code that walks all of a pattern's. */
export type AnyRoute = AnyTenantRoute | AnyAdminRoute

/** A route as data: the server mounts it, OpenAPI and the attack tests read it. */
export function defineRoute<Params = Record<never, never>, Query = Record<never, never>, Body = undefined>(
  definition: RouteDefinition<Params, Query, Body>,
): AnyTenantRoute {
  return definition
}

/** The same for a route of administration. */
export function defineAdminRoute<Params = Record<never, never>, Query = Record<never, never>, Body = undefined>(
  definition: AdminRouteDefinition<Params, Query, Body>,
): AnyAdminRoute {
  return { ...definition, permission: 'tenants:admin' }
}
