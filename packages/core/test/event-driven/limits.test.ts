import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { cancelRequest, processGenaiRequest } from '../../src/index.ts'
import { EventBench } from './bench.ts'

const throttle = (retryAfter?: number): APICallError =>
  new APICallError({
    message: '',
    url: '',
    requestBodyValues: {},
    statusCode: 429,
    responseHeaders: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  })

/** A bench whose model takes a second for each answer, and what it saw. */
async function limited(limit: { concurrency?: number; tokensPerMinute?: number }): Promise<{
  bench: EventBench
  seen: { running: number; most: number; starts: number[] }
}> {
  const seen = { running: 0, most: 0, starts: [] as number[] }
  const bench: EventBench = await EventBench.open(
    async () => {
      seen.starts.push(bench.memory.clock.now())
      seen.most = Math.max(seen.most, ++seen.running)
      await new Promise<void>((resolve) => bench.memory.clock.setTimer(1_000, resolve))
      seen.running--
      return 'Done.'
    },
    { limits: new Map([['test/model', limit]]) },
  )
  return { bench, seen }
}

describe('a request for a model with limits', () => {
  it('waits for its turn; that is no start, and is noted once [X8, X9]', async () => {
    const { bench, seen } = await limited({ concurrency: 2 })
    const ids: string[] = []
    for (let index = 0; index < 100; index++) ids.push(await bench.submit({ prompt: `${index}` }))
    await bench.pass(120_000, 500)
    expect(seen.most).toBe(2)
    const timelines = new Set<string>()
    for (const id of ids) {
      const fields = await bench.fields(id)
      expect(fields).toMatchObject({ status: 'completed', attempts: 1, throttled: 0, faults: 0 })
      timelines.add(fields.timeline.map(({ type }) => type).join(' '))
    }
    expect(timelines).toEqual(new Set(['received started completed', 'received waiting started completed']))
    await bench.stop()
  })

  it('goes before those of a lower priority', async () => {
    const { bench } = await limited({ concurrency: 1 })
    for (let index = 0; index < 40; index++) await bench.submit({ prompt: `${index}`, priority: 'low' })
    await bench.pass(5_000, 500)
    const sent = bench.memory.clock.now()
    const id = await bench.submit({ priority: 'high' })
    await bench.pass(100_000, 500)
    const { status, ended = 0 } = await bench.fields(id)
    expect(status).toBe('completed')
    // The call that runs, and its own.
    expect(ended - sent).toBeLessThanOrEqual(2_100)
    await bench.stop()
  })

  it('is failed for good when it may use more than a whole minute has', async () => {
    const { bench, seen } = await limited({ tokensPerMinute: 500 })
    const id = await bench.submit({ max_tokens: 1_000 })
    await bench.pass(1_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'failed', error: { code: 'over_model_limit', retryable: false } })
    expect(seen.starts).toEqual([])
    await bench.stop()
  })

  it('reserves what it may use, and gives back what it did not', async () => {
    const { bench, seen } = await limited({ tokensPerMinute: 1_000 })
    for (let index = 0; index < 12; index++) await bench.submit({ prompt: `${index}`, max_tokens: 400 })
    await bench.pass(40_000, 500)
    // Two reservations of 401 tokens fit, and each call gives nearly all of its own back.
    expect(seen.most).toBe(2)
    expect(seen.starts).toHaveLength(12)
    expect(bench.memory.platform.gate.state('test/model')).toMatchObject({ running: 0, waiting: 0 })
    await bench.stop()
  })

  it('is not worked any more when it is cancelled while it waits', async () => {
    const { bench, seen } = await limited({ concurrency: 1 })
    const first = await bench.submit({ prompt: 'first' })
    const second = await bench.submit({ prompt: 'second' })
    await bench.pass(500, 100)
    await cancelRequest(await bench.scope(), second)
    await bench.pass(10_000, 500)
    expect(await bench.fields(first)).toMatchObject({ status: 'completed' })
    expect(await bench.fields(second)).toMatchObject({ status: 'cancelled' })
    expect(seen.starts).toHaveLength(1)
    await bench.stop()
  })

  it('gives its permit back whatever becomes of it', async () => {
    const endings: (() => Promise<string>)[] = [
      () => Promise.reject(new Error('a fault')),
      () => Promise.reject(throttle()),
      () => new Promise(() => {}),
    ]
    const bench: EventBench = await EventBench.open(({ attempt, prompt }) => endings[Number(prompt)]?.() ?? `Done ${attempt}.`, {
      limits: new Map([['test/model', { concurrency: 3 }]]),
    })
    const ids: string[] = []
    for (const prompt of ['0', '1', '2', 'fine']) ids.push(await bench.submit({ prompt }))
    await bench.pass(2_000, 500)
    expect(bench.memory.platform.gate.state('test/model')).toEqual({ running: 1, waiting: 0 })
    for (const id of ids.slice(0, 3)) await cancelRequest(await bench.scope(), id)
    await bench.pass(5_000, 500)
    expect(bench.memory.platform.gate.state('test/model')).toEqual({ running: 0, waiting: 0 })
    await bench.stop()
  })
})

describe('a provider that asks for a pause', () => {
  it('is left alone by everyone until then, and then met slowly [X9]', async () => {
    const calls: number[] = []
    const bench: EventBench = await EventBench.open(async () => {
      calls.push(bench.memory.clock.now())
      if (calls.length === 1) throw throttle(60)
      await new Promise<void>((resolve) => bench.memory.clock.setTimer(1_000, resolve))
      return 'Done.'
    })
    await bench.submit({ prompt: 'first' })
    await bench.pass(1_000)
    const closed = calls[0] ?? 0
    const beta = await bench.scope('beta')
    for (let index = 0; index < 30; index++) {
      await bench.submit({ prompt: `${index}` })
      await processGenaiRequest(beta, { prompt: `beta ${index}` })
    }
    await bench.pass(180_000, 500)
    const later = calls.slice(1).map((at) => at - closed)
    expect(later).toHaveLength(61)
    expect(Math.min(...later)).toBeGreaterThanOrEqual(60_000)
    expect(later.filter((at) => at < 61_000).length).toBeLessThanOrEqual(2)
    await bench.stop()
  })

  it('and says not for how long is asked by others meanwhile', async () => {
    const prompts: string[] = []
    const bench = await EventBench.open(({ prompt, attempt }) => {
      prompts.push(prompt)
      return prompt === 'unlucky' && attempt < 4 ? Promise.reject(throttle()) : 'Done.'
    })
    await bench.submit({ prompt: 'unlucky' })
    await bench.pass(100, 100)
    const id = await bench.submit({ prompt: 'other' })
    await bench.pass(100, 100)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed' })
    await bench.pass(60_000)
    expect(prompts.filter((prompt) => prompt === 'unlucky')).toHaveLength(4)
    await bench.stop()
  })
})
