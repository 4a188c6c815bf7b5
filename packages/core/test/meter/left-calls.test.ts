import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { cancelRequest, processGenaiRequest, type Row } from '../../src/index.ts'
import type { KeyLimits, TenantLimits } from '../../src/tenancy/tenant.ts'
import { EventBench } from '../event-driven/bench.ts'
import { never, piecewise } from './calls.ts'
import { keyIds, usd } from './meter-bench.ts'

/** The prompt is estimated at 4 tokens: with 96 of output that is 196,000 nano-dollars, at 1 and 2 USD per million. */
const request = { prompt: 'Twelve bytes', max_tokens: 96 } as const
const nano = 196_000
/** Of input and of so much output. */
const price = (input: number, output: number): number => input * 1_000 + output * 2_000
const room: TenantLimits = { monthly_budget_usd: usd(100 * nano), tokens_per_minute: 100_000 }

async function limited(bench: EventBench, limits: TenantLimits): Promise<void> {
  await bench.registry.change('alpha', (settings) => ({ ...settings, limits }))
}

async function rowsOf(bench: EventBench, collection: string): Promise<readonly Row[]> {
  const { items } = await bench.memory.adapters.operations.rows('alpha', { limit: 1_000 })
  return items.filter((row) => row.collection === collection)
}

/** By account: what is taken of the month. */
async function spending(bench: EventBench): Promise<Readonly<Record<string, unknown>>> {
  return Object.fromEntries((await rowsOf(bench, 'spending')).map(({ sort, index }) => [sort, index.taken]))
}

async function usage(bench: EventBench): Promise<unknown> {
  return (await rowsOf(bench, 'usage')).map(({ index }) => index)
}

describe('a call that is cancelled while it runs', () => {
  it('of a stream is booked with what the stream showed, whoever cancels [X68, R104]', async () => {
    const bench = await EventBench.open(() => ({ stream: piecewise(bench, ['One ', 'two ', 'three ', 'four ']) }))
    await limited(bench, room)
    const id = await bench.submit({ ...request, model_id: 'test/stream' })
    await bench.pass(3_000, 250)
    await cancelRequest(await bench.scope('alpha', 'ben'), id)
    const { usage: used } = await bench.fields(id)
    // "One two " and perhaps "three ".
    expect([3, 5]).toContain(used?.output_tokens)
    expect(used).toMatchObject({ input_tokens: 4, usd: usd(price(4, used?.output_tokens ?? 0)) })
    await bench.pass(10_000)
    expect((await bench.fields(id)).usage).toEqual(used)
    expect(await spending(bench)).toEqual({ '@': price(4, used?.output_tokens ?? 0) })
    expect(await usage(bench)).toMatchObject([{ requests: 1, input_tokens: 4, output_tokens: used?.output_tokens }])
    await bench.stop()
  })

  it('of a stream that a filter holds back is booked with the most that it may have put out [X68]', async () => {
    const bench = await EventBench.open(() => ({ stream: piecewise(bench, ['One ', 'two ', 'three ', 'four ']) }))
    const filters = { input: {}, output: { deny_list: 'block' }, deny_list: ['one'] } as const
    await bench.registry.change('alpha', (settings) => ({ ...settings, limits: room, filters }))
    const id = await bench.submit({ ...request, model_id: 'test/stream' })
    await bench.pass(3_000, 250)
    await cancelRequest(await bench.scope(), id)
    expect((await bench.fields(id)).usage).toMatchObject({ input_tokens: 4, output_tokens: 96, usd: usd(nano) })
    await bench.stop()
  })

  it.each([0, 100, 240])('%i ms after its start is booked by its worker, once: no start was kept [X68]', async (ran) => {
    const bench = await EventBench.open(never)
    await limited(bench, room)
    const id = await bench.submit(request)
    while (bench.models.calls.length === 0) await bench.pass(10, 10)
    await bench.pass(ran, 10)
    expect((await cancelRequest(await bench.scope(), id)).usage).toBeUndefined()
    expect(await spending(bench)).toEqual({ '@': 0 })
    await bench.pass(5_000, 50)
    expect((await bench.fields(id)).usage).toMatchObject({ input_tokens: 4, output_tokens: 96, usd: usd(nano) })
    expect(await spending(bench)).toEqual({ '@': nano })
    expect(await usage(bench)).toEqual([{ requests: 1, input_tokens: 4, output_tokens: 96, nano_usd: nano }])
    expect((await rowsOf(bench, 'rates'))[0]?.index.tokens).toBe(100)
    await bench.stop()
  })

  it('and answers before it is noticed is booked with what it used [X68]', async () => {
    const bench = await EventBench.open(async () => {
      await new Promise<void>((resolve) => bench.memory.clock.setTimer(150, resolve))
      return 'An answer.'
    })
    await limited(bench, room)
    const id = await bench.submit(request)
    while (bench.models.calls.length === 0) await bench.pass(10, 10)
    await bench.pass(20, 10)
    await cancelRequest(await bench.scope(), id)
    await bench.pass(5_000, 50)
    expect(await bench.fields(id)).toMatchObject({ status: 'cancelled', usage: { input_tokens: 12, output_tokens: 10 } })
    expect(await bench.result(id)).toBeUndefined()
    expect(await spending(bench)).toEqual({ '@': price(12, 10) })
    await bench.stop()
  })

  it('is not booked where none ran: it waited for another try [X68]', async () => {
    const bench = await EventBench.open(() =>
      Promise.reject(new APICallError({ message: '', url: '', requestBodyValues: {}, statusCode: 503 })),
    )
    await limited(bench, room)
    const id = await bench.submit(request)
    while ((await bench.fields(id)).timeline.at(-1)?.type !== 'retrying') await bench.pass(50, 50)
    await cancelRequest(await bench.scope(), id)
    await bench.pass(5_000)
    expect((await bench.fields(id)).usage).toBeUndefined()
    expect(await spending(bench)).toEqual({ '@': 0 })
    expect(await usage(bench)).toEqual([])
    await bench.stop()
  })
})

