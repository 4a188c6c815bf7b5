import { BudgetExhaustedError, InvalidInputError, LimitError, type PlinthError } from '../../errors.ts'
import { type ModelPrice, priceOf, type Usage } from '../../language-model/catalogue.ts'
import type { Uses } from '../../scope/scope.ts'
import { count, type RecordWrite } from '../../scope/state.ts'
import type { KeyLimits } from '../tenant.ts'
import {
  type Account,
  dayOf,
  monthOf,
  nano,
  ofTenant,
  rates,
  ratesPlace,
  spending,
  spendingPlace,
  usage,
  usagePlace,
} from './records.ts'

/**
 * What accepted work may still use, kept with it until it is settled: so it is as durable as the work itself, and a process that dies
 * loses none of it.
 */
export interface Reservation {
  /**
   * The day of UTC on which it was made. The budget of its month pays for the work, and the usage of this day shows it, whenever it
   * ends: so what a month's budget has spent is always what its usage comes to.
   */
  readonly day: string
  /** Nano-dollars. */
  readonly taken: number
  readonly input_tokens: number
  /** The most. */
  readonly output_tokens: number
  /** The virtual key whose own budget pays, too. */
  readonly key?: Account
  /** That key's budget of a month as it was set when the key was made, nano-dollars. */
  readonly key_budget?: number
  /** Whose tokens of a minute it counts among; absent where none are limited. */
  readonly rates?: {
    /** Since 1970. */
    readonly minute: number
    readonly of: readonly Account[]
  }
}

/** What a call used, of which model, for whom. */
export interface Used {
  readonly usage: Usage
  readonly model: string
  readonly user: string
}

/** The most that a call may use. */
export interface Expected {
  /** Of the models that may answer; the dearest counts. */
  readonly prices: readonly ModelPrice[]
  /** Estimated. */
  readonly inputTokens: number
  /** The most. */
  readonly outputTokens: number
}

const minuteMilliseconds = 60_000
/** A minute's counts are looked at until calls of that minute are settled. */
const ratesLifetime = 3 * minuteMilliseconds

/**
 * Takes what a call may use from the limits of the tenant, and of the virtual key that asks for it: to be committed together with the
 * work that it is for, before a model is called. The commit fails with LimitError where a limit is reached; {@link refusalOf} says
 * which.
 *
 * Requests and tokens are counted by whole minutes of UTC. Of a budget everything reserved is taken, so that what is spent stays below
 * it however many run at once, but for what calls use beyond their reservation. A tenant's spending is counted without a budget, too,
 * so that one that is set later knows of it.
 * @throws InvalidInputError `over_token_limit` for a call that would be above the tokens of a whole minute.
 */
export function reserve(scope: Uses<never>, expected: Expected): { writes: RecordWrite[]; reservation: Reservation } {
  const { caller, clock } = scope
  const now = clock.now()
  const day = dayOf(now)
  const minute = Math.floor(now / minuteMilliseconds)
  const { inputTokens: input_tokens, outputTokens: output_tokens } = expected
  const tokens = input_tokens + output_tokens
  checkTokenLimits(scope, tokens)
  const costs = expected.prices.map((price) => priceOf(price, { input: input_tokens, output: output_tokens }))
  const taken = Math.ceil(Math.max(...costs) * nano)
  const writes: RecordWrite[] = []
  const tokensOf: Account[] = []
  for (const { account, limits } of accountsOf(scope)) {
    const { monthly_budget_usd: budget, requests_per_minute: requests, tokens_per_minute: most } = limits
    const place = spendingPlace(monthOf(day), account)
    if (budget !== undefined) writes.push(count(spending, place, { taken }, { taken: mostTaken(budget, taken) }))
    else if (account === ofTenant && taken > 0) writes.push(count(spending, place, { taken }))
    if (most !== undefined) tokensOf.push(account)
    const counts = { ...(requests === undefined ? {} : { requests: 1 }), ...(most === undefined ? {} : { tokens }) }
    const max = { ...(requests === undefined ? {} : { requests }), ...(most === undefined ? {} : { tokens: most }) }
    if (requests !== undefined || most !== undefined)
      writes.push(count(rates, ratesPlace(minute, account), counts, max, now + ratesLifetime))
  }
  const keyBudget = caller.keyLimits?.monthly_budget_usd
  const reservation = {
    day,
    taken,
    input_tokens,
    output_tokens,
    ...(caller.keyId !== undefined && keyBudget !== undefined
      ? { key: caller.keyId, key_budget: Math.round(keyBudget * nano) }
      : {}),
    ...(tokensOf.length === 0 ? {} : { rates: { minute, of: tokensOf } }),
  }
  return { writes, reservation }
}

