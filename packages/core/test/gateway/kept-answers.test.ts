import { describe, expect, it } from 'vitest'
import { cachePlace, findKept, repeatPlace } from '../../src/gateway/kept-answers.ts'
import { answerChat, type ChatRequest, openChat } from '../../src/index.ts'
import { changeTenant } from '../../src/tenancy/configure.ts'
import { exportTenant } from '../../src/tenancy/export.ts'
import { cacheClasses } from '../../src/tenancy/tenant.ts'
import { newTenantForm, tenantChangeForm } from '../../src/tenancy/tenant-forms.ts'
import { TenancyBench } from '../tenancy/tenancy-bench.ts'
import { callOf, fault, finishPart, GatewayBench, parts, readAll, textIn, textParts, whole } from './gateway-bench.ts'

/** Every answer is another. */
async function open(cache?: (typeof cacheClasses)[number]): Promise<GatewayBench> {
  const bench = await GatewayBench.open(async ({ number }) => `answer ${number}`)
  bench.settings = { model_config: cache === undefined ? {} : { cache } }
  return bench
}

async function ask(bench: GatewayBench, call = callOf(), user = 'ada', tenant = 'alpha'): Promise<string> {
  const answer = await answerChat(await bench.scope(user, tenant), call)
  const [content] = answer.content
  return `${content && 'text' in content ? content.text : ''}${answer.servedBy.kept ? ', kept' : ''}`
}

async function read(bench: GatewayBench, call = callOf(), user = 'ada'): Promise<string> {
  const { servedBy, parts: given } = await openChat(await bench.scope(user), call)
  return `${textIn(await readAll(given))}${servedBy.kept ? ', kept' : ''}`
}

const day = 86_400_000
const lifetimes = { '24h': day, '1h': 3_600_000, '5m': 300_000 }
const repeated = (invocation: string, request: Partial<ChatRequest> = {}) => callOf(request, { invocation })

