import type { Models } from '../language-model/catalogue.ts'
import type { Clock } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'

/** So many failures in a row open the circuit. */
const failuresToOpen = 5
/** How long it stays open before one call tries again, milliseconds; doubled with each that fails, up to the longest. */
const firstPause = 5_000
const longestPause = 60_000
/** That fail at a time: each tenant has one for each model. */
const mostCircuits = 1_000

interface Circuit {
  failures: number
  /** 0 until it opens. */
  pause: number
  /** Milliseconds UTC; nobody calls before it. */
  until: number
  /** Whether one call tries whether the model is back. */
  trying: boolean
}

/**
 * Keeps calls from a model that fails again and again: after five faults in a row it is left alone for a while, then one call tries
 * it, and the others follow when that succeeds. Throttles and refusals aren't faults. This process's own view.
 */
export class CircuitBreaker {
  readonly #clock: Clock
  readonly #circuits = new Map<string, Circuit>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns how long nobody is let through, milliseconds; 0 lets this one through, and after a pause only this one. */
  admit(model: string): number {
    const circuit = this.#circuits.get(model)
    if (!circuit || circuit.pause === 0) return 0
    const now = this.#clock.now()
    // A clock that was set back must not close a model for longer than a pause.
    circuit.until = Math.min(circuit.until, now + circuit.pause)
    if (circuit.until > now) return circuit.until - now
    circuit.until = now + circuit.pause
    circuit.trying = true
    return 0
  }

  /** The call that was let through wasn't made, or was left before it told anything: the next one may try. */
  unused(model: string): void {
    const circuit = this.#circuits.get(model)
    if (!circuit?.trying) return
    circuit.trying = false
    circuit.until = this.#clock.now()
  }

  succeeded(model: string): void {
    this.#circuits.delete(model)
  }

  failed(model: string): void {
    const circuit = this.#circuits.get(model) ?? { failures: 0, pause: 0, until: 0, trying: false }
    circuit.failures++
    const opens = circuit.pause === 0 && circuit.failures >= failuresToOpen
    // Calls that ran when it opened fail as well, and say nothing new.
    if (opens || circuit.trying) {
      circuit.pause = opens ? firstPause : Math.min(longestPause, circuit.pause * 2)
      circuit.until = this.#clock.now() + circuit.pause
      circuit.trying = false
    }
    const [oldest] = this.#circuits.keys()
    if (!this.#circuits.has(model) && this.#circuits.size >= mostCircuits && oldest !== undefined) this.#circuits.delete(oldest)
    this.#circuits.set(model, circuit)
  }
}

const breakers = new WeakMap<Models, CircuitBreaker>()

/** The one of all models that this scope's are part of. */
export function breakerOf({ models, clock }: Uses<'models'>): CircuitBreaker {
  const shared = models.shared ?? models
  const breaker = breakers.get(shared) ?? new CircuitBreaker(clock)
  breakers.set(shared, breaker)
  return breaker
}
