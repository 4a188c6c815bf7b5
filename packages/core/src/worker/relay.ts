import type { Log } from '../log.ts'
import type { Timer } from '../ports/clock.ts'
import type { Operator } from '../scope/operator.ts'
import type { Dispatcher } from './dispatcher.ts'
import { OutboxSender, outboxBatch } from './outbox-sender.ts'

const firstPause = 200
const longestPause = 30_000

/** Runs an {@link OutboxSender}: as soon as something is pending, and again after growing pauses while not everything is taken. */
export class Relay {
  readonly #operator: Operator
  readonly #log: Log
  readonly #sender: OutboxSender
  #running: Promise<void> | undefined
  #again = false
  #stopped = false
  #pause = firstPause
  #timer: Timer | undefined
  readonly #unsubscribe: () => void

  /** @param parts.dispatcher without one, nobody but the bus is told. */
  constructor(parts: { readonly operator: Operator; readonly log: Log; readonly dispatcher?: Dispatcher }) {
    this.#operator = parts.operator
    this.#log = parts.log
    this.#sender = new OutboxSender(parts)
    this.#unsubscribe = parts.operator.operations.onPending(() => this.#wake())
    this.#wake()
  }

  /** Ends after the batch that is on its way. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#unsubscribe()
    this.#timer?.cancel()
    await this.#running
  }

  #wake(): void {
    this.#again = true
    if (this.#running || this.#stopped || this.#timer) return
    this.#running = this.#run().finally(() => {
      this.#running = undefined
      if (this.#again) this.#wake()
    })
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      try {
        const { sent, failed, seen } = await this.#sender.sendPending()
        if (failed > 0) return this.#pauseAfter({ sent, failed })
        this.#pause = firstPause
        if (seen >= outboxBatch) this.#again = true
      } catch (error) {
        return this.#pauseAfter({ error })
      }
    }
  }

  #pauseAfter(fields: Readonly<Record<string, unknown>>): void {
    const delay = this.#pause * (0.5 + this.#operator.clock.random() / 2)
    this.#pause = Math.min(this.#pause * 2, longestPause)
    this.#log.warn(fields, 'The relay could not send everything and will try again.')
    if (this.#stopped) return
    this.#timer = this.#operator.clock.setTimer(delay, () => {
      this.#timer = undefined
      this.#wake()
    })
  }
}
