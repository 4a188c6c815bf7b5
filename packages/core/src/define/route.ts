import type { z } from 'zod'
import type { Scope } from '../scope/scope.ts'
import type { Permission } from '../tenancy/permissions.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a handler is given: everything parsed, nothing from the caller that isn't declared. */
export interface RouteInput<Params, Query, Body> {
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** The `Idempotency-Key` header. */
  readonly idempotencyKey: string | undefined
  /** The `Last-Event-ID` header of a stream that is taken up again. */
  readonly lastEventId: number | undefined
  /** Fires when the client is gone or the server stops. */
  readonly signal: AbortSignal
}

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
  /** Takes an `Idempotency-Key` header. */
  readonly idempotent?: boolean
  /** Answers with a stream of server-sent events. */
  readonly streams?: boolean
  /** Statuses of success with the form of their bodies (null: none). */
  readonly replies: Readonly<Record<number, { readonly summary: string; readonly body: z.ZodType | null }>>
  handle(scope: Scope, input: RouteInput<Params, Query, Body>): Promise<Reply>
}

/** Any route, for code that walks all of a pattern's. */
// biome-ignore lint/suspicious/noExplicitAny: a route is invariant in its input; this is the type above all of them
export type AnyRoute = RouteDefinition<any, any, any>

/** A route as data: the server mounts it, OpenAPI and the attack tests read it. */
export function defineRoute<Params = Record<never, never>, Query = Record<never, never>, Body = undefined>(
  definition: RouteDefinition<Params, Query, Body>,
): AnyRoute {
  return definition
}
