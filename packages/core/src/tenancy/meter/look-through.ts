/** What is done with what a caller sends before it is accepted: cheap refusals first, then the tenant's filters. @module */
import { type InvalidInputError, LimitError, PlinthError } from '../../errors.ts'
import type { Uses } from '../../scope/scope.ts'
import type { Deed } from '../../scope/trail.ts'
import { checkTokenLimits, countRequest, type Expected, refusalOf, reserve } from './meter.ts'
import { refuseEarly } from './refuse-early.ts'

/**
 * Refuses, before the filters look at it, what is certain to be refused for its size as it was sent, or because the minute or the month
 * is used up: so that it costs little.
 * @throws InvalidInputError `over_token_limit`; LimitError, which `refusalOf` turns into an answer.
 */
export async function refuseBeforeFilters(scope: Uses<'state'>, expected: Expected): Promise<void> {
  checkTokenLimits(scope, expected.inputTokens + expected.outputTokens)
  if (Object.keys(scope.tenant.filters.input).length === 0) return
  // Nobody knows yet what masks leave of the input: for the output alone there must be room in any case.
  await refuseEarly(scope, reserve(scope, { ...expected, inputTokens: 0 }).writes)
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
    throw error instanceof LimitError ? refusalOf(scope, error) : error
  }
}
