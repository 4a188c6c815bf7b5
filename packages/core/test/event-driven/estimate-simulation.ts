import { Estimator } from '../../src/event-driven/estimate.ts'
import type { EndedRequest, EstimateBasis } from '../../src/event-driven/tenant-estimates.ts'
import { workersAtATime } from '../../src/event-driven/workload.ts'
import type { Lane, ModelEntry } from '../../src/index.ts'
import { LaneTurns } from '../../src/index.ts'
import { FakeClock, scriptedModels } from '../../src/testing/index.ts'
import { EventQueue } from './event-queue.ts'

export type Random = () => number

export interface Arrival {
  readonly at: number
  readonly tenant: string
  readonly lane: Lane
  readonly model: string
  readonly notBefore?: number
}

export interface Scenario {
  /** Times from 0. */
  arrivals(random: Random): readonly Arrival[]
  /** Milliseconds. */
  service(random: Random, request: Arrival, now: number): number
  /** How long a call lasts that fails, and when it is tried again; undefined: it doesn't fail. */
  fails?(random: Random, now: number, attempt: number): { readonly lasts: number; readonly pause: number } | undefined
}

/** A request, what was promised and what became of it. Times as the clock has them. */
export interface Outcome extends Arrival {
  /** In the order of acceptance. */
  readonly number: number
  readonly from: number
  readonly promised: number
  readonly basis: EstimateBasis
  attempts: number
  started: number
  ended: number
}

/** Which model answers sets the guess: an entry with a price. */
export function estimatorFor(entry: Pick<ModelEntry, 'provider' | 'price'>): Estimator {
  const models = scriptedModels(() => '')
  const resolved = models.resolve()
  return new Estimator({ ...models, resolve: () => ({ ...resolved, entry: { ...resolved.entry, ...entry } }) })
}

/**
 * Plays a scenario against the real estimator, with the real turns of lanes and tenants and as many workers as a process has, in
 * the clock's time. @returns the requests in the order in which they ended.
 */
export function simulate(scenario: Scenario, seed: number, estimator: Estimator, start = 1_000_000): readonly Outcome[] {
  const clock = new FakeClock({ now: start, seed })
  const random = (): number => clock.random()
  const turns = new LaneTurns()
  const waiting = new Map<string, Outcome[]>()
  const events = new EventQueue()
  const done: Outcome[] = []
  let running = 0

  const ready = (request: Outcome): void => {
    const name = `${request.lane} ${request.tenant}`
    const line = waiting.get(name) ?? []
    waiting.set(name, line)
    line.push(request)
    turns.add(request.lane, request.tenant, 1)
  }
  const dispatch = (): void => {
    while (running < workersAtATime) {
      const turn = turns.take()
      const next = turn && waiting.get(`${turn.lane} ${turn.tenant}`)?.shift()
      if (!next) return
      running++
      begin(next)
    }
  }
  const begin = (request: Outcome): void => {
    const estimates = estimator.forTenant(request.tenant)
    estimates.started(recordOf(request), clock.now(), ++request.attempts === 1)
    if (request.attempts === 1) request.started = clock.now()
    const fault = scenario.fails?.(random, clock.now() - start, request.attempts)
    if (fault) {
      events.add(clock.now() + fault.lasts, () => {
        running--
        estimates.stopped(recordOf(request), clock.now(), clock.now() + fault.pause)
        events.add(clock.now() + fault.pause, () => ready(request))
      })
      return
    }
    events.add(clock.now() + scenario.service(random, request, clock.now() - start), () => {
      running--
      request.ended = clock.now()
      estimates.ended(recordOf(request), clock.now(), true)
      estimates.stopped(recordOf(request), clock.now())
      done.push(request)
    })
  }

  const arrivals = [...scenario.arrivals(random)].sort((one, other) => one.at - other.at)
  for (const [number, arrival] of arrivals.entries()) {
    events.add(start + arrival.at, () => {
      const request = accept(estimator, arrival, number, start, clock.now())
      if (request.from > clock.now()) events.add(request.from, () => ready(request))
      else ready(request)
    })
  }
  for (let event = events.take(); event; event = events.take()) {
    clock.jump(event.at)
    event.run()
    // What happens at one moment happens before the workers look.
    if (events.nextAt !== event.at) dispatch()
  }
  return done
}

function accept(estimator: Estimator, arrival: Arrival, number: number, start: number, now: number): Outcome {
  const notBefore = arrival.notBefore === undefined ? undefined : start + arrival.notBefore
  const draft = { ...arrival, number, from: Math.max(now, notBefore ?? 0), attempts: 0, started: 0, ended: 0 }
  const estimates = estimator.forTenant(arrival.tenant)
  const record = recordOf({ ...draft, promised: 0, basis: [0, 0, 0, 0, 0] })
  const { at, basis } = estimates.estimate(record, now)
  estimates.enter(record, now).kept()
  return { ...draft, promised: at, basis }
}

function recordOf(request: Outcome): EndedRequest {
  return {
    request_id: String(request.number),
    model_id: request.model,
    max_tokens: 1_000,
    priority: request.lane,
    round: 1,
    accepted: request.from,
    estimate_basis: request.basis,
    ...(request.notBefore === undefined ? {} : { not_before: request.from }),
    ...(request.ended === 0 ? {} : { ended: request.ended }),
  }
}

/** The share of requests that ended by the time promised. */
export function coverage(outcomes: readonly Outcome[]): number {
  return outcomes.filter(({ ended, promised }) => ended <= promised).length / outcomes.length
}

/** A quantile of the times promised and taken, from when the request might be worked. */
export function quantiles(outcomes: readonly Outcome[], share: number): { readonly promised: number; readonly taken: number } {
  return {
    promised: quantile(
      outcomes.map(({ promised, from }) => promised - from),
      share,
    ),
    taken: quantile(
      outcomes.map(({ ended, from }) => ended - from),
      share,
    ),
  }
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * share)] ?? Number.NaN
}