describe('the cache', () => {
  it('is off until a tenant sets it', async () => {
    const bench = await open()
    expect([await ask(bench), await ask(bench)]).toEqual(['answer 1', 'answer 2'])
    expect(await bench.rows('kept-answers')).toEqual([])
  })

  it.each(cacheClasses)(
    'answers the same question by the same answer for %s, whole and streamed, for any user',
    async (cache) => {
      const bench = await open(cache)
      expect(await ask(bench)).toBe('answer 1')
      await bench.memory.clock.advance(lifetimes[cache] - 1)
      expect(await read(bench)).toBe('answer 1, kept')
      expect(await ask(bench, callOf(), 'grace')).toBe('answer 1, kept')
      expect(await bench.usage()).toEqual({ 'test/model': { requests: 3, input: 7, output: 8, nano: 23_000 } })
      expect(await bench.spent()).toBe(23_000)
      await bench.memory.clock.advance(1)
      expect(await ask(bench)).toBe('answer 2')
      expect(await ask(bench)).toBe('answer 2, kept')
    },
  )

  it('gives no answer again that passed another guardrail than the operator has set by now, or none [X74]', async () => {
    const bench = await open('1h')
    expect([await ask(bench), await ask(bench)]).toEqual(['answer 1', 'answer 1, kept'])
    for (const [guardedBy, answer] of [
      ['g:1', 'answer 2'],
      ['g:2', 'answer 3'],
    ] as const) {
      Object.assign(bench.models.resolve('test/model'), { guardedBy })
      expect([await ask(bench), await read(bench)]).toEqual([answer, `${answer}, kept`])
    }
  })

  it('keeps what was streamed', async () => {
    const bench = await open('1h')
    expect(await read(bench)).toBe('answer 1')
    expect(await ask(bench)).toBe('answer 1, kept')
  })

  const url = (path: string) => ({
    prompt: [
      {
        role: 'user' as const,
        content: [
          {
            type: 'file' as const,
            mediaType: 'image/*',
            data: { type: 'url' as const, url: new URL(`https://a.example/${path}`) },
          },
        ],
      },
    ],
  })
  const tool = (name: string) => ({ tools: [{ type: 'function' as const, name, inputSchema: { type: 'object' as const } }] })
  it.each<[string, Partial<ChatRequest> & { text?: string }, Partial<ChatRequest> & { text?: string }]>([
    ['another text', { text: 'a' }, { text: 'b' }],
    ['another model', { modelId: 'test/model' }, { modelId: 'test/other' }],
    ['another length', { maxOutputTokens: 100 }, { maxOutputTokens: 101 }],
    ['a temperature', {}, { temperature: 0 }],
    ['another topP', { topP: 0.5 }, { topP: 0.6 }],
    ['another topK', { topK: 5 }, { topK: 6 }],
    ['a stop sequence', {}, { stopSequences: ['x'] }],
    ['another seed', { seed: 1 }, { seed: 2 }],
    ['penalties', { presencePenalty: 1 }, { frequencyPenalty: 1 }],
    ['a form', {}, { responseFormat: { type: 'json' } }],
    [
      'another schema',
      { responseFormat: { type: 'json', schema: { type: 'string' } } },
      { responseFormat: { type: 'json', schema: { type: 'null' } } },
    ],
    ['another tool', tool('a'), tool('b')],
    [
      'another choice of tools',
      { ...tool('a'), toolChoice: { type: 'auto' } },
      { ...tool('a'), toolChoice: { type: 'required' } },
    ],
    ['more reasoning', { reasoning: 'low' }, { reasoning: 'high' }],
    ['another picture behind a URL', url('a'), url('b')],
  ])('asks anew for %s', async (_, one, other) => {
    const bench = await open('1h')
    expect(await ask(bench, callOf(one))).toBe('answer 1')
    expect(await ask(bench, callOf(other))).toBe('answer 2')
    expect(await ask(bench, callOf(one))).toBe('answer 1, kept')
    expect(await ask(bench, callOf(other))).toBe('answer 2, kept')
  })

  it('asks anew when the tenant’s filters or its most tokens change [R103]', async () => {
    const bench = await open('1h')
    const { request, ...asking } = callOf({ text: 'Who?' })
    const { maxOutputTokens: _, ...unbounded } = request
    const call = { ...asking, request: unbounded }
    expect(await ask(bench, call)).toBe('answer 1')
    bench.settings = { ...bench.settings, filters: { input: {}, output: { deny_list: 'mask' }, deny_list: ['answer'] } }
    expect(await ask(bench, call)).toMatch(/^\[.*\] 2$/)
    expect(await ask(bench, call)).toMatch(/^\[.*\] 2, kept$/)
    bench.settings = { model_config: { cache: '1h', max_tokens: 50 } }
    expect(await ask(bench, call)).toBe('answer 3')
  })

  it('is a tenant’s own: another that asks the same finds nothing, and its places have other names [R91]', async () => {
    const bench = await open('1h')
    expect(await ask(bench)).toBe('answer 1')
    expect(await ask(bench, callOf(), 'ada', 'beta')).toBe('answer 2')
    const { request } = callOf()
    const given = { model: 'test/model', maxTokens: 100 }
    const [alpha, beta] = [await bench.scope('ada', 'alpha'), await bench.scope('ada', 'beta')]
    expect((await cachePlace(alpha, request, given))?.partition).not.toBe((await cachePlace(beta, request, given))?.partition)
    expect((await repeatPlace(alpha, request, 'i')).partition).not.toBe((await repeatPlace(beta, request, 'i')).partition)
  })

  it('is passed by where a fresh answer is asked for, which takes the place of what was kept', async () => {
    const bench = await open('1h')
    expect(await ask(bench)).toBe('answer 1')
    await bench.memory.clock.advance(1_800_000)
    expect(await ask(bench, callOf({}, { fresh: true, invocation: 'i' }))).toBe('answer 2')
    await bench.memory.clock.advance(1_800_000)
    expect(await ask(bench)).toBe('answer 2, kept')
    expect(await ask(bench, callOf({}, { invocation: 'i' }))).toBe('answer 2, kept')
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 4, input: 14 } })
  })

  it('does not keep what a fallback said, nor what broke off', async () => {
    let works = false
    const bench = await GatewayBench.open(async ({ model, number }) => {
      if (model === 'test/model' && !works) throw fault(402)
      if (number === 3) return parts([...textParts('So'), fault(500)])
      return `answer ${number}`
    })
    bench.settings = { model_config: { cache: '24h', fallback: ['test/other'] } }
    expect(await ask(bench)).toBe('answer 2')
    works = true
    await expect(read(bench)).rejects.toThrow()
    expect(await ask(bench)).toBe('answer 4')
  })

  it('holds nothing that can be read without the tenant’s key [R107]', async () => {
    const bench = await open('1h')
    const call = callOf({ text: 'a question of some weight' })
    await ask(bench, call)
    const rows = await bench.rows('kept-answers')
    const plain = JSON.stringify(rows.map(({ partition, sort, index }) => ({ partition, sort, index })))
    expect(plain).not.toMatch(/answer 1|weight|ada/)
    const bytes = rows.flatMap(({ sealed }) => Object.values(sealed))
    expect(bytes).toHaveLength(1)
    for (const each of bytes) expect(new TextDecoder('latin1').decode(each)).not.toContain('answer 1')
  })

  it('is nothing but noise once the tenant’s key is destroyed [R107]', async () => {
    const bench = await open('1h')
    await ask(bench)
    const scope = await bench.scope()
    const given = { model: 'test/model', maxTokens: 100 }
    const place = await cachePlace(scope, callOf().request, given)
    if (!place) throw new Error('There is no place.')
    expect((await findKept(scope, place))?.answer).toBeDefined()
    await bench.memory.platform.operate().dataKeys.destroy('alpha')
    const found = await findKept(scope, place)
    expect(found?.record).toBeDefined()
    expect(found?.answer).toBeUndefined()
  })

  it.each([30_000, 40_000, 400_000, 1_500_000])(
    'takes an answer of %i characters as well as it can, and fails no call',
    async (length) => {
      const text = 'é'.repeat(length)
      let number = 0
      const bench = await GatewayBench.open(async () => {
        number++
        return whole(text, { output: 10 })
      })
      bench.settings = { model_config: { cache: '1h' } }
      for (let call = 0; call < 3; call++)
        expect(await ask(bench, repeated(`i${call}`))).toMatch(call === 0 || length > 1e6 ? /é$/ : /é, kept$/)
      expect(number).toBe(length > 1e6 ? 3 : 1)
      expect(await ask(bench, repeated('i0'))).toMatch(length > 1e6 ? /é$/ : /é, kept$/)
      expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 3 } })
      expect(await bench.spent()).toBe((length > 1e6 ? 4 : 1) * 27_000)
    },
  )

  it('asks anew where what was kept lies apart and is gone, and keeps that', async () => {
    let number = 0
    const bench = await GatewayBench.open(async () => whole(`${++number}`.repeat(40_000), { output: 1 }))
    bench.settings = { model_config: { cache: '1h' } }
    expect(await ask(bench)).toMatch(/^1+$/)
    const { objects } = bench.memory.adapters
    const { items } = await objects.list({ tenant: 'alpha', prefix: 'sealed/kept-answers/', limit: 10 })
    expect(items).toHaveLength(1)
    for (const { name } of items) await objects.delete({ tenant: 'alpha', name })
    expect(await ask(bench)).toMatch(/^2+$/)
    expect(await ask(bench)).toMatch(/^2+, kept$/)
  })

  it('refuses what costs nothing, too, when the budget of the month is spent', async () => {
    const bench = await open('1h')
    await ask(bench)
    bench.settings = { ...bench.settings, limits: { monthly_budget_usd: 23e-6 } }
    await expect(ask(bench)).rejects.toMatchObject({ code: 'budget_exhausted' })
    bench.settings = { ...bench.settings, limits: { requests_per_minute: 1 } }
    expect(await ask(bench)).toBe('answer 1, kept')
    await expect(ask(bench)).rejects.toMatchObject({ code: 'rate_limited' })
  })
})

