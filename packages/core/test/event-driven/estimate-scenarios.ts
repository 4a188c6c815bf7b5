import type { Lane } from '../../src/index.ts'
import type { Arrival, Random, Scenario } from './estimate-simulation.ts'

/** Times of calls, milliseconds, with their mean. */
export interface Times {
  readonly mean: number
  readonly next: (random: Random) => number
}

/** A provider's longest answer; a call that lasts longer is ended. */
const longest = 300_000

export function even(milliseconds: number): Times {
  return { mean: milliseconds * 1.01, next: (random) => milliseconds * (1 + 0.02 * random()) }
}

export function lognormal(median: number, sigma: number): Times {
  return {
    mean: median * Math.exp(sigma ** 2 / 2),
    next: (random) => Math.min(longest, median * Math.exp(sigma * normal(random))),
  }
}

function pareto(least: number, alpha: number): Times {
  const beyond = (longest / least) ** (1 - alpha)
  return {
    mean: (least * (alpha - beyond)) / (alpha - 1),
    next: (random) => Math.min(longest, least * (1 - random()) ** (-1 / alpha)),
  }
}

function twoKinds(often: Times, seldom: Times, share: number): Times {
  return {
    mean: (1 - share) * often.mean + share * seldom.mean,
    next: (random) => (random() < share ? seldom : often).next(random),
  }
}

const workers = 64

/** How many requests all workers do in a millisecond. */
function capacity({ mean }: Times): number {
  return workers / mean
}

export function request(at: number, more: Partial<Arrival> = {}): Arrival {
  return { at, tenant: 'alpha', lane: 'normal', model: 'one', ...more }
}

/** Poisson arrivals, by thinning: `rate` is requests a millisecond, at most `peak`. */
export function poisson(
  random: Random,
  until: number,
  peak: number,
  rate: (at: number) => number = () => peak,
  make: (at: number) => Arrival = (at) => request(at),
): Arrival[] {
  const arrivals: Arrival[] = []
  for (let at = exponential(random, 1 / peak); at < until; at += exponential(random, 1 / peak))
    if (random() < rate(at) / peak) arrivals.push(make(at))
  return arrivals
}

/** So many at one moment, so often. */
export function batches(
  count: number,
  size: number,
  every: number,
  make: (at: number, index: number) => Arrival = (at) => request(at),
): Arrival[] {
  return Array.from({ length: count * size }, (_, index) => make(Math.floor(index / size) * every, index % size))
}

/** The ways in which requests come, about 8,000 to 12,000 of them, for calls that last so long. */
export const patterns: Readonly<Record<string, (times: Times) => Scenario['arrivals']>> = {
  steady: (times) => (random) => poisson(random, 7_000 / (0.7 * capacity(times)), 0.7 * capacity(times)),
  'Poisson bursts': (times) => (random) => {
    const arrivals: Arrival[] = []
    for (let at = 0; arrivals.length < 8_000; ) {
      at += exponential(random, 400 / capacity(times))
      const size = 20 + Math.floor(exponential(random, 280))
      for (let index = 0; index < size; index++) arrivals.push(request(at + random() * times.mean))
    }
    return arrivals
  },
  'on and off': (times) => (random) => {
    const full = capacity(times)
    const rate = (at: number): number => (Math.floor(at / (20 * times.mean)) % 2 === 0 ? 1.4 * full : 0.1 * full)
    return poisson(random, 10_000 / full, 1.4 * full, rate)
  },
  'batches of 2,000': (times) => () => batches(5, 2_000, 2_600 / capacity(times)),
  'a daily ramp': (times) => (random) => {
    const full = capacity(times)
    const day = 6_000 / full
    return poisson(random, 2 * day, 1.35 * full, (at) => full * (0.75 + 0.6 * Math.sin((2 * Math.PI * at) / day)))
  },
}

export const services: Readonly<Record<string, Times>> = {
  'even times': even(2_000),
  'lognormal 0.5': lognormal(2_000, 0.5),
  'lognormal 1': lognormal(2_000, 1),
  'lognormal 1.5': lognormal(1_500, 1.5),
  'Pareto 2': pareto(1_500, 2),
  'Pareto 1.5': pareto(1_200, 1.5),
  'two kinds': twoKinds(lognormal(500, 0.3), lognormal(9_000, 0.3), 0.15),
}

