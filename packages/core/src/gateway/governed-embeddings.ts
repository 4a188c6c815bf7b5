import { checkDimensions } from '../embedding-model/dimensions.ts'
import { type Embeddings, embedTexts } from '../embedding-model/embed.ts'
import { priceOf, type ResolvedEmbedding, type Usage } from '../language-model/catalogue.ts'
import { estimateTextTokens } from '../language-model/token-estimate.ts'
import type { Uses } from '../scope/scope.ts'
import { filterInput } from '../tenancy/filters/filter-input.ts'
import { book, settleBooking } from '../tenancy/meter/booking.ts'
import { countBlocked, isBlocked } from '../tenancy/meter/look-through.ts'
import { checkTokenLimits } from '../tenancy/meter/meter.ts'
import { LostCalls } from './lost-calls.ts'
import { askModels, type ChainAnswer } from './model-chain.ts'

export type EmbeddingScope = Uses<'state' | 'models' | 'gate'>

export interface GovernedEmbedding {
  /** A UUID: the request's own. */
  readonly id: string
  /** As the client wrote it. */
  readonly modelId: string
  readonly texts: readonly string[]
  readonly dimensions?: number | undefined
  /** What the audit trail calls it. */
  readonly what: string
  readonly signal: AbortSignal
}

/** For all vectors, milliseconds. */
const timeout = 60_000

/**
 * Vectors of texts as one tenant may have them: filters, limits and budget before the call, usage and audit trail with its end.
 * @throws InvalidInputError, ForbiddenError, LimitError, BudgetExhaustedError, ModelFailure, UnavailableError.
 */
export async function embedGoverned(scope: EmbeddingScope, call: GovernedEmbedding): Promise<Embeddings> {
  const { signal, dimensions } = call
  const resolved = scope.models.resolveEmbedding(call.modelId)
  if (dimensions !== undefined) checkDimensions(resolved, dimensions)
  checkTokenLimits(scope, tokensOf(call.texts))
  const texts: string[] = []
  try {
    for (const [index, text] of call.texts.entries()) texts.push((await filterInput(scope, text, `input.${index}`)).text)
  } catch (error) {
    if (isBlocked(error)) await countBlocked(scope, { what: call.what, resource: `models/${resolved.entry.id}` })
    throw error
  }
  const inputTokens = tokensOf(texts)
  const { entry } = resolved
  const booking = await book(scope, entry.id, { prices: [entry.price], inputTokens, outputTokens: 0 })
  const lost = new LostCalls(inputTokens)
  const end = async (usage: Usage | undefined, decision: string): Promise<void> => {
    await scope.state.commit({
      writes: settleBooking(scope, booking, usage && { usage, model: entry.id }),
      deed: {
        what: call.what,
        resource: `models/${entry.id}`,
        decision,
        detail: { request_id: call.id, texts: texts.length, ...(usage ? { input_tokens: usage.input_tokens } : {}) },
      },
    })
  }
  let answered: ChainAnswer<ResolvedEmbedding, Embeddings>
  try {
    answered = await askModels(scope, {
      models: [resolved],
      maxTokens: 0,
      inputTokens,
      signal,
      ask: (model) => embedTexts(scope, { resolved: model, texts, dimensions, requestId: call.id, timeout, signal }),
      onLost: (model) => lost.add(model),
    })
  } catch (error) {
    await end(lost.usage, 'failed')
    throw error
  }
  const { result, permit } = answered
  // What a provider doesn't count is estimated, so that nobody's budget is spent on what costs nothing.
  const input = result.inputTokens > 0 ? result.inputTokens : inputTokens
  permit.settle(input)
  const usd = priceOf(entry.price, { input, output: 0 })
  await end(lost.with({ input_tokens: input, output_tokens: 0, usd, latency_ms: result.latencyMs }), 'allowed')
  return { ...result, inputTokens: input, usd }
}

function tokensOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + estimateTextTokens(text), 0)
}
