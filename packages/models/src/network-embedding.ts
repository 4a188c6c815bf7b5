import type { EmbeddingModelV4, EmbeddingModelV4CallOptions } from '@ai-sdk/provider'
import { providerFault } from './provider-fault.ts'

/** What the provider's package leaves to us. */
export interface NetworkEmbeddingOptions {
  readonly provider: string
  readonly modelId: string
  /** How many texts one request may hold. */
  readonly mostTexts: number
  /** Gives the model of the provider's package. Asked at every call; it throws what the call is to fail with. */
  readonly load: () => Promise<EmbeddingModelV4>
  /** Options as this model takes them. */
  readonly adapt: (options: EmbeddingModelV4CallOptions) => EmbeddingModelV4CallOptions
}

/** An embedding model whose package is loaded apart from it. As with `networkModel`, a call is one request, and faults look the same. */
export function networkEmbedding({ provider, modelId, mostTexts, load, adapt }: NetworkEmbeddingOptions): EmbeddingModelV4 {
  return {
    specificationVersion: 'v4',
    provider,
    modelId,
    maxEmbeddingsPerCall: mostTexts,
    supportsParallelCalls: true,
    async doEmbed(given) {
      try {
        return await (await load()).doEmbed(adapt(given))
      } catch (error) {
        throw providerFault(error)
      }
    },
  }
}