const usual = lognormal(2_000, 0.7)
const full = capacity(usual)
const of = ({ next }: Times): Scenario['service'] => next
const laneOf = (random: Random): Lane => (random() < 0.3 ? 'high' : random() < 0.5 ? 'normal' : 'low')

/** Twice as many as can be worked, for a third of the time, so many times: as fast as one client sends. */
function floods(random: Random, every: number, times: number, make: (at: number) => Arrival): Arrival[] {
  return poisson(random, times * every, 2 * full, (at) => (at % every < every / 3 ? 2 * full : 0), make)
}

/** What else happens to requests. */
export const circumstances: Readonly<Record<string, Scenario>> = {
  'one tenant floods, four don’t': {
    arrivals: (random) => [
      ...floods(random, 4_000 / full, 6, (at) => request(at, { tenant: 'flood' })),
      ...['beta', 'gamma', 'delta', 'epsilon'].flatMap((tenant) =>
        poisson(random, 24_000 / full, 0.08 * full, undefined, (at) => request(at, { tenant })),
      ),
    ],
    service: of(usual),
  },
  'one tenant floods the high lane': {
    arrivals: (random) => [
      ...floods(random, 4_000 / full, 6, (at) => request(at, { tenant: 'flood', lane: 'high' })),
      ...(['high', 'normal', 'low'] as const).flatMap((lane) =>
        poisson(random, 24_000 / full, 0.12 * full, undefined, (at) => request(at, { tenant: `tenant-${lane}`, lane })),
      ),
    ],
    service: of(usual),
  },
  'three lanes, too much by day': {
    arrivals: (random) => {
      const day = 3_000 / full
      const rate = (at: number): number => full * (0.8 + 0.6 * Math.sin((2 * Math.PI * at) / day))
      return poisson(random, 3 * day, 1.4 * full, rate, (at) => request(at, { lane: laneOf(random) }))
    },
    service: of(usual),
  },
  'three lanes in batches': {
    arrivals: (random) => batches(5, 2_000, 2_600 / full, (at) => request(at, { lane: laneOf(random) })),
    service: of(usual),
  },
  'a fast and a slow model': {
    arrivals: (random) => {
      const rate = (at: number): number => full * (Math.floor(at / 60_000) % 3 === 0 ? 1.5 : 0.4)
      return poisson(random, 9_000 / full, 1.5 * full, rate, (at) => request(at, { model: random() < 0.8 ? 'fast' : 'slow' }))
    },
    service: (random, { model }) => (model === 'fast' ? lognormal(500, 0.5) : lognormal(9_000, 0.5)).next(random),
  },
  'faults, one in ten': {
    arrivals: (random) => poisson(random, 7_000 / full, 0.7 * full),
    service: of(usual),
    fails: (random, _, attempt) =>
      random() < 0.1 ? { lasts: 300 + 500 * random(), pause: random() * 500 * 2 ** attempt } : undefined,
  },
  'batches, one in five throttled': {
    arrivals: () => batches(5, 2_000, 2_600 / full),
    service: of(usual),
    fails: (random, _, attempt) => (random() < 0.2 ? { lasts: 100, pause: random() * 500 * 2 ** attempt } : undefined),
  },
  'throttled for 15 s of 120': {
    arrivals: (random) => poisson(random, 12_000 / full, 0.5 * full),
    service: of(usual),
    fails: (random, now, attempt) =>
      now % 120_000 > 105_000 ? { lasts: 100, pause: 5_000 + random() * 500 * 2 ** attempt } : undefined,
  },
  'one in three not before a time': {
    arrivals: (random) =>
      poisson(random, 7_000 / full, 0.8 * full, undefined, (at) =>
        request(at, random() < 0.33 ? { notBefore: at + 60_000 * random() } : {}),
      ),
    service: of(usual),
  },
  'eight hundred not before one moment': {
    arrivals: (random) => [
      ...poisson(random, 6_000 / full, 0.4 * full),
      ...batches(5, 800, 50_000, (at) => request(at + 50_000 + 30_000 * random(), { notBefore: at + 90_000 })),
    ],
    service: of(usual),
  },
  'times that drift': {
    arrivals: (random) => poisson(random, 12_000 / full, 0.3 * full),
    service: (random, _, now) => usual.next(random) * (1 + 0.9 * Math.sin(now / 40_000)),
  },
  'a trickle': {
    arrivals: (random) => poisson(random, 3_200 * 20_000, 1 / 20_000),
    service: of(usual),
  },
}

function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - random())
}

/** Box and Muller's method. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
