import type { z } from 'zod'
import type { JsonObject } from '../json.ts'

export interface EventDefinition<Detail extends object> {
  /** Such as `genai.request.received`. */
  readonly type: string
  /** Counts changes of the form; consumers accept the one before. */
  readonly version: number
  readonly summary: string
  readonly detail: z.ZodType<Detail>
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

/** A kind of event. Its details hold references, never content (X15). */
export function defineEvent<Detail extends object>(definition: EventDefinition<Detail>): EventDefinition<Detail> {
  return definition
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
