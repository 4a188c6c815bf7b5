import { type ModelEntry, priceOf, type Usage } from '../language-model/catalogue.ts'

/** Calls that came to nothing although their input was read, and may be billed: by what is known of them. */
export class LostCalls {
  readonly #inputTokens: number
  #calls = 0
  #outputTokens = 0
  #usd = 0

  constructor(inputTokens: number) {
    this.#inputTokens = inputTokens
  }

  add({ entry }: { readonly entry: ModelEntry }, outputTokens: number): void {
    this.#calls++
    this.#outputTokens += outputTokens
    this.#usd += priceOf(entry.price, { input: this.#inputTokens, output: outputTokens })
  }

  /** Undefined when there were none. */
  get usage(): Usage | undefined {
    return this.#calls === 0 ? undefined : this.with({ input_tokens: 0, output_tokens: 0, usd: 0, latency_ms: 0 })
  }

  with(usage: Usage): Usage {
    const input_tokens = usage.input_tokens + this.#calls * this.#inputTokens
    const output_tokens = usage.output_tokens + this.#outputTokens
    return { ...usage, input_tokens, output_tokens, usd: usage.usd + this.#usd }
  }
}
