import type { Usage } from '../../language-model/catalogue.ts'
import { retryConflicts } from '../../scope/retry-conflicts.ts'
import type { Uses } from '../../scope/scope.ts'
import { count, type RecordWrite } from '../../scope/state.ts'
import type { Deed } from '../../scope/trail.ts'
import { hold, letGo, refusalOfCall } from './held-budgets.ts'
import { correct, type Expected, type Reservation, reserve } from './meter.ts'
import { nano, type UsageCounts, type UsageKey, usage, usagePlace } from './records.ts'

/** The most that a call may use, taken from all limits and counted as used already. */
export interface Booking {
  readonly reservation: Reservation
  readonly counted: UsageKey
}

/**
 * Books the most that a call of a client that waits may use, before a model is called. A process that dies during the call leaves usage
 * and budget as if all of it was used, since nobody knows better; so does a commit whose answer is lost, here or at the end.
 * {@link settleBooking} corrects it with the end of the call.
 * @param model what is asked for, as usage shows it.
 * @param deed told with it, where the booking is all that there is to the call.
 * @throws LimitError `rate_limited`, or `budget_held` where running calls may give room back; BudgetExhaustedError, InvalidInputError
 * `over_token_limit`; nothing is booked then.
 */
export async function book(scope: Uses<'state'>, model: string, expected: Expected, deed?: Deed): Promise<Booking> {
  const { writes, reservation } = reserve(scope, expected)
  const { day, input_tokens, output_tokens, taken: nano_usd } = reservation
  const counted = { day, model, user: scope.caller.user }
  const most = count(usage, usagePlace(counted), { requests: 1, input_tokens, output_tokens, nano_usd })
  try {
    // Nobody was promised anything yet: what a power cut loses here, it loses with the call.
    const durability = deed ? 'synced' : 'relaxed'
    await retryConflicts(() => scope.state.commit({ writes: [most, ...writes], durability, ...(deed ? { deed } : {}) }))
    hold(scope, reservation)
    return { reservation, counted }
  } catch (error) {
    throw await refusalOfCall(scope, error, reservation.taken)
  }
}

/** What came of a call that was booked. */
export interface BookedUse {
  readonly usage: Usage
  /** What answered, perhaps a fallback. */
  readonly model: string
  /** Whether it is one request with another that was counted: a client's second try of the same call. */
  readonly again?: boolean
}

/**
 * The writes that bring a booking to what was used; without `used` all of it is given back. To be committed with the call's
 * end; from now on the booking holds nothing of a budget that others wait for.
 */
export function settleBooking(scope: Uses<never>, { reservation, counted }: Booking, used?: BookedUse): RecordWrite[] {
  letGo(scope, reservation)
  const { input_tokens, output_tokens, taken } = reservation
  const back = { requests: -1, input_tokens: -input_tokens, output_tokens: -output_tokens, nano_usd: -taken }
  if (!used) return [...change(counted, back), ...correct(scope, reservation, { nano_usd: 0, tokens: 0 })]
  const { input_tokens: input, output_tokens: output, usd } = used.usage
  const nano_usd = Math.round(usd * nano)
  const now = { requests: used.again ? 0 : 1, input_tokens: input, output_tokens: output, nano_usd }
  const changes =
    used.model === counted.model
      ? change(counted, sum(back, now))
      : [...change(counted, back), ...change({ ...counted, model: used.model }, now)]
  return [...changes, ...correct(scope, reservation, { nano_usd, tokens: input + output })]
}

function change(key: UsageKey, amounts: UsageCounts): RecordWrite[] {
  return Object.values(amounts).some((amount) => amount !== 0) ? [count(usage, usagePlace(key), { ...amounts })] : []
}

function sum(one: UsageCounts, other: UsageCounts): UsageCounts {
  return {
    requests: one.requests + other.requests,
    input_tokens: one.input_tokens + other.input_tokens,
    output_tokens: one.output_tokens + other.output_tokens,
    nano_usd: one.nano_usd + other.nano_usd,
  }
}
