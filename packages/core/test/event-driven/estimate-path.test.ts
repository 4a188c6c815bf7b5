import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { getRequest } from '../../src/event-driven/manage.ts'
import { guessOf } from '../../src/event-driven/service-guess.ts'
import {
  type Acknowledgement,
  cancelRequest,
  type GenaiRequest,
  processGenaiRequest,
  redriveAll,
  type Scope,
} from '../../src/index.ts'
import { createPlatform } from '../../src/platform.ts'
import { scriptedModels } from '../../src/testing/index.ts'
import { EventBench } from './bench.ts'
import { lognormal } from './estimate-scenarios.ts'

const minute = 60_000
const never = (): Promise<string> => new Promise(() => {})

function fault(statusCode: number): APICallError {
  return new APICallError({ message: '', url: 'http://model', requestBodyValues: {}, statusCode })
}

function ask(scope: Scope, more: Partial<GenaiRequest> = {}): Promise<Acknowledgement> {
  return processGenaiRequest(scope, { prompt: 'What is a queue?', ...more })
}

/** How long a request would be promised to take now, milliseconds; it is cancelled at once. */
async function promised(scope: Scope, more: Partial<GenaiRequest> = {}): Promise<number> {
  const acknowledgement = await ask(scope, more)
  await cancelRequest(scope, acknowledgement.request_id)
  return acknowledgement.estimated_completion_at - scope.clock.now()
}

/** What arrived of late in other lanes is known to the process that it arrived at. */
function expectNear(time: number, known: number): void {
  expect(Math.abs(time - known)).toBeLessThan(0.02 * known)
}

