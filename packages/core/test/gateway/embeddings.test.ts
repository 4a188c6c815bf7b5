import { describe, expect, it } from 'vitest'
import { embedGoverned, type GovernedEmbedding } from '../../src/index.ts'
import { estimateTextTokens } from '../../src/language-model/token-estimate.ts'
import type { EmbeddingScript } from '../../src/testing/index.ts'
import { callOf, fault, GatewayBench, never } from './gateway-bench.ts'

const open = (embeddings: EmbeddingScript = () => undefined): Promise<GatewayBench> =>
  GatewayBench.open(async () => '', { embeddings, limits: new Map([['*', { concurrency: 1 }]]) })

function texts(...given: readonly string[]): GovernedEmbedding {
  const { id, signal } = callOf()
  return { id, modelId: 'test/embedding', texts: given, what: 'POST /v1/embeddings', signal }
}

const nothing = { requests: 0, input: 0, output: 0, nano: 0 }

describe('vectors of texts', () => {
  it('are counted as the provider says, or by estimate where it says nothing; spending is usage [X14, X68]', async () => {
    let tokens: number | undefined = 11
    const bench = await open(() => (tokens === undefined ? { usage: { tokens: 0 } } : { usage: { tokens } }))
    bench.settings = { limits: { monthly_budget_usd: 1 } }
    const made = await embedGoverned(await bench.scope(), texts('One.', 'Another.'))
    expect(made).toMatchObject({ inputTokens: 11, usd: 11e-6, modelId: 'test/embedding' })
    expect(made.vectors).toHaveLength(2)
    expect(await bench.usage()).toEqual({ 'test/embedding': { requests: 1, input: 11, output: 0, nano: 11_000 } })
    tokens = undefined
    const estimate = estimateTextTokens('One more.')
    expect(await embedGoverned(await bench.scope(), texts('One more.'))).toMatchObject({ inputTokens: estimate })
    expect(await bench.usage()).toMatchObject({ 'test/embedding': { requests: 2, input: 11 + estimate } })
    expect(await bench.spent()).toBe((11 + estimate) * 1_000)
    expect(bench.platform.gate.state('test/embedding').running).toBe(0)
  })

  it.each([
    ['a refusal', async () => Promise.reject(fault(400)), 'model_request_refused'],
    ['a throttle', async () => Promise.reject(fault(429, { 'retry-after': '60' })), 'model_throttled'],
    ['a fault', async () => Promise.reject(fault(500)), 'model_unavailable'],
  ] as const)('cost nothing where they come to nothing: %s [X68]', async (_, script, code) => {
    const bench = await open(script)
    await expect(bench.during(embedGoverned(await bench.scope(), texts('One.')))).rejects.toMatchObject({ code })
    expect(await bench.usage()).toEqual({ 'test/embedding': nothing })
    expect(await bench.spent()).toBe(0)
    expect(bench.platform.gate.state('test/embedding').running).toBe(0)
  })

  it.each(['takes too long', 'is left'])('are counted by estimate where a call %s [X14]', async (how) => {
    const bench = await open(() => never())
    const gone = new AbortController()
    const made = embedGoverned(await bench.scope(), { ...texts('One.'), signal: gone.signal }).catch((error: unknown) => error)
    await bench.memory.clock.advance(1_000)
    if (how === 'is left') gone.abort(new Error('gone'))
    expect(await bench.during(made, 5_000)).toMatchObject(how === 'is left' ? { message: 'gone' } : { code: 'model_timeout' })
    const input = estimateTextTokens('One.')
    expect(await bench.usage()).toEqual({ 'test/embedding': { requests: 1, input, output: 0, nano: input * 1_000 } })
    expect(await bench.spent()).toBe(input * 1_000)
    expect(bench.platform.gate.state('test/embedding').running).toBe(0)
  })

  it('are refused before anything is looked at when the budget is spent, and none are made [X68]', async () => {
    let called = 0
    const bench = await open(() => {
      called++
      return undefined
    })
    bench.settings = {
      limits: { monthly_budget_usd: 0 },
      filters: { input: { deny_list: 'block' }, output: {}, deny_list: ['heron'] },
    }
    await expect(embedGoverned(await bench.scope(), texts('heron'))).rejects.toMatchObject({ code: 'budget_exhausted' })
    bench.settings = { limits: { tokens_per_minute: 3 } }
    await expect(embedGoverned(await bench.scope(), texts('One and two and three.'))).rejects.toMatchObject({
      code: 'over_token_limit',
    })
    bench.settings = { limits: { monthly_budget_usd: 3e-6 } }
    await expect(embedGoverned(await bench.scope(), texts('One and two and three.'))).rejects.toMatchObject({
      code: 'budget_exhausted',
    })
    expect([called, await bench.spent()]).toEqual([0, 0])
  })

  it('are made of what the filters leave; what they refuse is one more request of the minute [R103]', async () => {
    const seen: string[] = []
    const bench = await open(({ values }) => {
      seen.push(...values)
      return undefined
    })
    const filters = { input: { email: 'mask', deny_list: 'block' }, output: {}, deny_list: ['heron'] } as const
    bench.settings = { filters, limits: { requests_per_minute: 2 } }
    const scope = await bench.scope()
    await embedGoverned(scope, texts('ada@example.com'))
    expect(seen.join()).not.toContain('ada')
    await expect(embedGoverned(scope, texts('One.', 'A heron.'))).rejects.toMatchObject({
      code: 'content_blocked',
      field: 'input.1',
    })
    await expect(embedGoverned(scope, texts('One.'))).rejects.toMatchObject({ code: 'rate_limited' })
    expect(seen).toHaveLength(1)
  })

  it('are paid once though commits conflict [X68]', async () => {
    const bench = await open()
    bench.memory.hostile.set({ conflict: 0.3 })
    for (let call = 0; call < 10; call++) await embedGoverned(await bench.scope(), texts('1234567'))
    expect(await bench.usage()).toEqual({ 'test/embedding': { requests: 10, input: 70, output: 0, nano: 70_000 } })
    expect(await bench.spent()).toBe(70_000)
    expect(await bench.trail()).toHaveLength(10)
    expect(bench.memory.hostile.injected.conflict).toBeGreaterThan(0)
  })

  it('are told to the trail, a call each, without what they are made of [X64]', async () => {
    let works = true
    const bench = await open(() => {
      if (!works) throw fault(400)
      return undefined
    })
    const call = texts('a text of some weight', 'b')
    await embedGoverned(await bench.scope(), call)
    works = false
    await expect(embedGoverned(await bench.scope(), call)).rejects.toThrow()
    const trail = await bench.trail()
    expect(trail).toMatchObject([
      {
        what: 'POST /v1/embeddings',
        resource: 'models/test/embedding',
        who: 'ada',
        decision: 'allowed',
        detail: { request_id: call.id, texts: 2, input_tokens: 22 },
      },
      { decision: 'failed', detail: { request_id: call.id, texts: 2, answered: false } },
    ])
    expect(JSON.stringify(trail)).not.toContain('weight')
  })
})
