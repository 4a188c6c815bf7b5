import type { Usage } from '../language-model/catalogue.ts'

export const noUsage: Usage = { input_tokens: 0, output_tokens: 0, usd: 0, latency_ms: 0 }

/** Of several calls. */
export function inAll(one: Usage, other: Usage): Usage {
  return {
    input_tokens: one.input_tokens + other.input_tokens,
    output_tokens: one.output_tokens + other.output_tokens,
    usd: one.usd + other.usd,
    latency_ms: one.latency_ms + other.latency_ms,
  }
}
