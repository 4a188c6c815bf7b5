import type { ModelCallOutcome } from '@plinth/core'
import { Durations } from './durations.ts'

export interface Percentiles {
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

/** What HTTP requests came to. */
export class RequestCounts {
  readonly durations: Durations = new Durations()
  requests = 0
  /** Answered by 500 and above. */
  errors = 0
  /** Answered by 400 to 499, but for 429. */
  refused = 0
  /** Answered by 429. */
  throttled = 0

  add(status: number, milliseconds: number): void {
    this.requests++
    if (status >= 500) this.errors++
    else if (status === 429) this.throttled++
    else if (status >= 400) this.refused++
    this.durations.add(milliseconds)
  }

  merge(other: RequestCounts): void {
    this.requests += other.requests
    this.errors += other.errors
    this.refused += other.refused
    this.throttled += other.throttled
    this.durations.merge(other.durations)
  }

  show(): Pick<RequestCounts, 'requests' | 'errors' | 'refused' | 'throttled'> & Percentiles {
    const { requests, errors, refused, throttled, durations } = this
    return { requests, errors, refused, throttled, ...percentilesOf(durations) }
  }
}

/** What calls of models came to. */
export class ModelCounts {
  readonly durations: Durations = new Durations()
  calls = 0
  /** Those that failed, the throttled ones included. */
  errors = 0
  throttled = 0
  input_tokens = 0
  output_tokens = 0
  /** At list prices. */
  usd = 0

  add(outcome: ModelCallOutcome): void {
    this.calls++
    if ('errorCode' in outcome) {
      this.errors++
      if (outcome.errorCode === 'model_throttled') this.throttled++
      this.durations.add(outcome.milliseconds)
      return
    }
    this.input_tokens += outcome.input_tokens
    this.output_tokens += outcome.output_tokens
    this.usd += outcome.usd
    this.durations.add(outcome.latency_ms)
  }

  merge(other: ModelCounts): void {
    this.calls += other.calls
    this.errors += other.errors
    this.throttled += other.throttled
    this.input_tokens += other.input_tokens
    this.output_tokens += other.output_tokens
    this.usd += other.usd
    this.durations.merge(other.durations)
  }

  show(): Omit<ModelCounts, 'durations' | 'add' | 'merge' | 'show'> & Percentiles {
    const { calls, errors, throttled, input_tokens, output_tokens, usd, durations } = this
    return { calls, errors, throttled, input_tokens, output_tokens, usd, ...percentilesOf(durations) }
  }
}

function percentilesOf(durations: Durations): Percentiles {
  return { p50_ms: durations.percentile(0.5), p95_ms: durations.percentile(0.95), p99_ms: durations.percentile(0.99) }
}
