import { PlinthError } from '../../errors.ts'
import type { Budget } from '../plan/plan.ts'
import type { Run } from './run.ts'
import type { RunState } from './run-state.ts'

/** The budget of a step or of the whole run has no room for another call. */
export class RunBudgetError extends PlinthError {
  /** Whose limit it is. */
  readonly budget: RunBudget

  constructor(what: string, budget: RunBudget) {
    super('workflow_budget_exhausted', `What is left of the ${what} is not enough for another call.`, false)
    this.budget = budget
  }
}

/** What can be used up. */
export interface Amounts {
  readonly usd: number
  readonly tokens: number
  readonly tool_calls: number
}

/** Says what was used of what was taken; to be called once. */
export type Settle = (used: Partial<Amounts>) => void

const nothing: Amounts = { usd: 0, tokens: 0, tool_calls: 0 }

/**
 * What a run, or a step, may use: the most that a call can use is taken before it, and what it didn't use is given back after it, so that
 * calls side by side don't pass the limit together.
 */
export class RunBudget {
  readonly #limits: Budget
  readonly #what: string
  readonly #outer: RunBudget | undefined
  readonly #waiting = new Set<() => void>()
  /** Calls that may give something back. */
  #held = 0
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
   * @throws RunBudgetError; nothing is taken then.
   */
  reserve(most: Partial<Amounts>): Settle {
    const wanted = { ...nothing, ...most }
    for (const name of ['usd', 'tokens', 'tool_calls'] as const) {
      const limit = this.#limits[name]
      if (limit !== undefined && wanted[name] > 0 && this.#used[name] + wanted[name] > limit + rounding)
        throw new RunBudgetError(this.#what, this)
    }
    const settleOuter = this.#outer?.reserve(most)
    this.#used = sum(this.#used, wanted, 1)
    this.#held++
    return (used) => {
      this.#used = sum(sum(this.#used, wanted, -1), { ...nothing, ...used }, 1)
      this.#held--
      settleOuter?.(used)
      this.#tell()
    }
  }

  /**
   * The same, waiting for calls under way to give back what they didn't use: steps side by side aren't refused what is left over a moment
   * later.
   * @throws RunBudgetError when nothing more will come back; the signal's reason.
   */
  async take(most: Partial<Amounts>, signal: AbortSignal): Promise<Settle> {
    for (;;) {
      signal.throwIfAborted()
      try {
        return this.reserve(most)
      } catch (error) {
        if (!(error instanceof RunBudgetError) || error.budget.#held === 0) throw error
        await error.budget.#change(signal)
      }
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

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        signal.removeEventListener('abort', go)
        this.#waiting.delete(go)
        resolve()
      }
      signal.addEventListener('abort', go, { once: true })
      this.#waiting.add(go)
    })
  }

  #tell(): void {
    for (const go of [...this.#waiting]) go()
  }
}

const budgets = new WeakMap<RunState, RunBudget>()

/** What a run may use: one for all that this process does of it, from what its journal says was used before. */
export function budgetOfRun({ fields }: Pick<Run, 'fields'>, state: RunState): RunBudget {
  const known = budgets.get(state)
  if (known) return known
  const budget = new RunBudget({ limits: fields.budget ?? {}, what: "workflow's budget", used: usedBy(state) })
  budgets.set(state, budget)
  return budget
}

/** What a run, or a step of one, has used. */
export function usedBy({ usage, toolCalls }: Pick<RunState, 'usage' | 'toolCalls'>): Amounts {
  return { usd: usage.usd, tokens: usage.input_tokens + usage.output_tokens, tool_calls: toolCalls }
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
