import { afterAll, describe, expect, it } from 'vitest'
import { guessOf } from '../../src/event-driven/service-guess.ts'
import type { ModelEntry } from '../../src/index.ts'
import { batches, circumstances, even, lognormal, patterns, poisson, request, services } from './estimate-scenarios.ts'
import { coverage, estimatorFor, type Outcome, quantiles, type Scenario, simulate } from './estimate-simulation.ts'

type Entry = Pick<ModelEntry, 'provider' | 'price'>

const seeds = [1, 2, 3]
const sixteen = Array.from({ length: 16 }, (_, index) => 101 + index)
const table: string[] = []

function model(output: number, provider = 'bedrock'): Entry {
  return { provider, price: { input: 0, output, date: '2026-01-01', source: 'made up for tests' } }
}

/** A model that is guessed to take about so long on average, milliseconds. */
function guessedAt(mean: number): Entry {
  const price = Array.from({ length: 400 }, (_, step) => 0.01 * 1.03 ** step)
  const off = (output: number): number => {
    const { logMedian, sigma } = guessOf(model(output), 1_000)
    return Math.abs(logMedian + sigma ** 2 / 2 - Math.log(mean))
  }
  return model(price.reduce((best, output) => (off(output) < off(best) ? output : best)))
}

/** The outcomes of all seeds, each with an estimator that has seen nothing yet. */
function play(scenario: Scenario, entry: Entry, runs: readonly number[] = seeds): readonly Outcome[] {
  return runs.flatMap((seed) => simulate(scenario, seed, estimatorFor(entry)))
}

function note(name: string, outcomes: readonly Outcome[]): void {
  const [half, most] = [quantiles(outcomes, 0.5), quantiles(outcomes, 0.9)]
  const figures = [100 * coverage(outcomes), half.promised / half.taken, half.promised / most.taken]
  const columns = [String(outcomes.length), ...figures.map((figure) => figure.toFixed(2))]
  table.push(`${name.padEnd(56)} ${columns.map((column) => column.padStart(6)).join(' ')}`)
}

function expectCovered(outcomes: readonly Outcome[]): void {
  expect(outcomes.length).toBeGreaterThanOrEqual(3_000)
  expect(coverage(outcomes)).toBeGreaterThanOrEqual(0.85)
  expect(coverage(outcomes)).toBeLessThanOrEqual(0.95)
}

afterAll(() => {
  const columns = 'requests, % that ended by the time promised, median promised / median taken, median promised / 90% taken'
  console.info([`Estimates, seeds ${seeds.join(', ')}: ${columns}`, ...table].join('\n'))
})

describe('nine in ten requests end by the time promised [X16]', () => {
  for (const [service, times] of Object.entries(services)) {
    it.each(Object.entries(patterns))(`${service}, %s`, (name, pattern) => {
      const outcomes = play({ arrivals: pattern(times), service: times.next }, guessedAt(times.mean))
      note(`${service}, ${name}`, outcomes)
      expectCovered(outcomes)
      // Sharp: what is usually promised isn't beyond what the slow tenth takes, and where times don't differ much, near what is usual.
      expect(quantiles(outcomes, 0.5).promised).toBeLessThan(1.5 * quantiles(outcomes, 0.9).taken)
      if (service !== 'two kinds' && service !== 'lognormal 1.5')
        expect(quantiles(outcomes, 0.5).promised).toBeLessThan(6 * quantiles(outcomes, 0.5).taken)
    })
  }

  it.each(Object.entries(circumstances))('%s', (name, scenario) => {
    const outcomes = play(scenario, guessedAt(2_555))
    note(name, outcomes)
    expectCovered(outcomes)
    expect(quantiles(outcomes, 0.5).promised).toBeLessThan(6 * quantiles(outcomes, 0.5).taken)
    for (const own of Map.groupBy(outcomes, ({ tenant }) => tenant).values()) expectCovered(own)
  })
})

describe('before anything was measured [X16]', () => {
  const entries = {
    'a large model': model(25),
    'a small model': model(0.14),
    'an own server': model(0, 'openai-compatible'),
    'an unknown provider': model(1, 'somebody'),
  }

  it.each(Object.entries(entries))('a first burst of %s whose calls last as guessed', (name, entry) => {
    const { logMedian, sigma } = guessOf(entry, 1_000)
    const { next } = lognormal(Math.exp(logMedian), sigma)
    for (const size of [400, 2_000]) {
      const outcomes = play({ arrivals: () => batches(1, size, 0), service: next }, entry, sixteen)
      note(`first burst of ${size}, ${name}`, outcomes)
      expectCovered(outcomes)
    }
  })

  it.each([
    ['few', 0.1],
    ['as many as can be worked', 1],
    ['too many', 5],
  ])('the first requests of %s that come one by one', (name, load) => {
    const entry = model(25)
    const { logMedian, sigma } = guessOf(entry, 1_000)
    const times = lognormal(Math.exp(logMedian), sigma)
    const rate = (load * 64) / times.mean
    const outcomes = play({ arrivals: (random) => poisson(random, 250 / rate, rate), service: times.next }, entry, sixteen)
    note(`first 250 requests, ${name}`, outcomes)
    expectCovered(outcomes)
  })

  const wrong = [
    ['a hundredth', even(30)],
    ['a fifteenth', lognormal(200, 0.5)],
    ['ten times', lognormal(30_000, 0.7)],
  ] as const

  it.each(wrong)('calls that last %s of the guess are learned in one burst', (name, times) => {
    const arrivals: Scenario['arrivals'] = () => batches(6, 1_000, (1_300 * times.mean) / 64)
    const later = play({ arrivals, service: times.next }, guessedAt(3_000)).filter(({ number }) => number >= 1_000)
    note(`after one burst, calls that last ${name}`, later)
    expectCovered(later)
  })

  it.each(wrong.slice(1))('calls that last %s of the guess are learned from twenty', (name, times) => {
    const arrivals: Scenario['arrivals'] = () => Array.from({ length: 400 }, (_, index) => request(index * 4 * times.mean))
    const later = play({ arrivals, service: times.next }, guessedAt(3_000), sixteen).filter(({ number }) => number >= 20)
    note(`from the 21st on, calls that last ${name}`, later)
    expectCovered(later)
  })
})
