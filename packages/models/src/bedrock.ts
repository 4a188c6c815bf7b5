/** Models of Amazon Bedrock, by its Converse API; those that embed by InvokeModel, those that rerank by Rerank. @module */
import type { AmazonBedrockProvider } from '@ai-sdk/amazon-bedrock'
import type { EmbeddingModelV4, LanguageModelV4, LanguageModelV4FinishReason, RerankingModelV4 } from '@ai-sdk/provider'
import type { Guardrail, ModelEntry } from '@plinth/core'
import { type AwsCredentials, chainedCredentials } from './aws-credentials.ts'
import { adaptEmbedding, mostTexts } from './bedrock-embedding.ts'
import { adaptLanguage } from './bedrock-language.ts'
import { loadOnce } from './load-once.ts'
import { networkEmbedding } from './network-embedding.ts'
import { networkModel } from './network-model.ts'
import { networkReranking } from './network-reranking.ts'

/** How Bedrock is reached. */
export interface BedrockOptions {
  /** The AWS region that is called, such as `eu-central-1`. */
  readonly region: string
  /** Another address than the region's own. */
  readonly endpoint?: string
  /** The same for reranking, which is of another service, `bedrock-agent-runtime`. */
  readonly agentEndpoint?: string
  /** A Bedrock API key; it goes before all credentials. */
  readonly bearerToken?: string
  /** What calls are signed with; asked at every call. Left out: the chain that AWS's own tools use. */
  readonly credentials?: () => Promise<AwsCredentials>
  /** All that language models read and write passes it. @default - none */
  readonly guardrail?: Guardrail
}

/** Gives models of Bedrock. `name` is the id that Bedrock is sent: bare, of an inference profile, or an ARN. */
export interface BedrockModels {
  language(name: string, entry: ModelEntry): LanguageModelV4
  embedding(name: string, entry: ModelEntry): EmbeddingModelV4
  /** Its bare id; its ARN is made of that and the region. */
  reranking(name: string): RerankingModelV4
}

/** Reasons to stop of the Converse API that the package doesn't know. */
const reasons: ReadonlyMap<string, LanguageModelV4FinishReason['unified']> = new Map([
  ['model_context_window_exceeded', 'length'],
  ['malformed_model_output', 'error'],
  ['malformed_tool_use', 'error'],
])

/** The models of one account in one region; they share their connections and credentials. */
export function createBedrockModels(options: BedrockOptions): BedrockModels {
  const { region, endpoint, agentEndpoint, bearerToken, credentials, guardrail } = options
  const signing = credentials ?? chainedCredentials(region)
  const providerAt = async (baseURL: string | undefined): Promise<AmazonBedrockProvider> => {
    const [{ createAmazonBedrock }, { createProviderFetch }] = await Promise.all([
      import('@ai-sdk/amazon-bedrock'),
      import('./connections.ts'),
    ])
    return createAmazonBedrock({
      region,
      // Empty is none; left out, the package would look into the environment.
      apiKey: bearerToken ?? '',
      credentialProvider: signing,
      fetch: createProviderFetch(),
      ...(baseURL !== undefined && { baseURL }),
    })
  }
  const provider = loadOnce(() => providerAt(endpoint))
  const agents = loadOnce(() => providerAt(agentEndpoint))
  // Begun now, so that the first call doesn't wait for it; if it fails, the call says so.
  provider().catch(() => {})
  const admitted = <Model>(make: () => Promise<Model>): (() => Promise<Model>) => {
    const made = loadOnce(make)
    return async () => {
      // The package would hide why there are none.
      if (bearerToken === undefined) await signing()
      return made()
    }
  }
  return {
    language: (name, entry) =>
      networkModel({
        provider: 'bedrock',
        modelId: name,
        load: admitted(async () => (await provider())(name)),
        adapt: (options, streamed) => adaptLanguage(options, { entry, guardrail, streamed }),
        reasons,
      }),
    embedding: (name, entry) =>
      networkEmbedding({
        provider: 'bedrock',
        modelId: name,
        mostTexts: mostTexts(entry),
        load: admitted(async () => (await provider()).embeddingModel(name)),
        adapt: (options) => adaptEmbedding(options, entry),
      }),
    reranking: (name) =>
      networkReranking({
        provider: 'bedrock',
        modelId: name,
        load: admitted(async () => (await agents()).rerankingModel(name)),
      }),
  }
}
