import type { RerankingModelV4, RerankingModelV4CallOptions, RerankingModelV4Result } from '@ai-sdk/provider'
import type { ModelEntry, ResolvedReranking, Scope } from '../../src/index.ts'

type Ranking = RerankingModelV4Result['ranking']

export interface ScriptedReranker {
  readonly resolved: ResolvedReranking
  /** Every call so far. */
  readonly calls: RerankingModelV4CallOptions[]
}

/** `test/reranker`, at USD 0.001 a query. It does what it is told, else puts the longest text first. */
export function scriptedReranker(
  script: (texts: readonly string[]) => Ranking | undefined | Promise<Ranking | undefined> = () => undefined,
): ScriptedReranker {
  const calls: RerankingModelV4CallOptions[] = []
  const id = 'test/reranker'
  const model: RerankingModelV4 = {
    specificationVersion: 'v4',
    provider: 'test',
    modelId: id,
    async doRerank(options) {
      calls.push(options)
      const texts = textsOf(options)
      const usual = texts.map((text, index) => ({ index, relevanceScore: text.length / 1_000 }))
      return { ranking: (await script(texts)) ?? usual.sort((one, other) => other.relevanceScore - one.relevanceScore) }
    },
  }
  const entry: ModelEntry = {
    ...{ id, kind: 'rerank', family: 'test', provider: 'test', context: 32_000, maxOutput: 0 },
    capabilities: { tools: false, images: false, structuredOutput: false, streaming: false, sampling: false },
    lifecycle: { status: 'active' },
    price: { input: 0, output: 0, query: 0.001, date: '2026-01-01', source: 'made up for tests' },
  }
  return { calls, resolved: { id, entry, servedBy: id, model } }
}

export function textsOf({ documents }: RerankingModelV4CallOptions): readonly string[] {
  return documents.values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
}

/** A scope whose Plinth has this model. */
export function reranking(scope: Scope, { resolved }: ScriptedReranker): Scope {
  return { ...scope, models: { ...scope.models, resolveReranking: () => resolved } }
}
