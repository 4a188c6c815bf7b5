import type { z } from 'zod'
import type { JsonObject } from '../json.ts'
import type { Job, Lane, Lease, Outcome } from '../ports/queue.ts'
import type { Scope } from '../scope/scope.ts'

/** For whom a job does its work. */
export interface Actor {
  readonly user: string
  readonly groups: ReadonlySet<string>
  /** What they held when they asked for it. */
  readonly permissions: ReadonlySet<string>
}

export interface JobDefinition<Body extends object> {
  /** `pattern.verb`; the queue's name. */
  readonly name: string
  /** Counts changes of the body; the one before is still accepted. */
  readonly version: number
  readonly summary: string
  readonly body: z.ZodType<Body>
  /** How many run at a time in one process, unless the host says otherwise. */
  readonly concurrency: number
  /** Whose work it is, where it must see no more than somebody may. Default: nobody's. */
  actsFor?(scope: Scope, body: Body): Promise<Actor | undefined>
  /** Does the work; called at least once for each job, with the scope of the job's tenant. */
  handle(scope: Scope, body: Body, context: JobContext): Promise<Outcome>
}

export interface JobContext {
  readonly job: Job
  readonly lease: Lease
}

/** A job as a pattern hands it to a commit; tenant and correlation are the platform's. */
export interface JobToEmit {
  readonly kind: 'job'
  readonly queue: string
  readonly version: number
  readonly id: string
  readonly lane: Lane
  readonly notBefore?: number
  readonly body: JsonObject
}

/** Any job, for code that walks all of a pattern's. */
// biome-ignore lint/suspicious/noExplicitAny: a job is invariant in its body; this is the type above all of them
export type AnyJob = JobDefinition<any>

export function defineJob<Body extends object>(definition: JobDefinition<Body>): JobDefinition<Body> {
  return definition
}

/** A job to emit with a commit. */
export function startJob<Body extends object>(
  definition: Pick<JobDefinition<Body>, 'name' | 'version'>,
  options: { readonly id: string; readonly body: Body; readonly lane?: Lane; readonly notBefore?: number },
): JobToEmit {
  const { id, body, lane = 'normal', notBefore } = options
  return {
    kind: 'job',
    queue: definition.name,
    version: definition.version,
    id,
    lane,
    ...(notBefore === undefined ? {} : { notBefore }),
    body: body as JsonObject,
  }
}
