import type { RerankingModelV4, RerankingModelV4Result } from '@ai-sdk/provider'
import { fieldsOf, malformed } from './fields.ts'
import type { ServerModelOptions } from './server.ts'

/**
 * A model that answers `rerank`. OpenAI's protocol has none: it is Cohere's, which vLLM, llama.cpp, Jina, LocalAI and others serve beside
 * it. As with the chat's, a call is one request, and faults look the same.
 */
export function createRerankingModel({ modelId, name, server }: ServerModelOptions): RerankingModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'openai-compatible',
    modelId,
    async doRerank({ query, documents, topN, headers: sent, abortSignal: signal }) {
      const values = documents.values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
      const asked = { model: name, query, documents: values, top_n: topN, return_documents: false }
      const request = { path: '/rerank', body: JSON.stringify(asked), headers: sent, signal } as const
      const { headers, body, answer: ranking } = await (await server()).ask(request, rankingOf)
      return { ranking, response: { headers, body } }
    },
  }
}

function rankingOf(body: unknown): RerankingModelV4Result['ranking'] {
  const { results } = fieldsOf(body, 'The answer')
  if (!Array.isArray(results)) throw malformed('results is no list.')
  return results.map((result: unknown) => {
    const { index, relevance_score: relevanceScore } = fieldsOf(result, 'A result')
    if (typeof index !== 'number' || typeof relevanceScore !== 'number') throw malformed('A result has no index and score.')
    return { index, relevanceScore }
  })
}
