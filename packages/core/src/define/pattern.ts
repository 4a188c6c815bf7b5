import { handlerJob } from '../subscribers/handler-job.ts'
import type { AnyCollection } from './collection.ts'
import type { AnyEvent } from './event.ts'
import type { AnyJob } from './job.ts'
import type { AnyRoute } from './route.ts'
import type { StreamConsumer } from './stream-consumer.ts'
import type { Subscriber } from './subscriber.ts'

/** The five patterns of the seed (R1). A sixth is a new name here, a folder, and a line in patterns.ts. */
export const patternNames = ['event-driven', 'rag', 'multi-agent', 'analytics', 'multi-tenant'] as const
export type PatternName = (typeof patternNames)[number]

/**
 * A use case over ports, as a value: the server mounts its routes, the worker host its jobs; OpenAPI, permissions and the
 * attack tests read its routes, export and offboarding walk its collections.
 */
export interface Pattern {
  readonly name: PatternName
  /** The pattern's name for people. */
  readonly title: string
  readonly summary: string
  readonly collections: readonly AnyCollection[]
  readonly events: readonly AnyEvent[]
  readonly jobs: readonly AnyJob[]
  readonly routes: readonly AnyRoute[]
  /** What is done, in every tenant, when something happened; each runs as a job of its name. */
  readonly subscribers?: readonly Subscriber[]
  /** Who works on the entries that are appended to logs. */
  readonly streams?: readonly StreamConsumer[]
}

/** @throws Error when two jobs, events or collections share a name. */
export function definePattern(definition: Pattern): Pattern {
  const pattern = { ...definition, jobs: [...definition.jobs, ...(definition.subscribers ?? []).map(handlerJob)] }
  unique(pattern.collections.map((collection) => collection.name))
  unique(pattern.events.map((event) => event.type))
  unique(pattern.jobs.map((job) => job.name))
  unique((pattern.streams ?? []).map((consumer) => consumer.name))
  unique(pattern.routes.map((route) => `${route.method} ${route.path}`))
  return pattern
}

function unique(names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new Error(`${twice} is defined twice.`)
}
