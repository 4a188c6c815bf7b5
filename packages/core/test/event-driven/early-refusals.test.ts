import { describe, expect, it } from 'vitest'
import { InvalidInputError, type JsonObject, processGenaiRequest, type Row, type Scope } from '../../src/index.ts'
import type { FilterSettings } from '../../src/tenancy/filters/filter-settings.ts'
import type { KeyLimits, TenantLimits } from '../../src/tenancy/tenant.ts'
import { keyIds, usd } from '../meter/meter-bench.ts'
import { EventBench } from './bench.ts'

const blocks: FilterSettings = { input: { email: 'block' }, output: {}, deny_list: [] }
const masks: FilterSettings = { ...blocks, input: { email: 'mask' } }
const blocked = { prompt: 'Write to ada@example.com.', max_tokens: 96 } as const
const harmless = { prompt: 'Twelve bytes', max_tokens: 96 } as const
/** Of what is harmless: 4 tokens of input, 96 of output. */
const nano = 196_000

async function open(filters: FilterSettings, limits: TenantLimits): Promise<EventBench> {
  const bench = await EventBench.open(() => 'Done.', { worker: false })
  await set(bench, filters, limits)
  return bench
}

async function set(bench: EventBench, filters: FilterSettings, limits: TenantLimits): Promise<void> {
  await bench.registry.change('alpha', (settings) => ({ ...settings, filters, limits }))
}

async function withKey(bench: EventBench, keyLimits: KeyLimits): Promise<Scope> {
  return bench.memory.platform.scope({ ...(await bench.caller()), keyId: keyIds.rated, keyLimits })
}

async function rowsOf(bench: EventBench, ...collections: readonly string[]): Promise<readonly Row[]> {
  const { items } = await bench.memory.adapters.operations.rows('alpha', { limit: 1_000 })
  return items.filter((row) => collections.includes(row.collection))
}

async function requestsOfMinute(bench: EventBench): Promise<Readonly<Record<string, unknown>>> {
  const rows = (await rowsOf(bench, 'rates')).map(({ sort, index }) => [sort.split('/')[1], index.requests])
  return Object.fromEntries(rows)
}

async function entries(bench: EventBench): Promise<JsonObject[]> {
  return (await rowsOf(bench, 'audit-entries')).map(({ index }) => index)
}

const codeOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'accepted',
    (error: { code: unknown }) => error.code,
  )

describe('what is certain to be refused', () => {
  it('is refused before the filters look through it: their verdict would be another [X68]', async () => {
    const past = { ...blocked, expires_at: 1 }
    const cases: (readonly [code: string, limits: TenantLimits, body?: object])[] = [
      ['over_token_limit', { tokens_per_minute: 99 }],
      ['over_token_limit', { tokens_per_minute: 0, requests_per_minute: 0 }],
      ['rate_limited', { requests_per_minute: 0 }],
      ['budget_exhausted', { monthly_budget_usd: 0 }],
      ['budget_exhausted', { monthly_budget_usd: usd(96 * 2_000 - 1), requests_per_minute: 0 }],
      ['invalid_input', {}, past],
      ['model_unknown', {}, { ...blocked, model_id: 'no/such-model' }],
      ['content_blocked', { tokens_per_minute: 1_000, requests_per_minute: 1, monthly_budget_usd: 1 }],
    ]
    for (const [code, limits, body = blocked] of cases) {
      const bench = await open(blocks, limits)
      expect(await codeOf(bench.submit(body)), code).toBe(code)
      if (code !== 'content_blocked') expect(await rowsOf(bench, 'rates', 'spending', 'requests', 'audit-entries')).toEqual([])
    }
  })

  it('by a minute or month that others used up, or the key’s own, is refused before, too [X68]', async () => {
    const bench = await open(blocks, { requests_per_minute: 1, monthly_budget_usd: 1 })
    await bench.submit(harmless)
    expect(await codeOf(bench.submit(blocked))).toBe('rate_limited')
    bench.memory.clock.jump(bench.memory.clock.now() + 60_000)
    await set(bench, blocks, { monthly_budget_usd: usd(nano + 96 * 2_000 - 1) })
    expect(await codeOf(bench.submit(blocked))).toBe('budget_exhausted')
    await set(bench, blocks, {})
    const scope = await withKey(bench, { requests_per_minute: 1, tokens_per_minute: 195 })
    await processGenaiRequest(scope, harmless)
    expect(await codeOf(processGenaiRequest(scope, blocked))).toBe('rate_limited')
    expect(await codeOf(processGenaiRequest(scope, { ...blocked, max_tokens: 195 }))).toBe('over_token_limit')
    expect(await requestsOfMinute(bench)).toMatchObject({ [keyIds.rated]: 1 })
  })

  it('is what there is no room for however much the filters mask: a prompt that fits when it is masked is accepted [X68]', async () => {
    const long = `Write to ${'a'.repeat(60)}@${'b'.repeat(60)}.example.com.`
    const bench = await open(masks, { tokens_per_minute: 200 })
    await bench.submit({ prompt: 'abc', max_tokens: 90 })
    // 91 are taken. As it was sent it comes to 150, masked to 106.
    await bench.submit({ prompt: long, max_tokens: 100 })
    expect((await rowsOf(bench, 'rates'))[0]?.index.tokens).toBe(91 + 106)
    expect(await codeOf(bench.submit({ prompt: long, max_tokens: 180 }))).toBe('over_token_limit')
  })

  it('is given its first acknowledgement all the same when it was accepted before', async () => {
    const bench = await open(masks, {})
    const body = { ...blocked, request_id: 'mine', expires_at: bench.memory.clock.now() + 1_000 }
    const first = await processGenaiRequest(await bench.scope(), body, { idempotencyKey: 'key' })
    const later: [FilterSettings, TenantLimits][] = [
      [blocks, { requests_per_minute: 1 }],
      [blocks, { tokens_per_minute: 1 }],
      [blocks, { requests_per_minute: 0 }],
      [blocks, { monthly_budget_usd: 0 }],
    ]
    for (const [filters, limits] of later) {
      await set(bench, filters, limits)
      for (const options of [{ idempotencyKey: 'key' }, {}])
        expect(await processGenaiRequest(await bench.scope(), body, options)).toEqual(first)
      const other = { ...body, prompt: `${body.prompt} Now.` }
      expect(await codeOf(processGenaiRequest(await bench.scope(), other))).toBe('reused_with_another_body')
    }
    bench.memory.clock.jump(bench.memory.clock.now() + 5_000)
    expect(await processGenaiRequest(await bench.scope(), body)).toEqual(first)
    expect(await rowsOf(bench, 'rates')).toEqual([])
    expect((await entries(bench)).filter(({ decision }) => decision !== 'allowed')).toEqual([])
  })
})

