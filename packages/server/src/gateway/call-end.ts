import { type Timer, UnavailableError } from '@plinth/core'
import type { GatewayCall } from './serve-chat.ts'

/** A server that stops gives calls so long to end by themselves, milliseconds; then it tells them. */
const patience = 4_000

/** What ends a call from outside: its client is gone, or the server has stopped a while ago. To be released when the call is over. */
export class CallEnd {
  readonly #controller = new AbortController()
  readonly #call: Pick<GatewayCall, 'arrival' | 'scope' | 'stopping'>
  #timer: Timer | undefined
  readonly #onStopping = (): void => {
    const reason = new UnavailableError('stopping', 'Plinth stops; ask again.', { retryAfter: 1 })
    this.#timer = this.#call.scope.clock.setTimer(patience, () => this.abort(reason))
  }

  constructor(call: Pick<GatewayCall, 'arrival' | 'scope' | 'stopping'>) {
    this.#call = call
    const gone = call.arrival.gone?.()
    gone?.addEventListener('abort', () => this.abort(gone.reason), { once: true })
    if (gone?.aborted) this.abort(gone.reason)
    call.stopping.addEventListener('abort', this.#onStopping, { once: true })
    if (call.stopping.aborted) this.#onStopping()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(reason?: unknown): void {
    this.#controller.abort(reason)
    this.release()
  }

  release(): void {
    this.#timer?.cancel()
    this.#call.stopping.removeEventListener('abort', this.#onStopping)
  }
}
