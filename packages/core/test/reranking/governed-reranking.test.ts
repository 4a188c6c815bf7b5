import { describe, expect, it } from 'vitest'
import { type GovernedReranking, rerankGoverned } from '../../src/gateway/governed-reranking.ts'
import { estimateTextTokens } from '../../src/language-model/token-estimate.ts'
import type { Reranked } from '../../src/reranking-model/rerank.ts'
import { tenantModels } from '../../src/tenancy/tenant-models.ts'
import { fault, GatewayBench, never } from '../gateway/gateway-bench.ts'
import { reranking, type ScriptedReranker, scriptedReranker } from './scripted-reranker.ts'

const query = 'Which is the longest?'
const texts = ['short', 'the longest of them all', 'in between']
const inputTokens = [query, ...texts].reduce((sum, text) => sum + estimateTextTokens(text), 0)
const cents = 1_000_000

const open = (): Promise<GatewayBench> => GatewayBench.open(async () => '', { limits: new Map([['*', { concurrency: 1 }]]) })
const callOf = ({ resolved }: ScriptedReranker, more: Partial<GovernedReranking> = {}): GovernedReranking => ({
  ...{ id: '01980000-0000-7000-8000-000000000000', resolved, query, texts, what: 'rag.rerank' },
  ...{ signal: new AbortController().signal, ...more },
})
async function rerank(bench: GatewayBench, model: ScriptedReranker, more: Partial<GovernedReranking> = {}): Promise<Reranked> {
  return bench.during(rerankGoverned(reranking(await bench.scope(), model), callOf(model, more)), 60_000)
}

describe('reranking, governed', () => {
  it('gives a score to each text, and is counted and paid by query [X31, X68]', async () => {
    const [bench, model] = [await open(), scriptedReranker()]
    bench.settings = { limits: { monthly_budget_usd: 1 } }
    expect(await rerank(bench, model)).toEqual({ scores: [0.005, 0.023, 0.01], usd: 0.001, latencyMs: 0 })
    expect(model.calls).toMatchObject([{ query, documents: { type: 'text', values: texts }, topN: 3 }])
    expect(await bench.usage()).toEqual({ 'test/reranker': { requests: 1, input: inputTokens, output: 0, nano: cents } })
    expect(await bench.spent()).toBe(cents)
    expect(await bench.trail()).toMatchObject([
      {
        what: 'rag.rerank',
        resource: 'models/test/reranker',
        decision: 'allowed',
        detail: { texts: 3, input_tokens: inputTokens },
      },
    ])
    expect(bench.platform.gate.state('test/reranker').running).toBe(0)
  })

  it('is not done without budget, or room in the minute [X68]', async () => {
    const [bench, model] = [await open(), scriptedReranker()]
    bench.settings = { limits: { monthly_budget_usd: 0.0009 } }
    await expect(rerank(bench, model)).rejects.toMatchObject({ code: 'budget_exhausted' })
    bench.settings = { limits: { tokens_per_minute: 3 } }
    await expect(rerank(bench, model)).rejects.toMatchObject({ code: 'over_token_limit' })
    expect([model.calls.length, await bench.spent()]).toEqual([0, 0])
  })

  it('shows the question as the filters leave it, or not at all [X69]', async () => {
    const [bench, model] = [await open(), scriptedReranker()]
    bench.settings = { filters: { input: { email: 'mask', deny_list: 'block' }, output: {}, deny_list: ['heron'] } }
    await rerank(bench, model, { query: 'Who is ada@example.com?' })
    expect(model.calls).toMatchObject([{ query: 'Who is [email]?' }])
    await expect(rerank(bench, model, { query: 'Where is the heron?' })).rejects.toMatchObject({ code: 'content_blocked' })
    expect(model.calls).toHaveLength(1)
  })

  it.each<[string, unknown]>([
    ['nothing', null],
    ['no list', {}],
    ['less than there was', [{ index: 0, relevanceScore: 1 }]],
    ['one twice', [0, 1, 1].map((index) => ({ index, relevanceScore: 1 }))],
    ['one that is not there', [0, 1, 3].map((index) => ({ index, relevanceScore: 1 }))],
    ['no places', [0, 1, 'length'].map((index) => ({ index, relevanceScore: 1 }))],
    ['no numbers', [0, 1, 2].map((index) => ({ index, relevanceScore: Number.NaN }))],
    ['holes', [null, undefined, 1]],
  ])('fails for now, and costs nothing, where the order is %s [X34]', async (_, ranking) => {
    const [bench, model] = [await open(), scriptedReranker(() => (ranking ?? 'nothing') as never)]
    await expect(rerank(bench, model)).rejects.toMatchObject({ kind: 'transient', code: 'model_answer_malformed' })
    expect(await bench.spent()).toBe(0)
    expect(await bench.trail()).toMatchObject([{ decision: 'failed', detail: { answered: false } }])
  })

  it.each([
    [500, 'transient', 2],
    [400, 'permanent', 1],
  ])('ends with what a status of %i means, a fault after a second try', async (status, kind, calls) => {
    const [bench, model] = [await open(), scriptedReranker(() => Promise.reject(fault(status)))]
    await expect(rerank(bench, model)).rejects.toMatchObject({ kind })
    expect(model.calls).toHaveLength(calls)
    expect(await bench.usage()).toEqual({ 'test/reranker': { requests: 0, input: 0, output: 0, nano: 0 } })
  })

  it('is paid where it took too long: the provider may bill it [X14]', async () => {
    const [bench, model] = [await open(), scriptedReranker(() => never())]
    await expect(rerank(bench, model)).rejects.toMatchObject({ code: 'model_timeout' })
    expect(await bench.spent()).toBe(cents)
  })
})

describe('the model that reranks for a tenant', () => {
  const { resolved } = scriptedReranker()
  const of = async (settings: Partial<Parameters<typeof tenantModels>[1]>, id = resolved.id): Promise<unknown> => {
    const { models } = await open()
    const entry = { ...resolved.entry, id }
    const shared = { ...models, resolveReranking: () => ({ ...resolved, id, entry }) }
    return tenantModels(shared, { model_config: {}, ...settings }).resolveReranking?.()
  }

  it('is the configured one, if the tenant may use it; else there is none [R99, R109]', async () => {
    expect(await of({})).toMatchObject({ id: 'test/reranker' })
    expect(await of({ model_config: { allowed_models: ['test/reranker'] } })).toMatchObject({ id: 'test/reranker' })
    expect(await of({ model_config: { allowed_models: ['test/model'] } })).toBeUndefined()
    expect(await of({ residency: 'in-region' }, 'us.test.reranker')).toBeUndefined()
    expect(await of({ residency: 'in-region' })).toMatchObject({ id: 'test/reranker' })
  })
})
