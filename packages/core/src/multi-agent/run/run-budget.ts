import { PlinthError } from '../../errors.ts'
import type { Budget } from '../plan/plan.ts'

/** The budget of a step or of the whole run has no room for another call. */
export class RunBudgetError extends PlinthError {
  constructor(what: string) {
    super('workflow_budget_exhausted', `What is left of the ${what} is not enough for another call.`, false)
  }
}

/** What can be used up. */
export interface Amounts {
  readonly usd: number
  readonly tokens: number
  readonly tool_calls: number
}

const nothing: Amounts = { usd: 0, tokens: 0, tool_calls: 0 }

/**
 * What a run, or a step, may use: the most that a call can use is taken before it, and what it didn't use is given back after it, so that
 * calls side by side don't pass the limit together.
 */
export class RunBudget {
  readonly #limits: Budget
  readonly #what: string
  readonly #outer: RunBudget | undefined
  #used: Amounts

  /** @param parts.used what was used before, such as by the process before. */
  constructor(parts: { readonly limits: Budget; readonly what: string; readonly used?: Amounts; readonly outer?: RunBudget }) {
    this.#limits = parts.limits
    this.#what = parts.what
    this.#used = parts.used ?? nothing
    this.#outer = parts.outer
  }

  /**
   * Takes the most that a call may use.
   * @returns to be called once, with what it used.
   * @throws RunBudgetError; nothing is taken then.
   */
  reserve(most: Partial<Amounts>): (used: Partial<Amounts>) => void {
    const wanted = { ...nothing, ...most }
    for (const name of ['usd', 'tokens', 'tool_calls'] as const) {
      const limit = this.#limits[name]
      if (limit !== undefined && wanted[name] > 0 && this.#used[name] + wanted[name] > limit + rounding)
        throw new RunBudgetError(this.#what)
    }
    const settleOuter = this.#outer?.reserve(most)
    this.#used = sum(this.#used, wanted, 1)
    return (used) => {
      this.#used = sum(sum(this.#used, wanted, -1), { ...nothing, ...used }, 1)
      settleOuter?.(used)
    }
  }

  /** How much is left of one kind; undefined: it has no limit. */
  left(name: keyof Amounts): number | undefined {
    const own = this.#limits[name]
    const outer = this.#outer?.left(name)
    const left = own === undefined ? undefined : Math.max(0, own - this.#used[name])
    if (left === undefined || outer === undefined) return left ?? outer
    return Math.min(left, outer)
  }
}

/** Of sums of prices in binary fractions. */
const rounding = 1e-9

function sum(one: Amounts, other: Amounts, sign: 1 | -1): Amounts {
  return {
    usd: one.usd + sign * other.usd,
    tokens: one.tokens + sign * other.tokens,
    tool_calls: one.tool_calls + sign * other.tool_calls,
  }
}
