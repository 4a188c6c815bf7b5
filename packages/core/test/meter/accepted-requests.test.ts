import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { cancelRequest, processGenaiRequest, type Row, redrive, redriveAll } from '../../src/index.ts'
import type { KeyLimits, TenantLimits } from '../../src/tenancy/tenant.ts'
import { EventBench } from '../event-driven/bench.ts'
import { keyIds, price, usd } from './meter-bench.ts'

/** The prompt is estimated at 4 tokens: with 96 of output it is 100, or 196,000 nano-dollars. */
const request = { prompt: 'Twelve bytes', max_tokens: 96 } as const
const [tokens, nano] = [100, 196_000]
const never = (): Promise<string> => new Promise(() => {})

async function limited(bench: EventBench, limits: TenantLimits): Promise<void> {
  await bench.registry.change('alpha', (settings) => ({ ...settings, limits }))
}

async function rowsOf(bench: EventBench, ...collections: readonly string[]): Promise<readonly Row[]> {
  const { items } = await bench.memory.adapters.operations.rows('alpha', { limit: 1_000 })
  return items.filter((row) => collections.length === 0 || collections.includes(row.collection))
}

/** All there is of a tenant: rows, events, and what waits for the relay. */
async function everything(bench: EventBench): Promise<object> {
  const pending = await bench.memory.adapters.operations.pending(1_000)
  return { rows: await rowsOf(bench), events: await bench.events(), pending }
}

async function taken(bench: EventBench): Promise<number> {
  return Number((await rowsOf(bench, 'spending'))[0]?.index.taken ?? 0)
}

async function submitWithKey(bench: EventBench, keyLimits: KeyLimits): Promise<string> {
  const caller = { ...(await bench.caller()), keyId: keyIds.rated, keyLimits }
  return (await processGenaiRequest(bench.memory.platform.scope(caller), request)).request_id
}

const room: TenantLimits = { monthly_budget_usd: usd(100 * nano), requests_per_minute: 100, tokens_per_minute: 100 * tokens }
const usedUp: readonly (readonly [code: string, limits: TenantLimits])[] = [
  ['budget_exhausted', { monthly_budget_usd: usd(2 * nano - 1) }],
  ['rate_limited', { requests_per_minute: 1 }],
  ['rate_limited', { tokens_per_minute: 2 * tokens - 1 }],
  ['over_token_limit', { tokens_per_minute: tokens - 1 }],
  ['budget_exhausted', { monthly_budget_usd: 0 }],
  ['rate_limited', { requests_per_minute: 0 }],
  ['over_token_limit', { tokens_per_minute: 0 }],
]

describe('a request that a limit refuses', () => {
  it.each(usedUp)('by %s leaves nothing behind, neither there nor where there was room: %j [X14, X68]', async (code, limit) => {
    const bench = await EventBench.open(never, { worker: false })
    await limited(bench, room)
    await bench.submit(request)
    await limited(bench, { ...room, ...limit })
    const before = await everything(bench)
    await expect(bench.submit(request, { idempotencyKey: 'key' })).rejects.toMatchObject({ code })
    expect(await everything(bench)).toEqual(before)
    await limited(bench, room)
    await bench.submit(request, { idempotencyKey: 'key' })
  })

  it('by a full queue takes nothing of the other limits', async () => {
    const bench = await EventBench.open(never, { worker: false })
    await limited(bench, room)
    await bench.submit(request)
    const before = await everything(bench)
    await expect(bench.submit(request, { backlogLimit: 1 })).rejects.toMatchObject({ code: 'queue_full' })
    expect(await everything(bench)).toEqual(before)
  })

  it('of a virtual key takes nothing of its tenant’s limits', async () => {
    const bench = await EventBench.open(never, { worker: false })
    await limited(bench, room)
    const all = { monthly_budget_usd: usd(nano), requests_per_minute: 1, tokens_per_minute: tokens }
    await submitWithKey(bench, all)
    const before = await everything(bench)
    await expect(submitWithKey(bench, { ...all, requests_per_minute: 5, tokens_per_minute: 1_000 })).rejects.toMatchObject({
      code: 'budget_exhausted',
    })
    await expect(submitWithKey(bench, { ...all, monthly_budget_usd: 1 })).rejects.toMatchObject({ code: 'rate_limited' })
    await expect(submitWithKey(bench, { tokens_per_minute: tokens - 1 })).rejects.toMatchObject({ code: 'over_token_limit' })
    expect(await everything(bench)).toEqual(before)
  })
})

