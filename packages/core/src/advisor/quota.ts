import type { Profile } from './profile.ts'

/** What a provider's allowance bears. */
export interface Quota {
  readonly tokens_per_minute: number
  /** Of a call, at its start: what is sent, and the most that may come back. */
  readonly reserved_tokens: number
  readonly sustainable_requests_per_minute: number
  /** Calls at a time that this comes to. */
  readonly concurrency: number
  /** In the busiest minute. */
  readonly needed_requests_per_minute: number
  /** Whether to ask for more before launch. */
  readonly needs_rise: boolean
}

const minutesMonth = 730 * 60
/** Callers leave room: most answers are shorter than they may be. */
const allowance = 2

/**
 * Bedrock takes a call's input and its `max_tokens` from the minute's tokens when it begins, and gives back what wasn't needed when it ends
 * (aws/agent-toolkit-for-aws, quota-health.md).
 * @param use.calls of a request. @param use.inputTokens of a call. @param use.seconds that a call takes.
 */
export function quotaFor(
  profile: Profile,
  use: {
    readonly tokensPerMinute: number
    readonly calls: number
    readonly inputTokens: number
    readonly seconds: number
  },
): Quota {
  const reserved = use.inputTokens + allowance * profile.output_tokens
  const callsAMinute = use.tokensPerMinute / Math.max(1, reserved)
  const sustainable = callsAMinute / Math.max(1, use.calls)
  const needed = (profile.requests_per_month / minutesMonth) * profile.peak_factor
  return {
    tokens_per_minute: use.tokensPerMinute,
    reserved_tokens: reserved,
    sustainable_requests_per_minute: sustainable,
    concurrency: (callsAMinute * use.seconds) / 60,
    needed_requests_per_minute: needed,
    needs_rise: needed > sustainable,
  }
}
