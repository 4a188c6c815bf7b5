import type { Admission, GateRequest, Lane, ModelLimit, Permit, Refusal } from '../../src/index.ts'
import { LaneTurns, ModelFailure, ProcessGate, waitingPatience } from '../../src/index.ts'
import { FakeClock } from '../../src/testing/index.ts'

/** A gate on a clock that stands still. */
export function gateOf(
  limits: Readonly<Record<string, ModelLimit>> = {},
  options: { readonly concurrency?: number; readonly seed?: number } = {},
): { readonly gate: ProcessGate; readonly clock: FakeClock } {
  const clock = new FakeClock(options.seed === undefined ? {} : { seed: options.seed })
  const { concurrency } = options
  const gate = new ProcessGate({
    clock,
    limits: new Map(Object.entries(limits)),
    ...(concurrency === undefined ? {} : { concurrency }),
  })
  return { gate, clock }
}

export function request(parts: Partial<GateRequest> = {}): GateRequest {
  return { tokens: 1, lane: 'normal', tenant: 'a', patience: 1_000, ...parts }
}

/** An admission that may come later, to look at. */
export class Asking {
  admission: Admission | undefined
  fault: unknown
  /** When it was decided. */
  at = Number.NaN

  constructor(gate: ProcessGate, clock: FakeClock, parts: Partial<GateRequest> = {}, model = 'm') {
    void (async () => {
      try {
        this.admission = await gate.admit(model, request(parts))
      } catch (error) {
        this.fault = error
      }
      this.at = clock.now()
    })()
  }

  get permit(): Permit {
    if (!this.admission?.admitted) throw new Error('It was not admitted.')
    return this.admission
  }

  get refusal(): Refusal {
    if (!this.admission || this.admission.admitted) throw new Error('It was not refused.')
    return this.admission
  }
}

export const failure = (kind: ModelFailure['kind'], retryAfter?: number): ModelFailure =>
  new ModelFailure(kind, 'x', '', retryAfter === undefined ? {} : { retryAfter })

export const throttled = (retryAfter?: number): ModelFailure => failure('throttle', retryAfter)

/** A kind of work, of which there may be a million. */
export interface Kind {
  readonly model: string
  readonly lane: Lane
  readonly tenant: string
  readonly weight?: number
  readonly tokens?: number
}

/** What a simulated provider does with a call: how long it takes, and what it used or how it fails. */
export type Provider = (
  kind: Kind,
  clock: FakeClock,
) => { readonly takes: number; readonly ends: number | ModelFailure | 'crash' }

export interface Served {
  readonly kind: Kind
  readonly asked: number
  readonly started: number
  readonly ended: number
}

/**
 * A worker with so many handlers on a queue with lanes and tenants: it asks the gate for each job, calls the provider, and puts back
 * for later what is refused. It only counts the jobs that wait.
 */
export class SimulatedWorker {
  readonly served: Served[] = []
  /** When jobs were sent back to the queue by a refusal. */
  readonly deferrals: number[] = []
  /** When each call started, and when it ended. */
  readonly starts: { readonly model: string; readonly at: number; readonly tokens: number }[] = []
  crashes = 0
  throttles = 0
  running = 0
  readonly #gate: ProcessGate
  readonly #clock: FakeClock
  readonly #slots: number
  readonly #provider: Provider
  readonly #turns = new LaneTurns()
  readonly #kinds = new Map<string, { readonly kind: Kind; count: number }[]>()
  #later = new Map<number, Kind[]>()
  #busy = 0

  constructor(gate: ProcessGate, clock: FakeClock, slots: number, provider: Provider) {
    this.#gate = gate
    this.#clock = clock
    this.#slots = slots
    this.#provider = provider
    const promote = (): void => {
      const now = Math.floor(clock.now() / 100)
      for (const [at, kinds] of this.#later) {
        if (at > now) continue
        this.#later.delete(at)
        for (const kind of kinds) this.send(kind, 1)
      }
      clock.setTimer(100, promote)
    }
    promote()
  }

  /** How many jobs wait, now or for their time. */
  get left(): number {
    let left = 0
    for (const kinds of this.#kinds.values()) for (const { count } of kinds) left += count
    for (const kinds of this.#later.values()) left += kinds.length
    return left + this.#busy
  }

  send(kind: Kind, count: number): void {
    const name = `${kind.lane} ${kind.tenant}`
    const kinds = this.#kinds.get(name) ?? []
    this.#kinds.set(name, kinds)
    const known = kinds.find((each) => each.kind === kind)
    if (known) known.count += count
    else kinds.push({ kind, count })
    this.#turns.add(kind.lane, kind.tenant, count, kind.weight ?? 1)
    this.#fill()
  }

  #fill(): void {
    while (this.#busy < this.#slots) {
      const turn = this.#turns.take()
      if (!turn) return
      const kinds = this.#kinds.get(`${turn.lane} ${turn.tenant}`) ?? []
      const first = kinds[0]
      if (!first) throw new Error('The turns and the jobs differ.')
      if (--first.count === 0) kinds.shift()
      this.#busy++
      void this.#handle(first.kind).finally(() => {
        this.#busy--
        this.#fill()
      })
    }
  }

  async #handle(kind: Kind): Promise<void> {
    const { model, lane, tenant, weight = 1, tokens = 1_000 } = kind
    const asked = this.#clock.now()
    const admission = await this.#gate.admit(model, { tokens, lane, tenant, weight, patience: waitingPatience[lane] })
    if (!admission.admitted) {
      this.deferrals.push(this.#clock.now())
      this.#putBack(kind, admission.retryAt)
      return
    }
    const started = this.#clock.now()
    this.running++
    try {
      const { takes, ends } = this.#provider(kind, this.#clock)
      this.starts.push({ model, at: started, tokens })
      await new Promise<void>((resolve) => this.#clock.setTimer(takes, resolve))
      if (ends === 'crash') {
        this.crashes++
        throw new Error('The handler crashed.')
      }
      if (typeof ends === 'number') {
        admission.settle(ends)
        this.served.push({ kind, asked, started, ended: this.#clock.now() })
        return
      }
      this.throttles++
      admission.release(ends)
      this.#putBack(kind, this.#clock.now() + 500 + this.#clock.random() * 1_000)
    } catch {
      this.#putBack(kind, this.#clock.now() + 1_000)
    } finally {
      this.running--
      admission.release()
    }
  }

  #putBack(kind: Kind, at: number): void {
    const slot = Math.ceil(at / 100)
    const kinds = this.#later.get(slot) ?? []
    this.#later.set(slot, kinds)
    kinds.push(kind)
  }
}

/** The most of these times within any window of so many milliseconds. */
export function mostWithin(times: readonly number[], milliseconds: number): number {
  let most = 0
  let first = 0
  for (const [index, time] of times.entries()) {
    while (time - (times[first] ?? 0) >= milliseconds) first++
    most = Math.max(most, index - first + 1)
  }
  return most
}
