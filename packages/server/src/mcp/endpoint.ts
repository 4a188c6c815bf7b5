import type { AnyTenantRoute, Clock, Permission, Reply } from '@plinth/core'
import type { RouteCall } from '../native-api.ts'

/** One message of somebody who was let in. */
export interface McpVisit {
  readonly message: unknown
  header(name: string): string | undefined
  readonly clock: Clock
  may(permission: Permission): boolean
  call(tool: string, route: string, input: Omit<RouteCall, 'caller' | 'what'>): Promise<Reply>
  require(routes: readonly string[]): void
  failed(error: Error | undefined): void
  watch<Result>(tool: string, work: () => Promise<Result>): Promise<{ readonly done: Result } | { readonly problem: object }>
}

/** Who speaks the Model Context Protocol (packages/mcp); a composition root brings it. */
export interface McpEndpoint {
  readonly tools: readonly { readonly name: string; readonly permission: Permission | undefined }[]
  /** What a message asks for; undefined for what everyone with a token may. */
  permissionOf(message: unknown): Permission | undefined
  /** Never rejects. */
  answer(visit: McpVisit): Promise<Response>
}

export type RoutesByName = ReadonlyMap<string, AnyTenantRoute>