/** @throws InvalidInputError `over_token_limit` for a call that would be above the tokens of a whole minute; cheap. */
export function checkTokenLimits(scope: Uses<never>, tokens: number): void {
  for (const { account, limits } of accountsOf(scope)) {
    const most = limits.tokens_per_minute
    if (most !== undefined && tokens > most) throw overTokenLimit(account, tokens, most)
  }
}

/** Counts one request that comes to nothing, where requests of a minute are limited; the commit fails with LimitError above the limit. */
export function countRequest(scope: Uses<never>): RecordWrite[] {
  const now = scope.clock.now()
  const minute = Math.floor(now / minuteMilliseconds)
  return accountsOf(scope).flatMap(({ account, limits: { requests_per_minute: requests } }) =>
    requests === undefined ? [] : [count(rates, ratesPlace(minute, account), { requests: 1 }, { requests }, now + ratesLifetime)],
  )
}

/**
 * Counts what a call used, and gives back what it had reserved beyond that; to be committed with its end.
 * @param reservation absent where there was none.
 */
export function settle(scope: Uses<never>, reservation: Reservation | undefined, used: Used): RecordWrite[] {
  const day = reservation?.day ?? dayOf(scope.clock.now())
  const { write, nano_usd, tokens } = counted(day, used)
  return [write, ...(reservation ? correct(scope, reservation, { nano_usd, tokens }) : pay({ day }, nano_usd))]
}

/** Brings what was reserved to what was used, of budgets and of a minute's tokens. */
export function correct(
  scope: Uses<never>,
  reservation: Reservation,
  used: { readonly nano_usd: number; readonly tokens: number },
): RecordWrite[] {
  const { taken, input_tokens, output_tokens } = reservation
  const tokens = used.tokens - input_tokens - output_tokens
  return [...pay(reservation, used.nano_usd - taken), ...tokensOn(scope, reservation, tokens)]
}

/**
 * Counts a call beside what its work has reserved, which stays for the next call, or was given back already.
 * @param options.bounded the commit fails with LimitError where a budget has no room for it: so that work which calls again and again
 * spends no more than there is.
 */
export function charge(
  scope: Uses<never>,
  reservation: Reservation | undefined,
  used: Used,
  options: { readonly bounded: boolean },
): RecordWrite[] {
  const day = reservation?.day ?? dayOf(scope.clock.now())
  const { write, nano_usd, tokens } = counted(day, used)
  const budget = scope.tenant.limits.monthly_budget_usd
  const most = { tenant: budget === undefined ? undefined : Math.round(budget * nano), key: reservation?.key_budget }
  return [write, ...pay(reservation ?? { day }, nano_usd, options.bounded ? most : {}), ...tokensOn(scope, reservation, tokens)]
}

/** Gives back what work had reserved that ends without having used it. */
export function release(scope: Uses<never>, reservation: Reservation | undefined): RecordWrite[] {
  return reservation ? correct(scope, reservation, { nano_usd: 0, tokens: 0 }) : []
}

