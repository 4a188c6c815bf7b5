import type { RerankingModelV4Result } from '@ai-sdk/provider'
import { boundedCall } from '../language-model/bounded-call.ts'
import { priceOf, type ResolvedReranking } from '../language-model/catalogue.ts'
import { classifyFailure, ModelFailure } from '../language-model/failure.ts'
import type { Uses } from '../scope/scope.ts'
import { inSpan, recordModelCall } from '../telemetry.ts'

export interface RerankingCall {
  readonly resolved: ResolvedReranking
  readonly query: string
  /** 1 to 100: so many are billed as one query. */
  readonly texts: readonly string[]
  /** The work that it is for; the provider's logs name it. */
  readonly requestId: string
  /** How long to wait for the order, milliseconds; up to a tick more. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
  /** Estimated: no provider counts them all. */
  readonly inputTokens: number
}

export interface Reranked {
  /** How well each text fits, in their order; higher is better, comparable within one answer. */
  readonly scores: readonly number[]
  /** At list price of the model. */
  readonly usd: number
  readonly latencyMs: number
}

/**
 * Has a model say how well texts fit a question. Nothing is tried again.
 * @throws ModelFailure, whatever went wrong, an order that leaves a text out among it; or the signal's reason when it was aborted.
 */
export async function rerankTexts(scope: Uses<never>, call: RerankingCall): Promise<Reranked> {
  const { entry, servedBy } = call.resolved
  const attributes = {
    'gen_ai.operation.name': 'rerank',
    'gen_ai.provider.name': entry.provider,
    'gen_ai.request.model': entry.id,
  }
  return inSpan(scope.caller, `rerank ${entry.id}`, attributes, async (span) => {
    const started = scope.clock.now()
    try {
      const scores = await boundedCall(scope.clock, call, (signal) => scoresOf(call, signal))
      const usd = costOf(call.resolved, call.inputTokens)
      const latencyMs = scope.clock.now() - started
      span.setAttributes({ 'gen_ai.response.model': servedBy })
      recordModelCall(
        scope.caller,
        entry.id,
        { input_tokens: call.inputTokens, output_tokens: 0, usd, latency_ms: latencyMs },
        'rerank',
      )
      return { scores, usd, latencyMs }
    } catch (error) {
      if (call.signal?.aborted) throw error
      const failure = classifyFailure(error)
      recordModelCall(scope.caller, entry.id, { errorCode: failure.code, milliseconds: scope.clock.now() - started }, 'rerank')
      throw failure
    }
  })
}

/** The list price of one call, USD. */
export function costOf({ entry: { price } }: ResolvedReranking, inputTokens: number): number {
  return priceOf(price, { input: inputTokens, output: 0 }) + (price.query ?? 0)
}

async function scoresOf({ resolved, query, texts, requestId }: RerankingCall, abortSignal: AbortSignal): Promise<number[]> {
  const result: RerankingModelV4Result | undefined = await resolved.model.doRerank({
    // Half a character is no text that JSON can hold.
    query: query.toWellFormed(),
    documents: { type: 'text', values: texts.map((text) => text.toWellFormed()) },
    topN: texts.length,
    abortSignal,
    headers: { 'x-client-request-id': requestId },
  })
  const ranking: unknown = result?.ranking
  if (!Array.isArray(ranking)) throw malformed('something else than an order')
  const scores = new Map<number, number>()
  for (const each of ranking as readonly (Partial<RerankingModelV4Result['ranking'][number]> | null)[]) {
    const { index = -1, relevanceScore = Number.NaN } = each ?? {}
    if (!Number.isFinite(relevanceScore) || scores.has(index)) throw malformed('an order that is none')
    scores.set(index, relevanceScore)
  }
  return texts.map((_, index) => {
    const score = scores.get(index)
    if (score === undefined || scores.size !== texts.length) throw malformed('an order of other texts')
    return score
  })
}

function malformed(what: string): ModelFailure {
  return new ModelFailure('transient', 'model_answer_malformed', `The model answered with ${what}.`)
}
