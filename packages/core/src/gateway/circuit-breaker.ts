import type { Models } from '../language-model/catalogue.ts'
import type { Clock } from '../ports/clock.ts'
import type { Uses } from '../scope/scope.ts'

/** So many failures in a row open the circuit. */
const failuresToOpen = 5
/** How long it stays open before one call tries again, milliseconds; doubled with each that fails, up to the longest. */
const firstPause = 5_000
const longestPause = 60_000
/** Models that fail at a time; callers choose the account in an ARN, so there is no end of names. */
const mostCircuits = 1_000

interface Circuit {
  failures: number
  pause: number
  /** Milliseconds UTC; nobody calls before it. */
  until: number
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
    if (!circuit || circuit.failures < failuresToOpen) return 0
    const now = this.#clock.now()
    // A clock that was set back must not close a model for longer than a pause.
    const wait = Math.min(circuit.until - now, circuit.pause)
    if (wait > 0) return wait
    circuit.until = now + circuit.pause
    return 0
  }

  succeeded(model: string): void {
    this.#circuits.delete(model)
  }

  failed(model: string): void {
    const circuit = this.#circuits.get(model) ?? { failures: 0, pause: firstPause / 2, until: 0 }
    circuit.failures++
    if (circuit.failures >= failuresToOpen) {
      circuit.pause = Math.min(longestPause, circuit.pause * 2)
      circuit.until = this.#clock.now() + circuit.pause
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
