/** Models of servers that speak OpenAI's protocol, and Cohere's for reranking: Ollama, vLLM, llama.cpp and many others. @module */
import type { EmbeddingModelV4, LanguageModelV4, RerankingModelV4 } from '@ai-sdk/provider'
import { type ModelEntry, priceNotKnown } from '@plinth/core'
import { gathered } from './bedrock-models.ts'
import { loadOnce } from './load-once.ts'
import { createChatModel } from './openai-compatible/chat-model.ts'
import { createEmbeddingModel } from './openai-compatible/embedding-model.ts'
import { createRerankingModel } from './openai-compatible/reranking-model.ts'
import type { ServerModelOptions } from './openai-compatible/server.ts'

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
    price: { input: 0, output: 0, date: gathered, source: priceNotKnown },
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

/** The same for a model that reranks. */
export function openAICompatibleRerankingEntry(model: string): ModelEntry {
  return { ...openAICompatibleEmbeddingEntry(model), kind: 'rerank' }
}

/** A model of such a server. */
export function createOpenAICompatibleModel(model: string, options: OpenAICompatibleOptions): LanguageModelV4 {
  return createChatModel(partsOf(model, options))
}

/** A model of such a server that embeds. */
export function createOpenAICompatibleEmbedder(model: string, options: OpenAICompatibleOptions): EmbeddingModelV4 {
  return createEmbeddingModel(partsOf(model, options))
}

/** A model of such a server that reranks. */
export function createOpenAICompatibleReranker(model: string, options: OpenAICompatibleOptions): RerankingModelV4 {
  return createRerankingModel(partsOf(model, options))
}

function partsOf(model: string, options: OpenAICompatibleOptions): ServerModelOptions {
  const server = loadOnce(async () => new (await import('./openai-compatible/server.ts')).OpenAICompatibleServer(options))
  // Begun now, so that the first call doesn't wait for it; if it fails, the call says so.
  server().catch(() => {})
  return { modelId: model, name: model.slice(prefix.length), server }
}
