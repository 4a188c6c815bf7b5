import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { deadLetters } from '../../src/event-driven/requests.ts'
import { cancelRequest, redrive, redriveAll } from '../../src/index.ts'
import { EventBench } from './bench.ts'

const minute = 60_000
const fault = (statusCode: number, parts: Partial<ConstructorParameters<typeof APICallError>[0]> = {}): APICallError =>
  new APICallError({ message: 'raw text of the provider', url: 'http://model', requestBodyValues: {}, statusCode, ...parts })
const never = new Promise<string>(() => {})

describe('working a request', () => {
  it('completes with result, usage and one event on the bus [R7, R11, R13, R14, R15, R17, X5, X17, X18]', async () => {
    const bench = await EventBench.open(({ options }) => `Up to ${options.maxOutputTokens}.`)
    const id = await bench.submit()
    await bench.pass(1_000)
    expect(await bench.result(id)).toBe('Up to 1000.')
    expect(await bench.fields(id)).toMatchObject({
      status: 'completed',
      attempts: 1,
      answered_by: 'test/model',
      stop_reason: 'end_turn',
      usage: { input_tokens: 16, output_tokens: 11, usd: (16 * 1 + 11 * 2) / 1e6 },
    })
    expect((await bench.fields(id)).timeline.map((entry) => entry.type)).toEqual(['received', 'started', 'completed'])
    const closing = bench.memory.bus.published.filter((event) => event.type === 'genai.request.completed')
    expect(closing).toHaveLength(1)
    expect(closing[0]).toMatchObject({
      tenant: 'alpha',
      subject: id,
      correlationId: 'correlation-of-ada',
      detail: { request_id: id, status: 'completed', result_ref: `requests/${id}/result` },
    })
    expect(bench.models.calls[0]?.options.prompt).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'What is a queue?' }] },
    ])
    expect(await bench.backlog()).toBe(0)
    await bench.stop()
  })

  it('asks the model that the request names, for no more than it gives [R14]', async () => {
    const bench = await EventBench.open(({ options }) => `Up to ${options.maxOutputTokens}.`)
    const id = await bench.submit({ model_id: 'test/small' })
    await bench.pass(1_000)
    expect(await bench.result(id)).toBe('Up to 10.')
    expect((await bench.fields(id)).answered_by).toBe('test/small')
    await bench.stop()
  })

  it('does not let a cut answer look complete [X20]', async () => {
    const bench = await EventBench.open(() => ({
      content: [{ type: 'text', text: 'Half a' }],
      finishReason: { unified: 'length', raw: 'max_tokens' },
    }))
    const id = await bench.submit()
    await bench.pass(1_000)
    expect((await bench.fields(id)).stop_reason).toBe('max_tokens')
    await bench.stop()
  })

  it('fails for good with a code of ours, a dead letter, and nothing of what the provider said [R13, R16, X11, X19]', async () => {
    const bench = await EventBench.open(() => Promise.reject(fault(400)))
    const id = await bench.submit()
    await bench.pass(minute)
    expect(bench.models.calls).toHaveLength(1)
    const fields = await bench.fields(id)
    expect(fields).toMatchObject({ status: 'failed', error: { code: 'model_request_refused', retryable: false } })
    const closing = (await bench.events()).filter((event) => event.type === 'genai.request.failed')
    expect(closing.map((event) => event.detail)).toEqual([{ request_id: id, status: 'failed', error: fields.error }])
    const letters = await (await bench.scope()).state.list(deadLetters, 'created', { limit: 10 })
    expect(letters.items[0]?.fields).toMatchObject({ request_id: id, reason: 'model_request_refused', attempts: 1, round: 1 })
    expect(JSON.stringify([fields, closing, letters.items[0]?.fields])).not.toContain('raw text')
    await bench.stop()
  })

  it('tries transient faults again, five times, with growing waits, then gives up [R19, X9]', async () => {
    const bench = await EventBench.open(() => Promise.reject(fault(503)))
    const id = await bench.submit()
    await bench.pass(10 * minute)
    expect(bench.models.calls).toHaveLength(6)
    expect(await bench.fields(id)).toMatchObject({
      status: 'failed',
      attempts: 6,
      faults: 5,
      error: { code: 'model_unavailable' },
    })
    expect(new Set(bench.models.calls.map((call) => call.idempotencyKey))).toEqual(new Set([`alpha:${id}:1`]))
    await bench.stop()
  })

  it('does not count throttles as retries, and waits as long as it is asked to [X9]', async () => {
    const times: number[] = []
    const bench = await EventBench.open(({ attempt }) => {
      times.push(bench.memory.clock.now())
      if (attempt <= 12) return Promise.reject(fault(429, { responseHeaders: { 'retry-after': '30' } }))
      return attempt === 13 ? Promise.reject(fault(503)) : 'At last.'
    })
    const id = await bench.submit()
    await bench.pass(120 * minute, 5_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', attempts: 14, throttled: 12, faults: 1 })
    for (let index = 1; index <= 12; index++) {
      const wait = (times[index] ?? 0) - (times[index - 1] ?? 0)
      expect(wait).toBeGreaterThanOrEqual(30_000)
      expect(wait).toBeLessThanOrEqual(10 * minute + 5_000)
    }
    await bench.stop()
  })

  it('tells a spent quota from a throttle by its code [X9]', async () => {
    const bench = await EventBench.open(() => Promise.reject(fault(429, { data: { error: { code: 'insufficient_quota' } } })))
    const id = await bench.submit()
    await bench.pass(minute)
    expect(bench.models.calls).toHaveLength(1)
    expect((await bench.fields(id)).error?.code).toBe('model_quota')
    await bench.stop()
  })

  it('ends a call that hangs, even one that ignores its signal [X10]', async () => {
    const bench = await EventBench.open(({ attempt }) => (attempt === 1 ? never : 'Now.'))
    const id = await bench.submit()
    await bench.pass(4 * minute)
    expect((await bench.fields(id)).status).toBe('processing')
    await bench.pass(3 * minute)
    expect(bench.models.calls[0]?.signal?.aborted).toBe(true)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', attempts: 2, faults: 1 })
    await bench.stop()
  })

  it.each([
    ['an empty answer', { content: [] }],
    ['an answer without content', { content: undefined as never }],
    ['content of a wrong form', { content: 'text' as never }],
    [
      'an answer that broke off',
      { content: [{ type: 'text' as const, text: 'Hal' }], finishReason: { unified: 'interrupted' as const, raw: undefined } },
    ],
    ['a bare error', new Error('secret details')],
    ['a reset connection', Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } })],
    ['nonsense thrown', 'thrown text' as never],
  ])('tries again after %s', async (_, nonsense) => {
    const bench = await EventBench.open(({ attempt }) => {
      if (attempt > 1) return 'Fine.'
      if (nonsense instanceof Error || typeof nonsense === 'string') throw nonsense
      return nonsense
    })
    const id = await bench.submit()
    await bench.pass(minute)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', faults: 1 })
    expect(JSON.stringify(await bench.fields(id))).not.toContain('secret')
    await bench.stop()
  })

  it('keeps counts sane whatever usage a model reports [X17]', async () => {
    const bench = await EventBench.open(() => ({
      content: [{ type: 'text', text: 'Hm.' }],
      usage: { inputTokens: { total: Number.NaN }, outputTokens: { total: -5 } } as never,
    }))
    const id = await bench.submit()
    await bench.pass(1_000)
    expect((await bench.fields(id)).usage).toMatchObject({ input_tokens: 0, output_tokens: 0, usd: 0 })
    await bench.stop()
  })

  it('waits for not_before, however far ahead', async () => {
    const bench = await EventBench.open(() => 'Done.')
    const id = await bench.submit({ not_before: bench.memory.clock.now() + 3 * 60 * minute })
    await bench.pass(179 * minute, minute)
    expect(bench.models.calls).toHaveLength(0)
    await bench.pass(3 * minute)
    expect((await bench.fields(id)).status).toBe('completed')
    await bench.stop()
  })

  it('cancels what waits and what runs; a result that comes later does not count', async () => {
    let release: (text: string) => void = () => {}
    const bench = await EventBench.open(() => new Promise<string>((resolve) => (release = resolve)))
    const running = await bench.submit()
    const waiting = await bench.submit({ not_before: bench.memory.clock.now() + minute })
    await bench.pass(1_000)
    for (const id of [running, waiting]) {
      expect((await cancelRequest(await bench.scope(), id)).status).toBe('cancelled')
      await cancelRequest(await bench.scope(), id)
    }
    release('Too late.')
    await bench.pass(5 * minute, 5_000)
    expect(bench.models.calls).toHaveLength(1)
    expect(await bench.result(running)).toBeUndefined()
    const closing = await bench.events('genai.request.failed')
    expect(closing.map((event) => [event.subject, event.detail.status])).toEqual([
      [running, 'cancelled'],
      [waiting, 'cancelled'],
    ])
    expect(await bench.backlog()).toBe(0)
    await expect(cancelRequest(await bench.scope('beta'), running)).rejects.toMatchObject({ code: 'not_found' })
    await bench.stop()
  })

  it('does not cancel what is done', async () => {
    const bench = await EventBench.open(() => 'Done.')
    const id = await bench.submit()
    await bench.pass(1_000)
    await expect(cancelRequest(await bench.scope(), id)).rejects.toMatchObject({ code: 'wrong_state' })
    await bench.stop()
  })

  it('redrives dead letters in a new round, and they die again properly [R19]', async () => {
    const bench = await EventBench.open(({ attempt }) => (attempt < 3 ? Promise.reject(fault(400)) : 'Third time.'))
    const id = await bench.submit()
    await bench.pass(1_000)
    await redrive(await bench.scope(), id)
    await bench.pass(1_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'failed', round: 2, attempts: 2 })
    await bench.pass(3_000)
    expect(await redriveAll(await bench.scope())).toEqual([id])
    await bench.pass(1_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', round: 3, attempts: 3 })
    expect((await bench.events()).map((event) => event.type)).toEqual([
      'genai.request.received',
      'genai.request.failed',
      'genai.request.failed',
      'genai.request.completed',
    ])
    await expect(redrive(await bench.scope(), id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await bench.backlog()).toBe(0)
    await bench.stop()
  })

  it('gives up work that is cut off again and again: it may be what kills the process', async () => {
    const bench = await EventBench.open(() => never, { hostile: { loseLease: 0.99 } })
    const id = await bench.submit()
    await bench.pass(60 * minute, 5_000)
    bench.memory.hostile.calm()
    await bench.pass(30 * minute, 5_000)
    const fields = await bench.fields(id)
    expect(fields.status).toBe('failed')
    expect(fields.attempts).toBeGreaterThanOrEqual(6)
    expect(fields.timeline.length).toBeLessThanOrEqual(100)
    await bench.stop()
  })

  it("lets a suspended tenant's work wait, and goes on when it is active again", async () => {
    const bench = await EventBench.open(() => 'Done.', { worker: false })
    const id = await bench.submit()
    await bench.registry.setStatus('alpha', 'suspended')
    bench.start()
    await bench.pass(10 * minute, 5_000)
    expect(bench.models.calls).toHaveLength(0)
    await bench.registry.setStatus('alpha', 'active')
    await bench.pass(2 * minute)
    expect((await bench.fields(id)).status).toBe('completed')
    await bench.stop()
  })
})
