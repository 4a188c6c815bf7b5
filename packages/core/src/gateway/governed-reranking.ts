import type { ResolvedReranking } from '../language-model/catalogue.ts'
import { estimateTextTokens } from '../language-model/token-estimate.ts'
import { costOf, type Reranked, rerankTexts } from '../reranking-model/rerank.ts'
import type { Uses } from '../scope/scope.ts'
import { filterInput } from '../tenancy/filters/filter-input.ts'
import { book } from '../tenancy/meter/booking.ts'
import { countingBlocked, refuseBeforeFilters } from '../tenancy/meter/look-through.ts'
import { askBooked } from './booked-texts.ts'

export interface GovernedReranking {
  /** A UUID: the request's own. */
  readonly id: string
  readonly resolved: ResolvedReranking
  readonly query: string
  /** What the tenant's filters let through of them. */
  readonly texts: readonly string[]
  /** What the audit trail calls it. */
  readonly what: string
  readonly signal: AbortSignal
}

/** Milliseconds; a question waits for it. */
const timeout = 5_000

/**
 * How well texts fit a question, as one tenant may have it: the question's filters, limits and budget before the call, usage and audit
 * trail with its end.
 * @throws InvalidInputError, LimitError, BudgetExhaustedError, ModelFailure, UnavailableError.
 */
export async function rerankGoverned(scope: Uses<'state' | 'models' | 'gate'>, call: GovernedReranking): Promise<Reranked> {
  const { signal, texts, id } = call
  const about = { what: call.what, resource: `models/${call.resolved.entry.id}` }
  const inputTokens = [call.query, ...texts].reduce((sum, text) => sum + estimateTextTokens(text), 0)
  const resolved = pricedByToken(call.resolved, inputTokens)
  const { entry } = resolved
  const expected = { prices: [entry.price], inputTokens, outputTokens: 0 }
  await refuseBeforeFilters(scope, expected)
  const { text: query } = await countingBlocked(scope, about, () => filterInput(scope, call.query, 'query'))
  const booking = await book(scope, entry.id, expected)
  return askBooked(scope, {
    ...{ about, requestId: id, texts: texts.length, booking, resolved, inputTokens, signal },
    ask: (model) => rerankTexts(scope, { resolved: model, query, texts, requestId: id, timeout, inputTokens, signal }),
    used: ({ usd, latencyMs }) => ({ inputTokens, usd, latencyMs }),
  })
}

/** What a call costs as a price of its tokens, by which budgets and lost calls are counted. */
function pricedByToken(resolved: ResolvedReranking, inputTokens: number): ResolvedReranking {
  const { query: _, ...price } = resolved.entry.price
  const input = (costOf(resolved, inputTokens) * 1_000_000) / inputTokens
  return { ...resolved, entry: { ...resolved.entry, price: { ...price, input } } }
}
