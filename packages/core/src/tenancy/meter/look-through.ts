/** What is done with what a caller sends before it is accepted: cheap refusals first, then the tenant's filters. @module */
import { type InvalidInputError, PlinthError } from '../../errors.ts'
import type { Uses } from '../../scope/scope.ts'
import type { Deed } from '../../scope/trail.ts'
import { refusalOfCall } from './held-budgets.ts'
import { checkTokenLimits, countRequest, type Expected, refusalOf, reserve } from './meter.ts'
import { refuseEarly } from './refuse-early.ts'

/**
 * Refuses, before the filters look at it, what is certain to be refused for its size as it was sent, or because the minute or the month
 * is used up: so that it costs little.
 * @throws InvalidInputError `over_token_limit`; LimitError `rate_limited` or `budget_held`, BudgetExhaustedError.
 */
export async function refuseBeforeFilters(scope: Uses<'state'>, expected: Expected): Promise<void> {
  checkTokenLimits(scope, expected.inputTokens + expected.outputTokens)
  if (Object.keys(scope.tenant.filters.input).length === 0) return
  // Nobody knows yet what masks leave of the input: for the output alone there must be room in any case.
  const { writes, reservation } = reserve(scope, { ...expected, inputTokens: 0 })
  try {
    await refuseEarly(scope, writes)
  } catch (error) {
    throw await refusalOfCall(scope, error, reservation.taken)
  }
}

/** Whether the tenant's filters refused a text. */
export function isBlocked(error: unknown): error is InvalidInputError {
  return PlinthError.is(error) && error.code === 'content_blocked'
}

/**
 * Counts what the filters refused among the minute's requests, and puts it down: looking through it was work, too.
 * @throws LimitError `rate_limited` when the minute is used up.
 */
export async function countBlocked(scope: Uses<'state'>, { what, resource }: Pick<Deed, 'what' | 'resource'>): Promise<void> {
  const deed = { what, resource, decision: 'content_blocked' }
  try {
    await scope.state.commit({ writes: countRequest(scope), deed, durability: 'relaxed' })
  } catch (error) {
    throw refusalOf(scope, error)
  }
}

/** Has the filters look at what a caller sends; what they refuse is counted and put down. @throws what `filter` throws. */
export async function countingBlocked<Result>(
  scope: Uses<'state'>,
  about: Pick<Deed, 'what' | 'resource'>,
  filter: () => Promise<Result>,
): Promise<Result> {
  try {
    return await filter()
  } catch (error) {
    if (isBlocked(error)) await countBlocked(scope, about)
    throw error
  }
}