describe('a request that was accepted, and comes again', () => {
  it.each(usedUp)(
    'is given its first acknowledgement, and isn’t counted, though it would be refused by %s: %j [X14, X68]',
    async (_, limit) => {
      const bench = await EventBench.open(never, { worker: false })
      await limited(bench, room)
      const scope = await bench.scope()
      const body = { ...request, request_id: 'mine' }
      const first = await processGenaiRequest(scope, body, { idempotencyKey: 'key' })
      await bench.memory.clock.advance(10)
      await limited(bench, limit)
      const before = await everything(bench)
      for (const idempotencyKey of ['key', undefined]) {
        const options = idempotencyKey === undefined ? {} : { idempotencyKey }
        expect(await processGenaiRequest(await bench.scope(), body, options)).toEqual(first)
      }
      await expect(
        processGenaiRequest(await bench.scope(), { ...body, prompt: 'Other' }, { idempotencyKey: 'key' }),
      ).rejects.toMatchObject({
        code: 'reused_with_another_body',
      })
      expect(await everything(bench)).toEqual(before)
    },
  )

  it('twice at the same moment is counted once', async () => {
    const bench = await EventBench.open(never, { worker: false })
    await limited(bench, { requests_per_minute: 1, tokens_per_minute: tokens, monthly_budget_usd: usd(nano) })
    const all = await Promise.all(Array.from({ length: 5 }, () => bench.submit(request, { idempotencyKey: 'key' })))
    expect(new Set(all).size).toBe(1)
    expect(await taken(bench)).toBe(nano)
    expect((await rowsOf(bench, 'rates')).map(({ index }) => index)).toEqual([{ requests: 1, tokens }])
  })
})