describe('a prompt that the filters block', () => {
  it('counts among the requests of the minute, of tenant and key, and is put down once a minute [X68, X69]', async () => {
    const bench = await open(blocks, { requests_per_minute: 4 })
    const scope = await withKey(bench, { requests_per_minute: 2 })
    const refused = async (): Promise<unknown> => codeOf(processGenaiRequest(scope, blocked))
    await expect(processGenaiRequest(scope, blocked)).rejects.toBeInstanceOf(InvalidInputError)
    expect([await refused(), await refused()]).toEqual(['content_blocked', 'rate_limited'])
    expect(await requestsOfMinute(bench)).toEqual({ '@': 2, [keyIds.rated]: 2 })
    expect([await codeOf(bench.submit(blocked)), await codeOf(bench.submit(harmless))]).toEqual(['content_blocked', 'accepted'])
    expect([await codeOf(bench.submit(blocked)), await codeOf(bench.submit(harmless))]).toEqual(['rate_limited', 'rate_limited'])
    expect(await requestsOfMinute(bench)).toEqual({ '@': 4, [keyIds.rated]: 2 })
    const kept = (await entries(bench)).filter(({ decision }) => decision === 'content_blocked')
    expect(kept.map(({ key_id }) => key_id).sort()).toEqual([keyIds.rated, undefined])
    for (const entry of kept) expect(entry).toMatchObject({ what: 'request.refused', resource: 'requests', who: 'ada' })
    expect(JSON.stringify(kept)).not.toContain('example')
    bench.memory.clock.jump(bench.memory.clock.now() + 60_000)
    expect(await refused()).toBe('content_blocked')
  })

  it('by several at once lets no more through than the minute has', async () => {
    const bench = await open(blocks, { requests_per_minute: 3 })
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(bench.submit(blocked))))
    expect(codes.filter((code) => code === 'content_blocked')).toHaveLength(3)
    expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(7)
    expect(await requestsOfMinute(bench)).toEqual({ '@': 3 })
  })

  it('takes no tokens and no money, and counts nothing where requests are not limited', async () => {
    const bench = await open(blocks, { tokens_per_minute: 1_000, monthly_budget_usd: 1 })
    for (let time = 0; time < 3; time++) expect(await codeOf(bench.submit(blocked))).toBe('content_blocked')
    expect(await rowsOf(bench, 'rates', 'spending', 'requests')).toEqual([])
    expect(await entries(bench)).toHaveLength(1)
  })
})
