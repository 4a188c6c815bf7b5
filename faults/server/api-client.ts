import { type Answer, type Call, call } from '../../test/e2e/support/api.ts'
import type { OutsideLedger } from './ledger.ts'

/** Answers after which a client asks again: the server is full, busy, or can't write just now. */
const again: readonly number[] = [429, 503]
const pause = 25

/** A client that asks until it is answered, whatever becomes of the server meanwhile. */
export class ApiClient {
  readonly #url: () => string | undefined
  readonly #ledger: OutsideLedger
  #over = false

  constructor(url: () => string | undefined, ledger: OutsideLedger) {
    this.#url = url
    this.#ledger = ledger
  }

  /** What waits for an answer gives up. */
  end(): void {
    this.#over = true
  }

  /**
   * @param expected statuses that end the asking; another one is noted as odd, and ends it, too.
   * @returns undefined when it was given up, or was answered oddly.
   */
  async ask<Body>(path: string, options: Call, expected: readonly number[]): Promise<Answer<Body> | undefined> {
    while (!this.#over) {
      const url = this.#url()
      const answer = url === undefined ? undefined : await call<Body>(url, path, options).catch(() => undefined)
      if (answer && expected.includes(answer.status)) return answer
      if (answer && !again.includes(answer.status)) {
        const { method = options.body === undefined ? 'GET' : 'POST' } = options
        this.#ledger.odd(`${method} ${path} answered ${answer.status}: ${answer.text.slice(0, 300)}`)
        return undefined
      }
      await new Promise((resolve) => setTimeout(resolve, answer ? 4 * pause : pause))
    }
    return undefined
  }
}
