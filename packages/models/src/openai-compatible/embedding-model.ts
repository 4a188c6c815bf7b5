import { type EmbeddingModelV4, type EmbeddingModelV4Result, TooManyEmbeddingValuesForCallError } from '@ai-sdk/provider'
import { fieldsOf, malformed, optionalFields, optionalNumber } from './fields.ts'
import type { ServerModelOptions } from './server.ts'

/** As many as every server is known to take: Text Embeddings Inference refuses more unless told otherwise. */
const mostTexts = 32

/** A model that answers `embeddings`. As with the chat's, a call is one request, and faults look the same. */
export function createEmbeddingModel({ modelId, name, server }: ServerModelOptions): EmbeddingModelV4 {
  const provider = 'openai-compatible'
  return {
    specificationVersion: 'v4',
    provider,
    modelId,
    maxEmbeddingsPerCall: mostTexts,
    supportsParallelCalls: true,
    async doEmbed({ values, dimensions, headers: sent, abortSignal: signal, providerOptions }) {
      if (values.length > mostTexts)
        throw new TooManyEmbeddingValuesForCallError({ provider, modelId, maxEmbeddingsPerCall: mostTexts, values })
      const asked = {
        model: name,
        input: values,
        encoding_format: 'float',
        dimensions: providerOptions?.openaiCompatible?.dimensions ?? dimensions,
        user: providerOptions?.openaiCompatible?.user,
      }
      const request = { path: '/embeddings', body: JSON.stringify(asked), headers: sent, signal } as const
      const { headers, body, answer } = await (await server()).ask(request, embeddingsOf)
      return { ...answer, response: { headers, body }, warnings: [] }
    },
  }
}

function embeddingsOf(body: unknown): Pick<EmbeddingModelV4Result, 'embeddings' | 'usage'> {
  const { data, usage } = fieldsOf(body, 'The answer')
  if (!Array.isArray(data)) throw malformed('data is no list.')
  const tokens = optionalNumber(optionalFields(usage, 'usage')?.prompt_tokens)
  return { embeddings: data.map(vectorOf), ...(tokens !== undefined && { usage: { tokens } }) }
}

function vectorOf(item: unknown): number[] {
  const { embedding } = fieldsOf(item, 'An embedding')
  if (!Array.isArray(embedding) || !embedding.every((value) => typeof value === 'number'))
    throw malformed('An embedding is no list of numbers.')
  return embedding
}
