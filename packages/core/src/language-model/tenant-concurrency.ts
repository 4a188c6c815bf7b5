import type { Clock } from '../ports/clock.ts'
import type { Admission, AdmissionRequest, GateState, Permit, TenantGate } from './gate.ts'
import { TenantTurns } from './tenant-turns.ts'

/**
 * How many calls of models a tenant may have at a time, in this process: see {@link TenantTurns}. A changed limit counts from the next
 * call on, together with the calls that run; those that began while there was none aren't known.
 */
export class TenantConcurrency {
  readonly #turns: TenantTurns

  /** @param options.concurrency how many handlers this process runs at a time. */
  constructor(options: { readonly clock: Clock; readonly concurrency?: number }) {
    this.#turns = new TenantTurns({ concurrency: 64, ...options })
  }

  /** The gate behind which one tenant's calls are counted. @param limit absent: they aren't. */
  behind(gate: TenantGate, tenant: string, limit: number | undefined): TenantGate {
    return {
      admit: (model, request) => {
        if (limit !== undefined) return this.#inTurn(gate, { tenant, limit }, model, request)
        const admission = gate.admit(model, request)
        // Nothing is allocated where nobody waits.
        if (!this.#turns.crowded) return admission
        return admission instanceof Promise
          ? admission.then((later) => this.#heard(later, tenant, request))
          : this.#heard(admission, tenant, request)
      },
    }
  }

  /** Sends away whoever waits, and whoever would have to. */
  stop(): void {
    this.#turns.stop()
  }

  /** How many tenants have calls that are counted, or wait for some. */
  get tenants(): number {
    return this.#turns.tenants
  }

  state(tenant: string): GateState {
    return this.#turns.state(tenant)
  }

  async #inTurn(
    gate: TenantGate,
    { tenant, limit }: { readonly tenant: string; readonly limit: number },
    model: string,
    request: AdmissionRequest,
  ): Promise<Admission> {
    const refusal = await this.#turns.take(tenant, limit, request)
    if (refusal) return refusal
    let admission: Admission | undefined
    try {
      admission = await gate.admit(model, request)
    } finally {
      if (!admission?.admitted) this.#turns.end(tenant)
    }
    let over = false
    const end = (): void => {
      if (!over) this.#turns.end(tenant)
      over = true
    }
    return this.#heard(admission, tenant, request, end)
  }

  /** @param end is told when the call is over, perhaps twice. */
  #heard(admission: Admission, tenant: string, { from }: AdmissionRequest, end: () => void = () => {}): Admission {
    if (!admission.admitted) return admission
    const permit: Permit = admission
    return {
      admitted: true,
      settle: (tokens) => {
        permit.settle(tokens)
        end()
        if (from !== 'edge') this.#turns.answered(tenant)
      },
      release: (failure) => {
        permit.release(failure)
        end()
      },
    }
  }
}
