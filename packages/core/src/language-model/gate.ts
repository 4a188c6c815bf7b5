/**
 * The limits that providers impose on models: so many calls at a time, so many tokens a minute, and closed for as long as a
 * `Retry-After` says.
 *
 * What is kept here is this process's: its running calls, the tokens that it had in the last minute, and what a provider told it.
 * One process (the embedded platform) therefore keeps exactly to the limits. Where several processes share a model, each must be
 * given its share of them, or a gate that shares: one that hands a closing to the others by a row they look at, and calls
 * {@link ModelGate.close} for theirs; and that takes tokens in blocks of about 1% of the limit from a counter before it books
 * them here. `admit` may answer later for that reason, and nothing else in the interface is about one process.
 * @module
 */
import { InvalidInputError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import { type Lane, tenantWeights } from '../ports/queue.ts'
import type { ModelFailure } from './failure.ts'
import { GateLine } from './gate-line.ts'
import { SteadyTime } from './steady-time.ts'

export { longestClosing } from './model-capacity.ts'

/** What a provider lets through of a model. Absent: without limit. */
export interface ModelLimit {
  /** Calls at a time, from 1. */
  readonly concurrency?: number
  /** Tokens of input and output together in any minute, from 1. */
  readonly tokensPerMinute?: number
}

/** By the id of the model that answers (`servedBy`); `*` stands for each that isn't named. */
export type ModelLimits = ReadonlyMap<string, ModelLimit>

/** What is asked of a gate before a call. */
export interface AdmissionRequest {
  /** The most that the call may use: the estimated input and the most output. Reserved until it is settled. */
  readonly tokens: number
  readonly lane: Lane
  /** How long it can wait where it is, milliseconds; {@link waitingPatience} for a worker. */
  readonly patience: number
  /** Ends the wait. */
  readonly signal?: AbortSignal
  /**
   * `worker` (the default) holds one of the worker's places while it waits, so that there is only so much room. `edge` is a caller
   * on a connection of its own: it waits for as long as its patience says, and not at all without any.
   */
  readonly from?: 'worker' | 'edge'
}

/** The right to call a model once. It must be given back, whatever happens: `release` in a `finally`. */
export interface Permit {
  readonly admitted: true
  /**
   * The call was answered and used so many tokens: what was reserved beyond them is free again, what was used beyond the
   * reservation is booked now. Without a number above 0 nobody knows, and the reservation stays.
   */
  settle(tokens: number): void
  /**
   * The call failed, or never happened; does nothing after `settle`, or twice. What the provider refused before working on it
   * (a throttle, a spent quota, a bad request) used nothing. Of anything else (a time-out, a cut answer, a handler that threw)
   * nobody knows what it used, so its reservation counts as used. A `Retry-After` closes the model for all.
   */
  release(failure?: ModelFailure): void
}

/** Not now: to be tried again at a time that differs for each, milliseconds UTC. No call was made. */
export interface Refusal {
  readonly admitted: false
  readonly retryAt: number
  /** `model_closed`: the provider asked for a pause. `model_busy`: its limits are used up. `tenant_busy`: the tenant's are. */
  readonly reason: 'model_closed' | 'model_busy' | 'tenant_busy'
}

export type Admission = Permit | Refusal

/** A request, and whose it is. */
export interface GateRequest extends AdmissionRequest {
  readonly tenant: string
  /** What the tenant weighs next to others. */
  readonly weight?: number
}

/** What a gate knows of a model. */
export interface GateState {
  /** Calls that are counted: those of a model without limits aren't, but for a while after it was closed. */
  readonly running: number
  readonly waiting: number
  /** Tokens of the last minute, where they are limited. */
  readonly tokens?: number
  /** Milliseconds UTC; absent when it is open. */
  readonly closedUntil?: number
}

/** One tenant's way to the gate: what a pattern holds. */
export interface TenantGate {
  /**
   * Lets a call through, now or after a wait, or says when to come back. Nothing is waited for, and nothing allocated, where
   * nothing is limited or closed.
   * @param model the id of what answers, `servedBy`.
   * @throws ModelFailure `over_model_limit`, which isn't retryable, for more tokens than the model has in a whole minute: it would
   * have to break the limit, or wait for ever. Rejects with the signal's reason when it is aborted.
   */
  admit(model: string, request: AdmissionRequest): Admission | Promise<Admission>
}

/**
 * The gate before all models, one a process.
 *
 * Whoever can't be let through at once waits, in order of lanes (6 : 3 : 1) and by turns between tenants within one, like a
 * queue's jobs; nobody is passed by a smaller request of a later turn. Workers' waits are bounded twice. At most half of the
 * process's handlers wait for one model, and three quarters for all: beyond that, those go that take more than their lane's and
 * tenant's share, so that a high request finds room where low ones wait. And each goes when its patience is over, but for the one
 * whose turn it is when only tokens are missing: it has them within a minute (unless calls that run use more than they reserved),
 * and would never if smaller ones came before it.
 *
 * With a million jobs for one closed model, all that the worker does is send them away: 100 a second, each held in its handler
 * until its turn to go. While other models answer, eight more go for each answer, so that their jobs come through.
 *
 * After a closing one call goes first, and one more with each that was answered and each second, until the usual number runs.
 * A throttle without `Retry-After` closes nothing: only its own request backs off.
 */
export interface ModelGate {
  /** As {@link TenantGate.admit}. */
  admit(model: string, request: GateRequest): Admission | Promise<Admission>
  /** Lets nothing through before that time, milliseconds UTC, for {@link longestClosing} at most. Never shortens a closing. */
  close(model: string, until: number): void
  /** Sends away at once whoever waits, and whoever would have to from now on: the process is about to end. */
  stop(): void
  state(model: string): GateState
}

/** How long a worker waits in its place for a model, milliseconds: the more urgent, the longer. */
export const waitingPatience: Readonly<Record<Lane, number>> = { high: 8_000, normal: 4_000, low: 2_000 }

export interface GateOptions {
  readonly clock: Clock
  readonly limits?: ModelLimits
  /** How many handlers this process runs at a time. */
  readonly concurrency?: number
}

/** The gate of one process, which shares nothing with others. */
export class ProcessGate implements ModelGate {
  readonly #clock: Clock
  readonly #time: SteadyTime
  readonly #limits: ModelLimits
  readonly #concurrency: number
  /** One for each model that was asked for: as many as the catalogue has, at most. */
  readonly #lines = new Map<string, GateLine>()
  /** Those where some wait to be sent away. */
  readonly #crowded = new Set<GateLine>()
  #stopped = false

  /** @throws InvalidInputError for a limit that can't be. */
  constructor(options: GateOptions) {
    this.#clock = options.clock
    this.#time = new SteadyTime(options.clock)
    this.#limits = options.limits ?? new Map()
    this.#concurrency = options.concurrency ?? 64
    for (const [model, limit] of this.#limits) checkLimit(model, limit)
  }

  admit(model: string, request: GateRequest): Admission | Promise<Admission> {
    const line = this.#lines.get(model) ?? this.#line(model)
    return line.free ? line.openPermit : line.admit(request)
  }

  close(model: string, until: number): void {
    const line = this.#lines.get(model) ?? this.#line(model)
    line.close(this.#time.ofClock(until))
  }

  stop(): void {
    this.#stopped = true
    for (const line of this.#lines.values()) line.stop()
  }

  state(model: string): GateState {
    return this.#lines.get(model)?.state() ?? { running: 0, waiting: 0 }
  }

  #line(model: string): GateLine {
    const line: GateLine = new GateLine({
      clock: this.#clock,
      time: this.#time,
      limit: this.#limits.get(model) ?? this.#limits.get('*') ?? {},
      concurrency: this.#concurrency,
      room: () => this.#room(),
      crowded: (is) => (is ? this.#crowded.add(line) : this.#crowded.delete(line)),
      answered: () => {
        for (const other of this.#crowded) if (other !== line) other.quicken()
      },
    })
    this.#lines.set(model, line)
    if (this.#stopped) line.stop()
    return line
  }

  /** How many workers may wait for one model now. */
  #room(): number {
    let waitedFor = 0
    for (const line of this.#lines.values()) if (line.waitingWorkers > 0) waitedFor++
    const half = this.#concurrency / 2
    return Math.max(1, Math.floor(Math.min(half, (this.#concurrency * 3) / 4 / Math.max(1, waitedFor))))
  }
}

/** The gate as one tenant has it. */
export function tenantGate(gate: ModelGate, tenant: string, weight: number = tenantWeights.usual): TenantGate {
  return { admit: (model, request) => gate.admit(model, { ...request, tenant, weight }) }
}

function checkLimit(model: string, { concurrency = 1, tokensPerMinute = 1 }: ModelLimit): void {
  for (const value of [concurrency, tokensPerMinute]) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new InvalidInputError(`A limit of the model ${model} must be a whole number from 1.`, { field: 'limits' })
  }
}
