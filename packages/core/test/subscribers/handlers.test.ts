import { describe, expect, it } from 'vitest'
import {
  defineJob,
  definePattern,
  defineSubscriber,
  InvalidInputError,
  type Pattern,
  redrive,
  type Subscriber,
} from '../../src/index.ts'
import { memoryGround, SubscriberBench } from './subscriber-bench.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** A pattern that somebody adds, with a step of its own: nothing that exists is changed for it. */
function patternWith(handle: Subscriber['handle'], pattern: object = {}): Pattern {
  return definePattern({
    name: 'rag',
    title: 'A pattern of the test',
    summary: 'Handles events.',
    collections: [],
    events: [],
    jobs: [],
    routes: [],
    subscribers: [defineSubscriber({ name: 'rag.take', summary: 'Takes events.', pattern, handle })],
  })
}

describe('[R21] a handler in code', () => {
  it("is run for every tenant's events, with that tenant's scope, and needs no change elsewhere", async () => {
    const seen: string[] = []
    const added = patternWith(
      async (scope, event) => void seen.push(`${scope.caller.tenant} ${event.tenant_id} ${event.subject} ${event.type}`),
      { type: ['genai.request.completed'] },
    )
    const bench = await SubscriberBench.open({ patterns: [added] })
    await bench.emit('one')
    await bench.emit('two', {}, { tenant: 'beta' })
    await bench.emit('not this', {}, { type: 'genai.request.failed' })
    await bench.pass(minute)
    expect(seen.toSorted()).toEqual(['alpha alpha one genai.request.completed', 'beta beta two genai.request.completed'])
    expect(await bench.deliveries('handler:rag.take', 'beta')).toMatchObject([{ status: 'delivered', subject: 'two' }])
    await bench.stop()
  })

  it('that throws is run again, for about three days, and ends as a dead letter that can be redriven', async () => {
    let runs = 0
    let well = false
    const added = patternWith(async () => {
      runs++
      if (!well) throw new Error('secret words')
    })
    const bench = await SubscriberBench.open({ patterns: [added] })
    await bench.emit('hard')
    await bench.pass(5 * day, 10 * minute)
    expect(runs).toBe(11)
    const [letter] = await bench.letters()
    expect(letter).toMatchObject({ kind: 'delivery', reason: 'internal', attempts: 11 })
    expect(JSON.stringify(letter)).not.toContain('secret')
    well = true
    await redrive(await bench.scope(), letter?.dead_letter_id ?? '')
    await bench.pass(minute)
    expect(runs).toBe(12)
    expect(await bench.deliveries('handler:rag.take')).toMatchObject([{ status: 'delivered', round: 2 }])
    await bench.stop()
  })

  it('may name the time of another try, or give an event up', async () => {
    const times: number[] = []
    const ground = memoryGround()
    const added = patternWith(async (_, event) => {
      times.push(ground.clock.now())
      if (event.subject === 'hopeless') return { dead: 'no_use' }
      return times.length < 3 ? { retryAt: ground.clock.now() + 10 * minute } : { done: true }
    })
    const bench = await SubscriberBench.open({ ground, patterns: [added] })
    await bench.emit('later')
    await bench.pass(30 * minute)
    expect(times.map((time) => Math.round((time - (times[0] ?? 0)) / minute))).toEqual([0, 10, 20])
    await bench.emit('hopeless')
    await bench.pass(minute)
    expect(await bench.letters()).toMatchObject([{ request_id: 'hopeless', reason: 'handler_refused', attempts: 1 }])
    await bench.stop()
  })

  it('loses no event on the weakest legal platform, and runs little twice', async () => {
    const runs = new Map<string, number>()
    const ground = memoryGround()
    const added = patternWith(async (_, event) => void runs.set(event.subject, (runs.get(event.subject) ?? 0) + 1))
    const bench = await SubscriberBench.open({ ground, patterns: [added] })
    for (let index = 0; index < 40; index++) await bench.emit(`event-${index}`)
    ground.memory.hostile.set({
      duplicateDelivery: 0.3,
      redeliverSettled: 0.3,
      failSend: 0.3,
      loseLease: 0.2,
      conflict: 0.1,
      ambiguousCommit: 0.1,
      resendSettled: 0.3,
      failSettle: 0.3,
      failPublish: 0.3,
    })
    await bench.pass(20 * minute)
    ground.memory.hostile.calm()
    await bench.pass(60 * minute, minute)
    expect(runs.size).toBe(40)
    expect([...runs.values()].reduce((sum, amount) => sum + amount, 0)).toBeLessThan(40 * 3)
    await bench.stop()
  })

  it('is refused when it is defined, for a pattern that can not be right or a name that is taken', () => {
    expect(() => patternWith(async () => {}, { typ: ['a'] })).toThrow(InvalidInputError)
    const subscriber = defineSubscriber({ name: 'rag.take', summary: 'a', pattern: {}, handle: async () => {} })
    const twice = { ...patternWith(async () => {}), jobs: [], subscribers: [subscriber, subscriber] }
    expect(() => definePattern(twice)).toThrow('rag.take is defined twice')
    const job = defineJob({
      name: 'rag.take',
      version: 1,
      summary: 'a',
      body: {} as never,
      concurrency: 1,
      handle: async () => ({ done: true }),
    })
    expect(() => definePattern({ ...twice, jobs: [job], subscribers: [subscriber] })).toThrow('rag.take is defined twice')
  })
})
