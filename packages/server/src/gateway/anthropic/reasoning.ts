import type { ChatRequest } from '@plinth/core'
import type { Effort, Thinking } from './body.ts'

/**
 * The AI SDK knows levels, not budgets; its providers make each of them a share of the most that a model writes. With 64,000 tokens,
 * which is what the models with budgets write at the most, the shares are these budgets (`mapReasoningToProviderBudget` of
 * @ai-sdk/provider-utils).
 */
const budgets = [
  [57_600, 'xhigh'],
  [38_400, 'high'],
  [19_200, 'medium'],
  [6_400, 'low'],
] as const

/**
 * How much is thought: not at all where that is asked for; else by effort; else the highest level whose budget isn't above what was
 * asked for, so that nobody pays for more thinking than they allowed. Adaptive thinking without an effort has the effort `high`, as
 * the API documents it. Undefined where nothing was said.
 */
export function reasoningOf(thinking: Thinking | undefined, effort: Effort | null | undefined): ChatRequest['reasoning'] {
  if (thinking?.type === 'disabled' || thinking?.type === 'between_tools') return 'none'
  if (effort) return effort
  if (thinking === undefined) return undefined
  if (thinking.type !== 'enabled') return 'high'
  const { budget_tokens } = thinking
  return budgets.find(([budget]) => budget <= budget_tokens)?.[1] ?? 'minimal'
}
