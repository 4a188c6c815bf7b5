/**
 * Models: the ports are the AI SDK's `LanguageModelV4`, `EmbeddingModelV4` and `RerankingModelV4`, so that every provider written for them fits. What
 * Plinth adds is the catalogue: which ids exist, what each can do, until when, and what it costs.
 * @module
 */
import type { EmbeddingModelV4, LanguageModelV4, RerankingModelV4 } from '@ai-sdk/provider'
import { PlinthError } from '../errors.ts'

/** The source of a price that nobody told: its figures are 0. */
export const priceNotKnown = 'not known'

export interface ModelPrice {
  /** USD per million input tokens, list price. */
  readonly input: number
  /** USD per million output tokens, list price. */
  readonly output: number
  /**
   * What a token costs that is read from the provider's prompt cache, and one that is written to it, as shares of `input`; left out
   * where that isn't known: the whole then.
   */
  readonly cached?: { readonly read: number; readonly write: number }
  /** USD per query of a model that reranks, list price; up to 100 passages are one query. */
  readonly query?: number
  /** The day on which the figures were gathered, YYYY-MM-DD. */
  readonly date: string
  /** Where the figures come from, or {@link priceNotKnown}. */
  readonly source: string
}

/** Which lengths of vectors can be asked for: these, or all between two. */
export type AllowedDimensions = readonly number[] | { readonly least: number; readonly most: number }

export interface ModelEntry {
  /** The full id, such as `anthropic.claude-haiku-4-5-20251001-v1:0`. */
  readonly id: string
  readonly kind: 'language' | 'embedding' | 'rerank'
  /** Who made it and in which line: `anthropic.claude`, `amazon.nova`, `local`, … */
  readonly family: string
  /** Who serves it: `bedrock`, `local`, `scripted`, `openai-compatible`. */
  readonly provider: string
  /** Most tokens of input and output together. */
  readonly context: number
  /** Most tokens of output. */
  readonly maxOutput: number
  readonly capabilities: {
    readonly tools: boolean
    readonly images: boolean
    /** The provider enforces a JSON schema itself. */
    readonly structuredOutput: boolean
    readonly streaming: boolean
    /** Accepts temperature, topP and topK. */
    readonly sampling: boolean
  }
  readonly lifecycle: {
    readonly status: 'active' | 'legacy' | 'retired'
    /** The day from which the maker no longer serves it, YYYY-MM-DD. */
    readonly retired?: string
    /** What the maker names to be asked instead, by its id in the catalogue. */
    readonly successor?: string
  }
  readonly price: ModelPrice
  /** Whether the provider keeps the front of prompts where it is told to, from so many tokens on. */
  readonly promptCache?: { readonly leastTokens: number }
  /** Of an embedding model. Left out where only the server knows. */
  readonly dimensions?: {
    /** How long its vectors are unless another length is asked for. */
    readonly usual: number
    readonly allowed: AllowedDimensions
  }
}

/** A catalogue entry joined with what will answer for it. */
export interface ResolvedModel {
  /**
   * What to keep of it, so that resolving it again gives the same: the id as it was asked for where its spelling decides who
   * answers, else the entry's.
   */
  readonly id: string
  readonly entry: ModelEntry
  /**
   * What answers: the entry's own id, with the profile prefix that it was asked for with, or the id of the configured model where
   * its provider is not configured.
   */
  readonly servedBy: string
  readonly model: LanguageModelV4
  /** Whether a stream shows text before the end: false for a model whose text is there at once. */
  readonly incremental: boolean
  /** The operator's guardrail that all it reads and writes passes, with its version; absent where there is none. */
  readonly guardedBy?: string
}

/** The same of an embedding model. */
export interface ResolvedEmbedding extends Pick<ResolvedModel, 'id' | 'entry' | 'servedBy'> {
  readonly model: EmbeddingModelV4
  /** How long its vectors are unless another length is asked for; undefined where only an answer tells. */
  readonly dimensions: number | undefined
  readonly allowedDimensions: AllowedDimensions
}

/** The same of a model that puts passages in the order of how well they fit a question. */
export interface ResolvedReranking extends Pick<ResolvedModel, 'id' | 'entry' | 'servedBy'> {
  readonly model: RerankingModelV4
}

/** The models of one Plinth. */
export interface Models {
  /** The id that a request without one gets. */
  readonly defaultModel: string
  /** The same for embeddings. */
  readonly defaultEmbeddingModel: string
  /**
   * The model for an id of the catalogue, with or without a profile prefix (`us.`, `eu.`, …) or as an ARN.
   * @throws InvalidInputError with code `model_unknown` for an id outside the catalogue, or one that isn't a language model.
   */
  resolve(id?: string): ResolvedModel
  /**
   * The same for models that make vectors of texts.
   * @throws InvalidInputError with code `model_unknown` for an id outside the catalogue, or one that isn't an embedding model.
   */
  resolveEmbedding(id?: string): ResolvedEmbedding
  /**
   * The model that reranks what retrieval found; undefined where none is configured, as is usual, or this tenant may not use it.
   */
  resolveReranking?(): ResolvedReranking | undefined
  entries(): readonly ModelEntry[]
  /** Where these are one tenant's: those of the whole Plinth. */
  readonly shared?: Models
}

/**
 * The model for an id, of whatever kind; where several have it, the language model. Of those that rerank it is the configured one.
 * @throws what the two throw.
 */
export function resolveAnyKind(models: Models, id: string): ResolvedModel | ResolvedEmbedding | ResolvedReranking {
  const reranking = models.resolveReranking?.()
  if (reranking?.id === id) return reranking
  try {
    return models.resolve(id)
  } catch (error) {
    if (!isUnknown(error)) throw error
    try {
      return models.resolveEmbedding(id)
    } catch (other) {
      throw isUnknown(other) ? error : other
    }
  }
}

function isUnknown(error: unknown): boolean {
  return PlinthError.is(error) && error.code === 'model_unknown'
}

/** What a call used. `usd` is at list price of the model asked for. */
export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
  /** From the start of the call to its last byte. */
  readonly latency_ms: number
}

export interface PricedTokens {
  /** All of the input, what the provider's cache had a part in among it. */
  readonly input: number
  readonly output: number
  /** Of the input, read from the cache. */
  readonly cacheRead?: number
  /** Of the input, written to it. */
  readonly cacheWrite?: number
}

/** The list price of a call in USD. */
export function priceOf({ input, output, cached }: ModelPrice, tokens: PricedTokens): number {
  const { cacheRead = 0, cacheWrite = 0 } = tokens
  const { read = 1, write = 1 } = cached ?? {}
  const fresh = Math.max(0, tokens.input - cacheRead - cacheWrite)
  return ((fresh + cacheRead * read + cacheWrite * write) * input + tokens.output * output) / 1_000_000
}