describe('a tenant with kept answers', () => {
  it('takes none of them along in its export, and leaves none behind [R110]', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha', { model_config: { cache: '24h' } })
    const scope = await bench.scope('alpha')
    await answerChat(scope, callOf({ modelId: 'test/model' }))
    const { objects } = bench.operator
    const kept = (await bench.rows('alpha')).filter(({ collection }) => collection === 'kept-answers')
    expect(kept).toHaveLength(1)
    const { registry, keys } = bench.administration()
    const lines: string[] = []
    const parts = { operator: bench.operator, keys, sign: async () => 'signed' }
    for await (const line of exportTenant(parts, await registry.find('alpha'))) lines.push(JSON.stringify(line))
    expect(lines.some((line) => line.includes('"usage"'))).toBe(true)
    expect(lines.join()).not.toMatch(/kept-answers|An answer\./)
    await bench.offboard('alpha')
    await bench.sweep()
    expect(await bench.left('alpha')).toEqual([])
    expect((await objects.list({ tenant: 'alpha', limit: 10 })).items).toEqual([])
  })

  it('is set up with a class of the cache, changed, and set back, and is refused others [R113]', async () => {
    const bench = new TenancyBench()
    expect((await bench.onboard('alpha', { model_config: { cache: '1h', max_tokens: 5 } })).model_config).toEqual({
      cache: '1h',
      max_tokens: 5,
    })
    const change = async (model_config: object): Promise<unknown> => {
      const form = tenantChangeForm.parse({ model_config })
      return (await changeTenant(bench.administration(), 'alpha', form)).model_config
    }
    expect(await change({ cache: '24h' })).toEqual({ cache: '24h', max_tokens: 5 })
    expect(await change({ cache: null })).toEqual({ max_tokens: 5 })
    for (const form of [tenantChangeForm, newTenantForm])
      for (const cache of ['2h', '', 1, true, ['1h']])
        expect(form.safeParse({ tenant_id: 'b', name: 'B', model_config: { cache } }).success).toBe(false)
    expect(newTenantForm.safeParse({ tenant_id: 'b', name: 'B', model_config: { cache: '5m' } }).success).toBe(true)
  })
})

