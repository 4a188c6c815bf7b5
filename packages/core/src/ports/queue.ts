import { InvalidInputError } from '../errors.ts'
import { type JsonObject, jsonBytes } from '../json.ts'

/** How urgent; under load lanes are served 6 : 3 : 1, so that none starves. */
export type Lane = 'high' | 'normal' | 'low'
export const laneWeights: Readonly<Record<Lane, number>> = { high: 6, normal: 3, low: 1 }
/** What a tenant may weigh next to the others in its lane: a whole number. */
export const tenantWeights: { readonly least: number; readonly most: number; readonly usual: number } = {
  least: 1,
  most: 100,
  usual: 1,
}

/** A unit of work for one handler. It carries ids, never content. */
export interface Job {
  /** The name of the job's definition, such as `event-driven.process`. */
  readonly queue: string
  readonly tenant: string
  /** For logs and traces; two jobs with one id are two jobs. */
  readonly id: string
  readonly lane: Lane
  /** What its tenant weighs, within {@link tenantWeights}; absent: the usual. Of several jobs the one that was seen last counts. */
  readonly weight?: number
  /** Not before this time, milliseconds UTC. */
  readonly notBefore?: number
  /** The version of the body's form. */
  readonly version: number
  readonly correlationId: string
  /** At most {@link jobLimits.bytes} of JSON. */
  readonly body: JsonObject
}

/** What became of a delivery: finished, again at that time, or never again (the handler has kept the reason in state). */
export type Outcome = { readonly done: true } | { readonly retryAt: number } | { readonly dead: string }

/** The right to work on a delivery for a while. */
export interface Lease {
  /**
   * How many earlier deliveries of this job ended without an outcome that was kept: the process died, the lease was lost, the
   * handler threw. May be a bit off on some platforms.
   */
  readonly cutOffs: number
  /** Fires when the lease is lost: another worker may have the job, and nothing that is done now counts. */
  readonly signal: AbortSignal
  /** When the process that has it ends in any case, milliseconds UTC; absent: nobody knows of such a time. */
  readonly endsAt?: number
  /** Keeps it for so many milliseconds from now. Rejects when it is lost already. */
  extend(milliseconds: number): Promise<void>
}

export type Handler = (job: Job, lease: Lease) => Promise<Outcome>

/** What became of one job of a `send`. */
export type SendResult = { readonly sent: true } | { readonly sent: false; readonly code: string }

export interface Consumption {
  /** Takes nothing more and resolves when every handler that runs has ended and its outcome is kept. */
  drain(): Promise<void>
}

/**
 * Work that waits for a worker. Only the relay sends, only the worker host consumes.
 *
 * Promises:
 * - At least once: what was sent is delivered until an outcome of done or dead was kept. Twice is possible, order is not promised.
 * - A delivery is leased for {@link jobLimits.leaseMilliseconds}; without extension it is then delivered again, and its signal fires.
 *   A handler that throws is delivered again after {@link jobLimits.redeliverMilliseconds}. What a process had in hand when it died is
 *   delivered again when its leases are over at the latest.
 * - `retryAt` and `notBefore` hold a job back (the clocks of sender and consumer may differ by a second).
 * - Lanes are served by {@link laneWeights}; within a lane every tenant makes progress, however much another has waiting.
 * - Tenants of a lane that all have work are served by the weights of their jobs. An engine that knows no weights skips this
 *   one promise of the contract with its reason: every tenant then counts as one of weight 1.
 * - At most `concurrency` handlers of one consumption run at a time.
 *
 * Limits: {@link jobLimits}.
 */
export interface Queue {
  /**
   * One result a job, in their order; what isn't sent may be sent again. A job beyond the limits isn't sent, with the code
   * that {@link jobRefusal} gives.
   */
  send(jobs: readonly Job[]): Promise<readonly SendResult[]>
  consume(queue: string, options: { readonly concurrency: number }, handle: Handler): Consumption
}

export const jobLimits: {
  readonly bytes: number
  readonly aheadMilliseconds: number
  readonly leaseMilliseconds: number
  readonly redeliverMilliseconds: number
} = {
  bytes: 16 * 1024,
  /** A job may be sent so far ahead; the relay holds later ones back. */
  aheadMilliseconds: 15 * 60_000,
  leaseMilliseconds: 30_000,
  redeliverMilliseconds: 1_000,
}

/** Two clocks may differ by so much. */
const clockDifference = 1_000

/** Refuses a number of handlers that can't be. */
export function checkConcurrency(concurrency: number): void {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new InvalidInputError('Concurrency is a whole number from 1.', { field: 'concurrency' })
  }
}

/** Why a job can't be sent, the same on every platform. */
export function jobRefusal(job: Job, now: number): 'too_large' | 'too_far_ahead' | undefined {
  if (jsonBytes(job.body) > jobLimits.bytes) return 'too_large'
  return (job.notBefore ?? 0) > now + jobLimits.aheadMilliseconds + clockDifference ? 'too_far_ahead' : undefined
}