describe('a call that takes too long', () => {
  it('is booked with the most that it may have used, each time, and its request with all of them [X68, R104]', async () => {
    const bench = await EventBench.open(({ attempt }) => (attempt < 3 ? never() : 'An answer.'))
    await limited(bench, room)
    const id = await bench.submit(request)
    await bench.pass(20 * 60_000, 5_000)
    const all = { input_tokens: 2 * 4 + 12, output_tokens: 2 * 96 + 10 }
    const { status, usage: used } = await bench.fields(id)
    expect(status).toBe('completed')
    expect(used).toMatchObject(all)
    expect(Math.round((used?.usd ?? 0) * 1e9)).toBe(2 * nano + price(12, 10))
    expect(await spending(bench)).toEqual({ '@': 2 * nano + price(12, 10) })
    expect(await usage(bench)).toEqual([{ requests: 3, ...all, nano_usd: 2 * nano + price(12, 10) }])
    await bench.stop()
  })

  it('is booked the last time, too, when the request is given up', async () => {
    const bench = await EventBench.open(never)
    await limited(bench, room)
    const id = await bench.submit(request)
    await bench.pass(60 * 60_000, 5_000)
    expect(await bench.fields(id)).toMatchObject({
      status: 'failed',
      error: { code: 'model_timeout' },
      usage: { output_tokens: 6 * 96 },
    })
    expect(await spending(bench)).toEqual({ '@': 6 * nano })
    await bench.stop()
  })

  it('so too where the client below waits no longer than we do', async () => {
    const cause = Object.assign(new Error('Headers Timeout Error'), { code: 'UND_ERR_HEADERS_TIMEOUT' })
    const bench = await EventBench.open(({ attempt }) =>
      attempt > 1
        ? 'An answer.'
        : Promise.reject(
            new APICallError({ message: '', url: '', requestBodyValues: {}, cause: new TypeError('fetch failed', { cause }) }),
          ),
    )
    await limited(bench, room)
    await bench.submit(request)
    await bench.pass(60_000)
    expect(await spending(bench)).toEqual({ '@': nano + price(12, 10) })
    await bench.stop()
  })

  it('is the last where the budget has no room for another try, and never passes it [X14, X68]', async () => {
    const bench = await EventBench.open(never)
    await limited(bench, { monthly_budget_usd: usd(2 * nano + nano / 2) })
    const id = await bench.submit(request)
    await bench.pass(60 * 60_000, 5_000)
    expect(await bench.fields(id)).toMatchObject({
      status: 'failed',
      error: { code: 'budget_exhausted', retryable: false },
      usage: { output_tokens: 2 * 96 },
    })
    expect(await spending(bench)).toEqual({ '@': 2 * nano })
    expect((await rowsOf(bench, 'dead-letters'))[0]?.index).toMatchObject({ reason: 'budget_exhausted' })
    expect(await bench.backlog()).toBe(0)
    await bench.stop()
  })

  it('is held to the budget of the key that asked, by a worker that knows nothing of the key [X14]', async () => {
    const bench = await EventBench.open(never)
    const keyLimits: KeyLimits = { monthly_budget_usd: usd(3 * nano) }
    const caller = { ...(await bench.caller()), keyId: keyIds.rated, keyLimits }
    const { request_id } = await processGenaiRequest(bench.memory.platform.scope(caller), request)
    await bench.pass(60 * 60_000, 5_000)
    expect(await bench.fields(request_id)).toMatchObject({ error: { code: 'budget_exhausted' } })
    expect(await spending(bench)).toEqual({ '@': 3 * nano, [keyIds.rated]: 3 * nano })
    await bench.stop()
  })
})

describe('a call that brings no answer', () => {
  it('but text is booked with what its stream showed before it broke off [X68]', async () => {
    const bench = await EventBench.open(({ attempt }) =>
      attempt === 1 ? { stream: piecewise(bench, ['One ', 'two '], { breaks: true }) } : 'An answer.',
    )
    await limited(bench, room)
    const id = await bench.submit({ ...request, model_id: 'test/stream' })
    await bench.pass(60_000, 250)
    const all = { input_tokens: 4 + 12, output_tokens: 3 + 10 }
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', usage: all })
    expect(await spending(bench)).toEqual({ '@': price(16, 13) })
    expect(await usage(bench)).toMatchObject([{ requests: 2, ...all }])
    await bench.stop()
  })

  it('that can be kept is booked with what it used [X68]', async () => {
    const tokens = 65 * 1024 * 1024
    const bench = await EventBench.open(() => 'x'.repeat(tokens))
    const id = await bench.submit(request)
    await bench.pass(60_000)
    expect(await bench.fields(id)).toMatchObject({
      status: 'failed',
      error: { code: 'too_large' },
      usage: { output_tokens: tokens },
    })
    expect(await spending(bench)).toEqual({ '@': price(12, tokens) })
    await bench.stop()
  })
})