describe('the estimate on the way of a request [R10, X16]', () => {
  it('holds nine times in ten, in bursts, with throttled calls, through state, queue and workers', async () => {
    const { logMedian, sigma } = guessOf(undefined, 1_000)
    const times = lognormal(Math.exp(logMedian), sigma)
    const bench = await EventBench.open(async () => {
      const { clock } = bench.memory
      if (clock.random() < 0.05) throw fault(429)
      await new Promise<void>((resolve) =>
        clock.setTimer(
          times.next(() => clock.random()),
          resolve,
        ),
      )
      return 'Done.'
    })
    const scope = await bench.scope()
    const ids: string[] = []
    for (let round = 0; round < 12; round++) {
      const burst = await Promise.all(Array.from({ length: 250 }, () => ask(scope)))
      ids.push(...burst.map(({ request_id }) => request_id))
      await bench.pass(10_000)
      for (let single = 0; single < 25; single++) {
        ids.push((await ask(scope, { priority: 'high' })).request_id)
        await bench.pass(300)
      }
    }
    await bench.pass(5 * minute, 5_000)
    let held = 0
    for (const id of ids) {
      const { ended, estimated_completion_at } = (await getRequest(scope, id)).fields
      expect(ended).toBeDefined()
      if ((ended ?? Number.NaN) <= estimated_completion_at) held++
    }
    expect(held / ids.length).toBeGreaterThanOrEqual(0.85)
    expect(held / ids.length).toBeLessThanOrEqual(0.95)
    await bench.stop()
  })

  it('puts each of those that come at one moment behind the one before', async () => {
    const bench = await EventBench.open(never, { worker: false })
    const scope = await bench.scope()
    const burst = await Promise.all(Array.from({ length: 500 }, () => ask(scope)))
    const times = new Set(burst.map(({ estimated_completion_at }) => estimated_completion_at))
    // All workers are free for the first of them.
    expect(times.size).toBeGreaterThan(500 - 100)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(5_000)
  })

  it('keeps no place for what is refused, repeated, cancelled or expired', async () => {
    const bench = await EventBench.open(never)
    const scope = await bench.scope()
    const alone = await promised(scope)
    const now = bench.memory.clock.now()
    for (let waiting = 0; waiting < 400; waiting++) await ask(scope, { request_id: `r${waiting}`, expires_at: now + minute })
    const behind = await promised(scope)
    expect(behind).toBeGreaterThan(2 * alone)
    for (let again = 0; again < 400; again++) {
      const request = { prompt: 'What is a queue?', request_id: `r${again}`, expires_at: now + minute }
      await processGenaiRequest(scope, request)
      await expect(processGenaiRequest(scope, { prompt: 'One more?' }, { backlogLimit: 1 })).rejects.toMatchObject({
        code: 'queue_full',
      })
    }
    expect(await promised(scope)).toBe(behind)
    for (let gone = 0; gone < 200; gone++) await cancelRequest(scope, `r${399 - gone}`)
    expect(await promised(scope)).toBeLessThan(0.75 * behind)
    await bench.pass(2 * minute)
    expect(await bench.backlog()).toBe(0)
    expect(await promised(scope)).toBe(alone)
    await bench.stop()
  })

  it('counts what is redriven', async () => {
    const bench = await EventBench.open(async ({ attempt }) => {
      if (attempt === 1) throw fault(400)
      await new Promise<void>((resolve) => bench.memory.clock.setTimer(minute, resolve))
      return 'Done.'
    })
    const scope = await bench.scope()
    for (let number = 0; number < 100; number++) await ask(scope, { prompt: `Question ${number}` })
    await bench.pass(minute)
    const alone = await promised(scope)
    expect(await redriveAll(scope)).toHaveLength(100)
    expect(await promised(scope)).toBeGreaterThan(alone)
    await bench.pass(3 * minute)
    expect(await bench.backlog()).toBe(0)
    await bench.stop()
  })

  it('knows after a restart, and of another process, how much waits in which lane, within seconds', async () => {
    const bench = await EventBench.open(never, { worker: false })
    const here = await bench.scope()
    for (let waiting = 0; waiting < 640; waiting++) await ask(here, { priority: 'low' })
    const known = { low: await promised(here, { priority: 'low' }), high: await promised(here, { priority: 'high' }) }
    expect(known.low).toBeGreaterThan(2 * known.high)
    const restarted = createPlatform('memory', bench.memory.adapters, scriptedModels(never))
    const there = restarted.scope(await bench.caller())
    expectNear(await promised(there, { priority: 'low' }), known.low)
    expectNear(await promised(there, { priority: 'high' }), known.high)
    for (let more = 0; more < 640; more++) await ask(here, { priority: 'low' })
    expectNear(await promised(there, { priority: 'low' }), known.low)
    await bench.pass(6_000)
    const later = await promised(here, { priority: 'low' })
    expect(later).toBeGreaterThan(1.5 * known.low)
    expectNear(await promised(there, { priority: 'low' }), later)
  })

  it("shows nothing of another tenant's times or backlog [X67]", async () => {
    const bench = await EventBench.open(async () => {
      await new Promise<void>((resolve) => bench.memory.clock.setTimer(minute, resolve))
      return 'Done.'
    })
    const [mine, other] = [await bench.scope(), await bench.scope('beta')]
    const before = await promised(mine)
    for (let number = 0; number < 50; number++) await ask(other)
    expect(await promised(mine)).toBe(before)
    await bench.pass(3 * minute)
    expect(await bench.backlog()).toBe(0)
    expect(await promised(other)).toBeGreaterThanOrEqual(minute)
    expect(await promised(mine)).toBe(before)
    await bench.stop()
  })

  it('is not before the time asked for, nor after the request expires', async () => {
    const bench = await EventBench.open(never, { worker: false })
    const scope = await bench.scope()
    const now = bench.memory.clock.now()
    for (let waiting = 0; waiting < 1_000; waiting++) await ask(scope)
    const later = await ask(scope, { not_before: now + 60 * minute, expires_at: now + 61 * minute })
    expect(later.estimated_completion_at).toBeGreaterThan(now + 60 * minute)
    expect(later.estimated_completion_at).toBeLessThan(now + 61 * minute)
    expect((await ask(scope, { expires_at: now + 100 })).estimated_completion_at).toBe(now + 100)
  })
})
