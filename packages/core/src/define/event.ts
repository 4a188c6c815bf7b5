import type { z } from 'zod'
import type { JsonObject } from '../json.ts'
import type { StoredEvent } from '../ports/state-store.ts'
import type { Uses } from '../scope/scope.ts'
import type { Permission } from '../tenancy/permissions.ts'

export interface EventDefinition<Detail extends object> {
  /** Such as `genai.request.received`. */
  readonly type: string
  /** Counts changes of the form; consumers accept the one before. */
  readonly version: number
  readonly summary: string
  readonly detail: z.ZodType<Detail>
  /** What subscribers are told beside it; it lies in no log, and is read when they are told. */
  readonly content?: EventContent
}

export interface EventContent {
  /** Only who holds it is told. */
  readonly permission: Permission
  /** As it is now; undefined when there is none any more. */
  open(scope: Uses<'state'>, event: StoredEvent): Promise<object | undefined>
}

/** An event as a pattern hands it to a commit; id, time, tenant and correlation are the platform's. */
export interface EventToEmit {
  readonly kind: 'event'
  readonly type: string
  readonly version: number
  readonly subject: string
  readonly detail: JsonObject
  /** Someone asked to be told of what this closes; an internal mark, which the event's outward form doesn't show. */
  readonly callback?: true
}

/** Any kind of event, for code that walks all of a pattern's. */
// biome-ignore lint/suspicious/noExplicitAny: a definition is invariant in its detail; this is the type above all of them
export type AnyEvent = EventDefinition<any>

const contents = new Map<string, EventContent>()

/** A kind of event. Its details hold references, never content (X15). */
export function defineEvent<Detail extends object>(definition: EventDefinition<Detail>): EventDefinition<Detail> {
  if (definition.content) contents.set(definition.type, definition.content)
  return definition
}

/** The content of a type of events, where it was defined with one. */
export function contentOf(type: string): EventContent | undefined {
  return contents.get(type)
}

/** What somebody has to hold to be told all of some events' content. */
export function contentPermissions(): ReadonlySet<Permission> {
  return new Set([...contents.values()].map(({ permission }) => permission))
}

/** An event to emit with a commit: publishEvent of the seed (R17), but never apart from the change that it tells of. */
export function publishEvent<Detail extends object>(
  definition: EventDefinition<Detail>,
  subject: string,
  detail: Detail,
): EventToEmit {
  return {
    kind: 'event',
    type: definition.type,
    version: definition.version,
    subject,
    detail: definition.detail.parse(detail) as JsonObject,
  }
}
