import type { EmbeddingModelV4CallOptions, EmbeddingModelV4Result } from '@ai-sdk/provider'
import { boundedCall } from '../language-model/bounded-call.ts'
import { tokensOf } from '../language-model/call.ts'
import { priceOf, type ResolvedEmbedding } from '../language-model/catalogue.ts'
import { classifyFailure, ModelFailure } from '../language-model/failure.ts'
import type { Uses } from '../scope/scope.ts'
import { inSpan, recordModelCall } from '../telemetry.ts'
import { checkDimensions } from './dimensions.ts'

/** What vectors are for. Some models make others for a question than for the texts that it is looked for in. */
export type EmbeddingPurpose = 'document' | 'query' | 'classification' | 'clustering'

export interface EmbeddingCall {
  readonly resolved: ResolvedEmbedding
  readonly texts: readonly string[]
  /** How long the vectors are to be; as the model usually gives them when left out. */
  readonly dimensions?: number | undefined
  /** The model's own idea of it when left out. */
  readonly purpose?: EmbeddingPurpose | undefined
  /** The work that it is for; the provider's logs name it. */
  readonly requestId: string
  /** How long to wait for all vectors, milliseconds; up to a tick more. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
  /** How many calls may run at once, where the model takes few texts in each; 1 when left out, as the gate lets one through. */
  readonly parallel?: number | undefined
}

export interface Embeddings {
  /** One for each text, in their order, all of one length. */
  readonly vectors: readonly (readonly number[])[]
  /** 0 where the provider doesn't say. */
  readonly inputTokens: number
  /** At list price of the model asked for. */
  readonly usd: number
  /** From the start of the first call to the end of the last. */
  readonly latencyMs: number
  /** What answered. */
  readonly modelId: string
}

/**
 * Makes vectors of texts, in as many calls as the model needs; none for no texts. Nothing is tried again.
 * @throws ModelFailure, whatever went wrong: one call that fails is the end of all; or the signal's reason when it was aborted;
 * InvalidInputError for `dimensions` that the model doesn't give.
 */
export async function embedTexts(scope: Uses<never>, call: EmbeddingCall): Promise<Embeddings> {
  const { resolved, texts, dimensions } = call
  const { entry, servedBy } = resolved
  if (dimensions !== undefined) checkDimensions(resolved, dimensions)
  if (texts.length === 0) return { vectors: [], inputTokens: 0, usd: 0, latencyMs: 0, modelId: servedBy }
  const attributes = {
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.provider.name': entry.provider,
    'gen_ai.request.model': entry.id,
  }
  return inSpan(scope.caller, `embeddings ${entry.id}`, attributes, async (span) => {
    const started = scope.clock.now()
    try {
      const { vectors, inputTokens } = await boundedCall(scope.clock, call, (signal) => inBatches(call, signal))
      const usd = priceOf(entry.price, { input: inputTokens, output: 0 })
      const latencyMs = scope.clock.now() - started
      span.setAttributes({
        'gen_ai.response.model': servedBy,
        'gen_ai.embeddings.dimension.count': lengthOf(vectors),
        'gen_ai.usage.input_tokens': inputTokens,
      })
      recordModelCall(
        scope.caller,
        entry.id,
        { input_tokens: inputTokens, output_tokens: 0, usd, latency_ms: latencyMs },
        'embeddings',
      )
      return { vectors, inputTokens, usd, latencyMs, modelId: servedBy }
    } catch (error) {
      if (call.signal?.aborted) throw error
      const failure = classifyFailure(error)
      recordModelCall(
        scope.caller,
        entry.id,
        { errorCode: failure.code, milliseconds: scope.clock.now() - started },
        'embeddings',
      )
      throw failure
    }
  })
}

type Made = Pick<Embeddings, 'vectors' | 'inputTokens'>

/** Each of so many workers takes the next batch; the first that fails stops the others. */
async function inBatches(call: EmbeddingCall, signal: AbortSignal): Promise<Made> {
  const { resolved, texts, parallel = 1 } = call
  const { model } = resolved
  const [most = Number.POSITIVE_INFINITY, apart] = await Promise.all([model.maxEmbeddingsPerCall, model.supportsParallelCalls])
  const size = Math.max(1, Math.min(texts.length, Math.floor(most)))
  const made: Made[] = []
  let next = 0
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const work = async (): Promise<void> => {
    for (let at = next; at < texts.length; at = next) {
      next += size
      either.throwIfAborted()
      made[at / size] = await oneBatch(call, texts.slice(at, at + size), either)
    }
  }
  const workers = Array.from({ length: apart ? Math.max(1, Math.min(parallel, texts.length / size)) : 1 }, work)
  try {
    await Promise.all(workers)
  } catch (error) {
    failed.abort(error)
    throw error
  }
  const vectors = made.flatMap((each) => each.vectors)
  if (vectors.some(({ length }) => length !== lengthOf(vectors))) throw malformed('vectors of several lengths')
  return { vectors, inputTokens: made.reduce((sum, each) => sum + each.inputTokens, 0) }
}

async function oneBatch(call: EmbeddingCall, texts: readonly string[], abortSignal: AbortSignal): Promise<Made> {
  const { resolved, dimensions, purpose, requestId } = call
  const options: EmbeddingModelV4CallOptions = {
    // Half a character is no text that JSON can hold.
    values: texts.map((text) => text.toWellFormed()),
    abortSignal,
    headers: { 'x-client-request-id': requestId },
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(purpose === undefined ? {} : { providerOptions: { plinth: { purpose } } }),
  }
  const result: EmbeddingModelV4Result | undefined = await resolved.model.doEmbed(options)
  const vectors: unknown = result?.embeddings
  if (!Array.isArray(vectors) || !vectors.every(isVector)) throw malformed('something else than vectors')
  if (vectors.length !== texts.length) throw malformed(`${vectors.length} vectors for ${texts.length} texts`)
  if (dimensions !== undefined && lengthOf(vectors) !== dimensions)
    throw new ModelFailure('permanent', 'model_dimensions_ignored', `The model gives no vectors of ${dimensions} dimensions.`)
  return { vectors, inputTokens: tokensOf(result?.usage?.tokens) }
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite)
}

function lengthOf(vectors: readonly (readonly number[])[]): number {
  return vectors[0]?.length ?? 0
}

function malformed(what: string): ModelFailure {
  return new ModelFailure('transient', 'model_answer_malformed', `The model answered with ${what}.`)
}
