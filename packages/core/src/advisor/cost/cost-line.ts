import type { PatternName } from '../../define/pattern.ts'
import type { Profile } from '../profile.ts'
import type { UsdOf } from '../service-prices.ts'
import type { TokenPrice } from './formulas.ts'

/** Fixed: a month's, whatever is asked. Variable: a month's, by use. One-off: before the first request. */
export type CostKind = 'fixed' | 'variable' | 'one_off'

export interface CostLine {
  readonly service: string
  readonly what: string
  readonly kind: CostKind
  /** USD a month, or once. */
  readonly usd: number
}

/** What isn't known before it runs. */
export interface Scenario {
  /** Tokens of a call, over those that were answered. */
  readonly tokens: number
  /** Calls of models, over those that were needed: tries again, plans made anew. */
  readonly repeats: number
  /** Calls of models that a function waits for at a time. */
  readonly together: number
  /** Turns of a step that has tools: calls of the model, each with what was said before it. */
  readonly turns: number
  /** Records that are odd enough for a model, over those that were answered. */
  readonly escalated: number
}

/** `likely` has a third of a batch at a time. A step ends after 8 turns, unless its agent says otherwise. */
export const scenarios: Readonly<Record<'min' | 'likely' | 'max', Scenario>> = {
  min: { tokens: 0.7, repeats: 1, together: 10, turns: 2, escalated: 0.1 },
  likely: { tokens: 1, repeats: 1.05, together: 3, turns: 3, escalated: 1 },
  max: { tokens: 1.6, repeats: 1.3, together: 1, turns: 8, escalated: 3 },
}

/** What lines are made of. */
export interface CostParts {
  readonly profile: Profile
  /** Those that are chosen; none: one synchronous call. */
  readonly patterns: readonly PatternName[]
  readonly usd: UsdOf
  readonly model: TokenPrice
  readonly embedding: Pick<TokenPrice, 'input'>
  readonly scenario: Scenario
  /** Of all requests, those that an answer is kept for; absent: none. */
  readonly kept?: number
}

export function has({ patterns }: Pick<CostParts, 'patterns'>, pattern: PatternName): boolean {
  return patterns.includes(pattern)
}