describe('the same call again', () => {
  it('is answered by what was kept, and counted once, however it asks', async () => {
    const bench = await open()
    expect(await ask(bench, repeated('one'))).toBe('answer 1')
    expect(await ask(bench, repeated('one'))).toBe('answer 1, kept')
    expect(await read(bench, repeated('one'))).toBe('answer 1, kept')
    expect(await bench.usage()).toEqual({ 'test/model': { requests: 1, input: 7, output: 8, nano: 23_000 } })
    expect(await bench.spent()).toBe(23_000)
    await bench.memory.clock.advance(600_000)
    expect(await ask(bench, repeated('one'))).toBe('answer 2')
  })

  it('is another by another user, with another body or id, or none', async () => {
    const bench = await open()
    expect(await ask(bench, repeated('one'))).toBe('answer 1')
    expect(await ask(bench, repeated('one'), 'grace')).toBe('answer 2')
    expect(await ask(bench, repeated('one', { seed: 1 }))).toBe('answer 3')
    expect(await ask(bench, repeated('two'))).toBe('answer 4')
    expect(await ask(bench, callOf())).toBe('answer 5')
    expect(await ask(bench, repeated('one'), 'ada', 'beta')).toBe('answer 6')
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 5 } })
  })

  it('finds its answer also when the first one spent the budget [X68]', async () => {
    const bench = await open()
    const filters = { input: { email: 'mask' as const }, output: {}, deny_list: [] }
    bench.settings = { filters, limits: { monthly_budget_usd: 214e-6, requests_per_minute: 3 } }
    expect(await ask(bench, repeated('one', { maxOutputTokens: 100 }))).toBe('answer 1')
    bench.settings = { filters, limits: { monthly_budget_usd: 23e-6, requests_per_minute: 3 } }
    expect(await ask(bench, repeated('one', { maxOutputTokens: 100 }))).toBe('answer 1, kept')
    await expect(ask(bench, repeated('two'))).rejects.toMatchObject({ code: 'budget_exhausted' })
  })

  it('is one of the minute each time, so that nobody floods with one id, and still one request that was used [X68]', async () => {
    const bench = await open()
    bench.settings = { limits: { requests_per_minute: 2 } }
    expect(await ask(bench, repeated('one'))).toBe('answer 1')
    const once = { 'test/model': { requests: 1, input: 7, output: 8, nano: 23_000 } }
    expect(await ask(bench, repeated('one'))).toBe('answer 1, kept')
    for (const again of [ask, read])
      await expect(again(bench, repeated('one'))).rejects.toMatchObject({ code: 'rate_limited', retryAfter: expect.any(Number) })
    await bench.memory.clock.advance(60_000)
    expect(await read(bench, repeated('one'))).toBe('answer 1, kept')
    expect(await bench.usage()).toEqual(once)
    expect(await bench.spent()).toBe(23_000)
  })

  it('at the same time is one request, though both cost', async () => {
    const release: (() => void)[] = []
    const bench = await GatewayBench.open(
      ({ number }) => new Promise((resolve) => release.push(() => resolve(`answer ${number}`))),
    )
    const asked = [ask(bench, repeated('one')), ask(bench, repeated('one')), ask(bench, repeated('one'))]
    await bench.until(() => release.length === 3)
    for (const each of release) each()
    expect((await Promise.all(asked)).sort()).toEqual(['answer 1', 'answer 2', 'answer 3'])
    expect(await bench.usage()).toEqual({ 'test/model': { requests: 1, input: 21, output: 24, nano: 69_000 } })
    expect(await ask(bench, repeated('one'))).toMatch(/, kept$/)
  })

  it('after one that broke off is asked anew, counted once, and kept then', async () => {
    const bench = await GatewayBench.open(async ({ number }) =>
      number === 1 ? parts([...textParts('So it be'), fault(500)]) : parts([...textParts('Whole.'), finishPart(7, 6)]),
    )
    await expect(read(bench, repeated('one'))).rejects.toThrow()
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 1, input: 14, output: 3 } })
    expect(await read(bench, repeated('one'))).toBe('Whole.')
    expect(await read(bench, repeated('one'))).toBe('Whole., kept')
    expect(await bench.usage()).toMatchObject({ 'test/model': { requests: 1, input: 21, output: 9 } })
  })

  it('is waited for to its end though the client is gone, and found by the next try', async () => {
    const release: (() => void)[] = []
    const bench = await GatewayBench.open(() => new Promise((resolve) => release.push(() => resolve('So.'))))
    const gone = new AbortController()
    const first = answerChat(await bench.scope(), callOf({}, { invocation: 'one', signal: gone.signal }))
    await bench.until(() => release.length === 1)
    gone.abort()
    release[0]?.()
    await first
    expect(await ask(bench, repeated('one'))).toBe('So., kept')
  })

  it('meets conflicts of a store that has no reason for them, and is kept all the same', async () => {
    const bench = await open('1h')
    bench.memory.hostile.conflictNext(3)
    expect(await ask(bench, repeated('one'))).toBe('answer 1')
    expect(await ask(bench, repeated('one'))).toBe('answer 1, kept')
    expect(await ask(bench)).toBe('answer 1, kept')
    bench.memory.hostile.conflictNext(7)
    expect(await ask(bench, callOf({ text: 'Another.' }))).toBe('answer 2')
    expect(await bench.usage()).toEqual({ 'test/model': { requests: 3, input: 14, output: 16, nano: 46_000 } })
    expect(await bench.spent()).toBe(46_000)
  })
})
