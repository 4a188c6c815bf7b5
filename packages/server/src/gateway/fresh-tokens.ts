import type { ChatUsage } from '@plinth/core'

/** Those tokens of the input that the provider's cache had no part in: what Anthropic and Bedrock call the input. */
export function freshTokens({ inputTokens, cacheReadTokens, cacheWriteTokens }: ChatUsage): number {
  return Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens)
}
