import { type Acknowledgement, call } from './api.ts'

/** Numbers from a seed (mulberry32), so that a run can be had again. */
export function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Clients that submit without a pause and send what wasn't acknowledged again under its key, until they are told to end. */
export class CrashClients {
  /** Every 202, as it came. */
  readonly acknowledged: { readonly key: string; readonly request_id: string }[] = []
  /** Answers that a client under these rules should never get. */
  readonly odd: string[] = []
  readonly #url: () => string
  readonly #token: string
  readonly #random: () => number
  readonly #running: Promise<void>[]
  #ending = false
  #number = 0

  constructor(options: {
    readonly clients: number
    readonly url: () => string
    readonly token: string
    readonly random: () => number
  }) {
    this.#url = options.url
    this.#token = options.token
    this.#random = options.random
    this.#running = Array.from({ length: options.clients }, () => this.#work())
  }

  /** Begins nothing new; resolves when everything begun is acknowledged. */
  async end(): Promise<void> {
    this.#ending = true
    await Promise.all(this.#running)
  }

  async #work(): Promise<void> {
    while (!this.#ending) {
      // Now and then a client repeats what was acknowledged long ago.
      const old = this.#random() < 0.05 ? this.acknowledged[Math.floor(this.#random() * this.acknowledged.length)] : undefined
      const key = old?.key ?? `key-${++this.#number}`
      const id = await this.send(key)
      this.acknowledged.push({ key, request_id: id })
    }
  }

  /** Sends a key until it is acknowledged; what it asks for depends on the key alone. */
  async send(key: string): Promise<string> {
    for (;;) {
      try {
        const headers = { 'idempotency-key': key }
        const answer = await call<Acknowledgement>(this.#url(), '/api/requests', {
          token: this.#token,
          body: { prompt: `Prompt of ${key}` },
          headers,
        })
        if (answer.status === 202) return answer.body.request_id
        if (answer.status !== 503) this.odd.push(`${answer.status} ${answer.text}`)
      } catch {
        // The server is down; what became of the request isn't known, so it is sent again.
      }
      await new Promise((resolve) => setTimeout(resolve, 5 + this.#random() * 20))
    }
  }
}
