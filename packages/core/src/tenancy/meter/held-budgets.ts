import { LimitError, type PlinthError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Uses } from '../../scope/scope.ts'
import { type Reservation, refusalOf } from './meter.ts'
import { nano, ofTenant, spending, spendingPlace } from './records.ts'

/** What calls that run have booked, by tenant, of all that has one clock: a process. */
const processes = new WeakMap<Clock, Map<string, Set<Reservation>>>()
/** Seconds: most calls end within a few. */
const retryAfter = 5

/** From now on a call holds the most that it may use. */
export function hold({ caller: { tenant }, clock }: Uses<never>, reservation: Reservation): void {
  const running = runningOf(clock)
  const held = running.get(tenant) ?? new Set()
  running.set(tenant, held.add(reservation))
}

/** Its end is settled; again does nothing. */
export function letGo({ caller: { tenant }, clock }: Uses<never>, reservation: Reservation): void {
  const running = runningOf(clock)
  const held = running.get(tenant)
  held?.delete(reservation)
  if (held?.size === 0) running.delete(tenant)
}

/**
 * What a call that waits for its answer is told when a limit refuses it: of a budget whether it is spent, or only held by calls that run
 * and may give most of it back.
 * @param taken the most that the call may use, nano-dollars.
 */
export async function refusalOfCall(scope: Uses<'state'>, error: unknown, taken: number): Promise<unknown> {
  const held = error instanceof LimitError ? await heldBudget(scope, error, taken) : undefined
  return held ?? refusalOf(scope, error)
}

async function heldBudget(scope: Uses<'state'>, { key }: LimitError, taken: number): Promise<PlinthError | undefined> {
  const [collection, month = '', account = ''] = key.split('/')
  const { caller, tenant } = scope
  const calls = runningOf(scope.clock).get(caller.tenant)
  const budget = account === ofTenant ? tenant.limits.monthly_budget_usd : caller.keyLimits?.monthly_budget_usd
  if (collection !== spending.name || !calls || budget === undefined) return undefined
  const spent = (await scope.state.get(spending, spendingPlace(month, account)))?.fields.taken ?? 0
  const own = [...calls].filter(({ key: payer }) => account === ofTenant || payer === account)
  const held = own.reduce((sum, reservation) => sum + reservation.taken, 0)
  if (spent - held + taken > Math.round(budget * nano)) return undefined
  const message = 'Calls that run hold what is left of the budget; there may be room when they end.'
  return new LimitError(key, 'budget_held', message, { retryAfter })
}

function runningOf(clock: Clock): Map<string, Set<Reservation>> {
  const known = processes.get(clock)
  if (known) return known
  const made = new Map<string, Set<Reservation>>()
  processes.set(clock, made)
  return made
}
