/** Models of servers that speak OpenAI's protocol for completions and embeddings: Ollama, vLLM, llama.cpp and many others. @module */
import type { OpenAICompatibleProvider } from '@ai-sdk/openai-compatible'
import type { EmbeddingModelV4, LanguageModelV4 } from '@ai-sdk/provider'
import type { ModelEntry } from '@plinth/core'
import { gathered } from './bedrock-models.ts'
import { loadOnce } from './load-once.ts'
import { networkEmbedding } from './network-embedding.ts'
import { type AdaptedOptions, networkModel } from './network-model.ts'

/** Where the server is. */
export interface OpenAICompatibleOptions {
  /** Up to and including the version: `http://localhost:11434/v1`. */
  readonly baseUrl: string
  /** Sent as a bearer token. */
  readonly apiKey?: string
}

const prefix = 'openai-compatible/'
const id = /^openai-compatible\/[\x21-\x7e]{1,200}$/

/** Whether this is the id of a model of such a server: `openai-compatible/` and the server's own name for it. */
export function isOpenAICompatible(model: string): boolean {
  return id.test(model)
}

/**
 * The catalogue's entry for a model of such a server. The protocol doesn't tell what a model can do: what isn't known is allowed,
 * and the server decides.
 */
export function openAICompatibleEntry(model: string): ModelEntry {
  return {
    id: model,
    kind: 'language',
    family: 'openai-compatible',
    provider: 'openai-compatible',
    context: 4_000_000,
    maxOutput: 1_000_000,
    capabilities: { tools: true, images: true, structuredOutput: true, streaming: true, sampling: true },
    lifecycle: { status: 'active' },
    price: { input: 0, output: 0, date: gathered, source: 'not known' },
  }
}

/** The same for a model that embeds. */
export function openAICompatibleEmbeddingEntry(model: string): ModelEntry {
  return {
    ...openAICompatibleEntry(model),
    kind: 'embedding',
    maxOutput: 0,
    capabilities: { tools: false, images: false, structuredOutput: false, streaming: false, sampling: false },
  }
}

/** A model of such a server. A JSON schema asked for is sent along, not as a strict one: OpenAI takes few schemas as strict. */
export function createOpenAICompatibleModel(model: string, options: OpenAICompatibleOptions): LanguageModelV4 {
  const load = begun(async () => (await connect(options)).chatModel(model.slice(prefix.length)))
  return networkModel({ provider: 'openai-compatible', modelId: model, load, adapt })
}

/** As many as every server is known to take: Text Embeddings Inference refuses more unless told otherwise. */
const mostTexts = 32

/** A model of such a server that embeds. */
export function createOpenAICompatibleEmbedder(model: string, options: OpenAICompatibleOptions): EmbeddingModelV4 {
  const load = begun(async () => (await connect(options)).embeddingModel(model.slice(prefix.length)))
  return networkEmbedding({ provider: 'openai-compatible', modelId: model, mostTexts, load })
}

async function connect({ baseUrl, apiKey }: OpenAICompatibleOptions): Promise<OpenAICompatibleProvider> {
  const [{ createOpenAICompatible }, { createProviderFetch }] = await Promise.all([
    import('@ai-sdk/openai-compatible'),
    import('./connections.ts'),
  ])
  return createOpenAICompatible({
    name: 'openaiCompatible',
    baseURL: baseUrl,
    includeUsage: true,
    supportsStructuredOutputs: true,
    fetch: createProviderFetch(),
    ...(apiKey !== undefined && { apiKey }),
  })
}

function begun<Loaded>(make: () => Promise<Loaded>): () => Promise<Loaded> {
  const load = loadOnce(make)
  // Begun now, so that the first call doesn't wait for it; if it fails, the call says so.
  load().catch(() => {})
  return load
}

function adapt(options: Parameters<LanguageModelV4['doGenerate']>[0]): AdaptedOptions {
  if (options.responseFormat?.type !== 'json' || options.responseFormat.schema === undefined) return { options, warnings: [] }
  const { openaiCompatible, ...others } = options.providerOptions ?? {}
  const providerOptions = { ...others, openaiCompatible: { strictJsonSchema: false, ...openaiCompatible } }
  return { options: { ...options, providerOptions }, warnings: [] }
}