describe('a request that was accepted', () => {
  it('is settled with what it used, in the name of whoever asked for it [R104, X14]', async () => {
    const bench = await EventBench.open(() => 'An answer.')
    await limited(bench, room)
    const id = await bench.submit(request)
    expect(await taken(bench)).toBe(nano)
    await bench.pass(1_000)
    const { usage, ...fields } = await bench.fields(id)
    expect(usage).toMatchObject({ input_tokens: 12, output_tokens: 10, usd: 0.000032 })
    expect(fields).not.toHaveProperty('reservation')
    expect(await taken(bench)).toBe(32_000)
    const rows = (await rowsOf(bench, 'usage')).map(({ sort, index }) => [sort, index])
    const counts = { requests: 1, input_tokens: 12, output_tokens: 10, nano_usd: 32_000 }
    expect(rows).toEqual([['2026-01-01/test%2Fmodel/ada', counts]])
    expect((await rowsOf(bench, 'rates'))[0]?.index).toEqual({ requests: 1, tokens: 22 })
    await bench.stop()
  })

  it('gives everything back when it is cancelled before it runs, or fails', async () => {
    const bench = await EventBench.open(({ prompt }) =>
      Promise.reject(new APICallError({ message: prompt, url: '', requestBodyValues: {}, statusCode: 400 })),
    )
    await limited(bench, { ...room, concurrent: 1 })
    const later = await bench.submit({ ...request, not_before: bench.memory.clock.now() + 3_600_000 })
    const failing = await bench.submit(request)
    expect(await taken(bench)).toBe(2 * nano)
    await bench.pass(2_000)
    expect(await bench.fields(failing)).toMatchObject({ status: 'failed' })
    expect(await taken(bench)).toBe(nano)
    await cancelRequest(await bench.scope(), later)
    expect(await taken(bench)).toBe(0)
    expect(await rowsOf(bench, 'usage')).toEqual([])
    expect((await rowsOf(bench, 'rates'))[0]?.index).toEqual({ requests: 2, tokens: 0 })
    await bench.stop()
  })

  it('costs all that was reserved when it is cancelled while it runs, and says so: nobody knows what the call used [X68]', async () => {
    const bench = await EventBench.open(never)
    await limited(bench, room)
    const id = await bench.submit(request)
    await bench.pass(3_000)
    await cancelRequest(await bench.scope(), id)
    const { usage, status } = await bench.fields(id)
    expect(status).toBe('cancelled')
    expect(usage).toMatchObject({ input_tokens: 4, output_tokens: 96, usd: usd(nano) })
    expect(usage?.latency_ms).toBeGreaterThan(2_000)
    expect(await taken(bench)).toBe(nano)
    expect((await rowsOf(bench, 'usage'))[0]?.index).toEqual({ requests: 1, input_tokens: 4, output_tokens: 96, nano_usd: nano })
    await bench.stop()
  })

  it('costs the same when it expires while it runs, and nothing when it expires before', async () => {
    const bench = await EventBench.open(never)
    await limited(bench, { ...room, concurrent: 1 })
    const expires_at = bench.memory.clock.now() + 60_000
    await bench.submit({ ...request, expires_at })
    await bench.pass(2_000)
    await bench.submit({ ...request, expires_at })
    expect(await taken(bench)).toBe(2 * nano)
    await bench.pass(90_000)
    expect(await bench.backlog()).toBe(0)
    expect(await taken(bench)).toBe(nano)
    expect((await rowsOf(bench, 'usage'))[0]?.index).toMatchObject({ requests: 1, nano_usd: nano })
    await bench.stop()
  })

  it('reserves what the dearest of its tenant’s fallbacks would cost, and is settled with what the one cost that answered [X68]', async () => {
    const down = (): Promise<string> =>
      Promise.reject(new APICallError({ message: '', url: '', requestBodyValues: {}, statusCode: 500 }))
    const bench = await EventBench.open(({ attempt }) => (attempt > 6 ? 'An answer.' : down()))
    Object.assign(bench.models.resolve('test/stream').entry, { price: { ...price, input: 10, output: 20 } })
    const fallback = ['no/such-model', 'test/stream']
    await bench.registry.change('alpha', (settings) => ({ ...settings, limits: room, model_config: { fallback } }))
    const id = await bench.submit(request)
    expect(await taken(bench)).toBe(10 * nano)
    await bench.pass(90 * 60_000, 60_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed', model_id: 'test/stream' })
    expect(await taken(bench)).toBe(12 * 10_000 + 10 * 20_000)
    expect((await rowsOf(bench, 'usage')).map(({ sort }) => sort)).toEqual(['2026-01-01/test%2Fstream/ada'])
    await bench.stop()
  })

  it('by a virtual key is settled there by a worker that knows nothing of the key [X14]', async () => {
    const bench = await EventBench.open(() => 'An answer.')
    await submitWithKey(bench, { monthly_budget_usd: usd(nano) })
    const spending = async (): Promise<object> =>
      Object.fromEntries((await rowsOf(bench, 'spending')).map(({ sort, index }) => [sort, index.taken]))
    expect(await spending()).toEqual({ '@': nano, [keyIds.rated]: nano })
    await bench.pass(1_000)
    expect(await spending()).toEqual({ '@': 32_000, [keyIds.rated]: 32_000 })
    await bench.stop()
  })

  it('has its reservation for as long as it may wait: longer than a month', async () => {
    const bench = await EventBench.open(() => 'An answer.')
    await limited(bench, room)
    const id = await bench.submit({ ...request, not_before: Date.UTC(2026, 1, 20) })
    bench.memory.clock.jump(Date.UTC(2026, 1, 20) - 1_000)
    await bench.pass(120_000, 10_000)
    expect(await bench.fields(id)).toMatchObject({ status: 'completed' })
    const spending = (await rowsOf(bench, 'spending')).map(({ partition, index }) => [partition, index.taken])
    expect(spending).toEqual([['2026-01', 32_000]])
    await bench.stop()
  })
})

describe('dead work that is put back', () => {
  const failing = (): Promise<string> =>
    Promise.reject(new APICallError({ message: '', url: '', requestBodyValues: {}, statusCode: 400 }))

  async function withDeadLetters(...prompts: readonly string[]): Promise<{ bench: EventBench; ids: string[] }> {
    const bench = await EventBench.open(failing)
    await limited(bench, room)
    const ids: string[] = []
    for (const prompt of prompts) {
      ids.push(await bench.submit({ ...request, prompt }))
      await bench.pass(1_000)
    }
    await bench.stop()
    return { bench, ids }
  }

  it('is reserved for anew, and refused when that is used up, without a trace [X68]', async () => {
    const { bench, ids } = await withDeadLetters(request.prompt)
    const [id = ''] = ids
    await limited(bench, { monthly_budget_usd: usd(nano - 1) })
    const before = await everything(bench)
    await expect(redrive(await bench.scope(), id)).rejects.toMatchObject({ code: 'budget_exhausted' })
    await limited(bench, { requests_per_minute: 0 })
    await expect(redriveAll(await bench.scope())).rejects.toMatchObject({ code: 'rate_limited' })
    await limited(bench, { tokens_per_minute: tokens - 1 })
    await expect(redrive(await bench.scope(), id)).rejects.toMatchObject({ code: 'over_token_limit' })
    expect(await everything(bench)).toEqual(before)
    await limited(bench, room)
    await redrive(await bench.scope(), id)
    expect(await taken(bench)).toBe(nano)
    expect(await bench.fields(id)).toMatchObject({ round: 2, reservation: { taken: nano } })
  })

  it('in one go goes as far as there is room, and passes over what is too large', async () => {
    const { bench, ids } = await withDeadLetters('a'.repeat(400), ...Array.from({ length: 4 }, () => request.prompt))
    await limited(bench, { tokens_per_minute: 2 * tokens })
    bench.memory.clock.jump(bench.memory.clock.now() + 120_000)
    await limited(bench, { tokens_per_minute: 195, monthly_budget_usd: usd(3 * nano) })
    expect(await redriveAll(await bench.scope())).toEqual([ids[1]])
    bench.memory.clock.jump(bench.memory.clock.now() + 60_000)
    await limited(bench, { monthly_budget_usd: usd(3 * nano) })
    expect(await redriveAll(await bench.scope())).toHaveLength(1)
  })
})
