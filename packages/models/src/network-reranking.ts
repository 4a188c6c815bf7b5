import type { RerankingModelV4 } from '@ai-sdk/provider'
import { providerFault } from './provider-fault.ts'

/** What the provider's package leaves to us. */
export interface NetworkRerankingOptions {
  readonly provider: string
  readonly modelId: string
  /** Gives the model of the provider's package. Asked at every call; it throws what the call is to fail with. */
  readonly load: () => Promise<RerankingModelV4>
}

/** A model that reranks whose package is loaded apart from it. As with `networkModel`, a call is one request, and faults look the same. */
export function networkReranking({ provider, modelId, load }: NetworkRerankingOptions): RerankingModelV4 {
  return {
    specificationVersion: 'v4',
    provider,
    modelId,
    async doRerank(given) {
      try {
        return await (await load()).doRerank(given)
      } catch (error) {
        throw providerFault(error)
      }
    },
  }
}
