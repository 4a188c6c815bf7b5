import { checkDimensions } from '../embedding-model/dimensions.ts'
import { type EmbeddingPurpose, type Embeddings, embedTexts } from '../embedding-model/embed.ts'
import { priceOf } from '../language-model/catalogue.ts'
import { estimateTextTokens } from '../language-model/token-estimate.ts'
import type { Uses } from '../scope/scope.ts'
import { filterInput } from '../tenancy/filters/filter-input.ts'
import { FilterTurns } from '../tenancy/filters/filter-turns.ts'
import { book } from '../tenancy/meter/booking.ts'
import { countingBlocked, refuseBeforeFilters } from '../tenancy/meter/look-through.ts'
import { askBooked } from './booked-texts.ts'

export type EmbeddingScope = Uses<'state' | 'models' | 'gate'>

export interface GovernedEmbedding {
  /** A UUID: the request's own. */
  readonly id: string
  /** As the client wrote it. */
  readonly modelId: string
  readonly texts: readonly string[]
  readonly dimensions?: number | undefined
  /** The model's own idea of it when left out. */
  readonly purpose?: EmbeddingPurpose | undefined
  /** What the audit trail calls it. */
  readonly what: string
  /** For all vectors, milliseconds; a minute when left out. */
  readonly timeout?: number
  readonly signal: AbortSignal
}

const usualTimeout = 60_000

/**
 * Vectors of texts as one tenant may have them: filters, limits and budget before the call, usage and audit trail with its end.
 * @throws InvalidInputError, ForbiddenError, LimitError, BudgetExhaustedError, ModelFailure, UnavailableError.
 */
export async function embedGoverned(scope: EmbeddingScope, call: GovernedEmbedding): Promise<Embeddings> {
  const { signal, dimensions, purpose, timeout = usualTimeout } = call
  const resolved = scope.models.resolveEmbedding(call.modelId)
  if (dimensions !== undefined) checkDimensions(resolved, dimensions)
  const { entry } = resolved
  const expected = { prices: [entry.price], inputTokens: tokensOf(call.texts), outputTokens: 0 }
  await refuseBeforeFilters(scope, expected)
  const about = { what: call.what, resource: `models/${entry.id}` }
  const texts: string[] = []
  await countingBlocked(scope, about, async () => {
    const turns = new FilterTurns(scope.clock)
    for (const [index, text] of call.texts.entries()) texts.push((await filterInput(scope, text, `input.${index}`, turns)).text)
  })
  const inputTokens = tokensOf(texts)
  const booking = await book(scope, entry.id, { ...expected, inputTokens })
  // What a provider doesn't count is estimated, so that nobody's budget is spent on what costs nothing.
  const used = (result: Embeddings): Embeddings & { readonly usd: number } => {
    const input = result.inputTokens > 0 ? result.inputTokens : inputTokens
    return { ...result, inputTokens: input, usd: priceOf(entry.price, { input, output: 0 }) }
  }
  const result = await askBooked(scope, {
    ...{ about, requestId: call.id, texts: texts.length, booking, resolved, inputTokens, signal, used },
    ask: (model) => embedTexts(scope, { resolved: model, texts, dimensions, purpose, requestId: call.id, timeout, signal }),
  })
  return used(result)
}

function tokensOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + estimateTextTokens(text), 0)
}
