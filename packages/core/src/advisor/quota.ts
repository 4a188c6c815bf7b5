import type { Profile } from './profile.ts'

/** What a provider's allowance bears. */
export interface Quota {
  readonly tokens_per_minute: number
  /** Of a call, at its start: what is sent, and the most that may come back. */
  readonly reserved_tokens: number
  /** Of a call, at its end: what is sent, and what came back, as the model's are weighed. */
  readonly settled_tokens: number
  readonly sustainable_requests_per_minute: number
  /** Calls at a time that this comes to. */
  readonly concurrency: number
  /** In the busiest minute. */
  readonly needed_requests_per_minute: number
  /** Of a minute's tokens, those of calls about records of streams. */
  readonly stream_tokens_per_minute: number
  /** Whether to ask for more before launch. */
  readonly needs_rise: boolean
}

export const minutesMonth: number = 730 * 60
/** Callers leave room: most answers are shorter than they may be. */
const allowance = 2
/** Tokens of an answer of Claude from 3.7 on count so many times (Amazon Bedrock user guide, quotas-token-burndown). */
const weight = 5
const weighed = /^anthropic\.claude-(?!3-haiku|3-5)/

/** How many tokens of the quota a token of an answer takes, by the model's id in the catalogue. */
export function outputWeight(model: string): number {
  return weighed.test(model) ? weight : 1
}

/**
 * Bedrock takes a call's input and its `max_tokens` from the minute's tokens when it begins, and gives back what wasn't needed when it ends
 * (aws/agent-toolkit-for-aws, quota-health.md). A call bears on the minute by the larger of the two.
 * @param use.calls of a request. @param use.inputTokens of a call. @param use.seconds that a call takes. @param use.outputWeight tokens of the quota that a token of an answer takes.
 */
export function quotaFor(
  profile: Profile,
  use: {
    readonly calls: number
    readonly inputTokens: number
    readonly seconds: number
    readonly outputWeight: number
    /** About records of streams. @param calls a minute. */
    readonly stream: { readonly calls: number; readonly inputTokens: number; readonly outputTokens: number }
  },
): Quota {
  const taken = (input: number, output: number): number => input + Math.max(allowance, use.outputWeight) * output
  const reserved = use.inputTokens + allowance * profile.output_tokens
  const settled = use.inputTokens + use.outputWeight * profile.output_tokens
  const ofStreams = use.stream.calls * taken(use.stream.inputTokens, use.stream.outputTokens)
  const callsAMinute =
    Math.max(0, profile.tokens_per_minute - ofStreams) / Math.max(1, taken(use.inputTokens, profile.output_tokens))
  const sustainable = callsAMinute / Math.max(1, use.calls)
  const needed = (profile.requests_per_month / minutesMonth) * profile.peak_factor
  return {
    tokens_per_minute: profile.tokens_per_minute,
    reserved_tokens: reserved,
    settled_tokens: settled,
    sustainable_requests_per_minute: sustainable,
    concurrency: (callsAMinute * use.seconds) / 60,
    needed_requests_per_minute: needed,
    stream_tokens_per_minute: ofStreams,
    needs_rise: needed > sustainable || ofStreams > profile.tokens_per_minute,
  }
}
