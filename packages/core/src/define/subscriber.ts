import type { EventEnvelope } from '../ports/event-bus.ts'
import type { Outcome } from '../ports/queue.ts'
import type { Scope } from '../scope/scope.ts'
import { type EventPattern, parsePattern } from '../subscribers/event-pattern.ts'
import type { JobContext } from './job.ts'

export interface SubscriberDefinition {
  /** `pattern.verb`; the name of its queue. */
  readonly name: string
  readonly summary: string
  /** Which events it handles, of every tenant: the language of docs/subscribers.md. */
  readonly pattern: object
  /** How many run at a time in one process; default 16. */
  readonly concurrency?: number
  /**
   * Handles one event, with the scope of the event's tenant; at least once, in no order. What it throws is tried again for about
   * three days, `dead` gives the event up, and either ends as a dead letter that can be redriven.
   */
  handle(scope: Scope, event: EventEnvelope, context: JobContext): Promise<Outcome | undefined> | Promise<void>
}

/** A new step that needs no change of what comes before it (R21). */
export interface Subscriber extends Required<SubscriberDefinition> {
  readonly pattern: EventPattern
}

/** @throws InvalidInputError for a pattern that can't be right, when the module is loaded. */
export function defineSubscriber(definition: SubscriberDefinition): Subscriber {
  return { concurrency: 16, ...definition, pattern: parsePattern(definition.pattern) }
}