/** All that was reserved, as the usage of a call that ends without anyone knowing what it used: nothing is had for free by ending early. */
export function mostUsed({ taken, input_tokens, output_tokens }: Reservation, latency_ms: number): Usage {
  return { input_tokens, output_tokens, usd: taken / nano, latency_ms }
}

/** The usage of a call of which the model is known, and about how much it put out; never more than was reserved. */
export function usedAbout(
  { taken, input_tokens, output_tokens: most }: Reservation,
  known: { readonly price: ModelPrice; readonly outputTokens: number },
  latency_ms: number,
): Usage {
  const output_tokens = Math.min(most, known.outputTokens)
  const usd = Math.min(taken / nano, priceOf(known.price, { input: input_tokens, output: output_tokens }))
  return { input_tokens, output_tokens, usd, latency_ms }
}

/** What a commit that met a limit is answered: which of the limits it was. Any other error is given back. */
export function refusalOf(scope: Uses<never>, error: LimitError): PlinthError
export function refusalOf(scope: Uses<never>, error: unknown): unknown
export function refusalOf(scope: Uses<never>, error: unknown): unknown {
  if (!(error instanceof LimitError)) return error
  const [collection, , minute] = error.key.split('/')
  if (collection === spending.name) return new BudgetExhaustedError()
  if (collection !== rates.name) return error
  const rest = (Number(minute) + 1) * minuteMilliseconds - scope.clock.now()
  return new LimitError(error.key, 'rate_limited', 'The requests or tokens of this minute are used up.', {
    retryAfter: Math.max(1, Math.ceil(rest / 1000)),
  })
}

/** What costs nothing is refused all the same once nothing is left: a spent budget ends the month. */
function mostTaken(budget: number, taken: number): number {
  return Math.round(budget * nano) - (taken === 0 ? 1 : 0)
}

/** Whose limits a caller is held to. */
function accountsOf({ caller, tenant }: Uses<never>): { readonly account: Account; readonly limits: KeyLimits }[] {
  const key = caller.keyId === undefined ? [] : [{ account: caller.keyId, limits: caller.keyLimits ?? {} }]
  return [{ account: ofTenant, limits: tenant.limits }, ...key]
}

function counted(day: string, used: Used): { write: RecordWrite; nano_usd: number; tokens: number } {
  const { input_tokens, output_tokens, usd } = used.usage
  const nano_usd = Math.round(usd * nano)
  const write = count(usage, usagePlace({ day, ...used }), { requests: 1, input_tokens, output_tokens, nano_usd })
  return { write, nano_usd, tokens: input_tokens + output_tokens }
}

/** @param most what each budget must stay within, nano-dollars. */
function pay(
  { day, key }: Pick<Reservation, 'day' | 'key'>,
  change: number,
  most: { readonly tenant?: number | undefined; readonly key?: number | undefined } = {},
): RecordWrite[] {
  if (change === 0) return []
  const payers = [{ account: ofTenant, max: most.tenant }, ...(key === undefined ? [] : [{ account: key, max: most.key }])]
  return payers.map(({ account, max }) =>
    count(spending, spendingPlace(monthOf(day), account), { taken: change }, max === undefined ? undefined : { taken: max }),
  )
}

/** Only within the minute: later nobody asks any more. */
function tokensOn({ clock }: Uses<never>, reservation: Reservation | undefined, change: number): RecordWrite[] {
  const now = clock.now()
  if (reservation?.rates?.minute !== Math.floor(now / minuteMilliseconds)) return []
  const { minute, of } = reservation.rates
  if (change === 0) return []
  return of.map((account) => count(rates, ratesPlace(minute, account), { tokens: change }, undefined, now + ratesLifetime))
}

function overTokenLimit(account: Account, tokens: number, most: number): InvalidInputError {
  const who = account === ofTenant ? 'the tenant' : 'the key'
  const message = `The input and max_tokens come to ${tokens} tokens, and ${who} has ${most} a minute.`
  return new InvalidInputError(message, { code: 'over_token_limit', field: 'max_tokens' })
}
