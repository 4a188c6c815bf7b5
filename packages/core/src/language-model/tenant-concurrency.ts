import type { Clock } from '../ports/clock.ts'
import type { Admission, AdmissionRequest, GateState, Permit, TenantGate } from './gate.ts'
import { GateLine } from './gate-line.ts'
import { SteadyTime } from './steady-time.ts'

/** A tenant that has calls, or waits for some, under one limit. */
interface Place {
  readonly line: GateLine
  readonly limit: number
  /** Calls that began under an earlier limit and still run. */
  carried: number
  /** The turns that they take up here: one each, as far as there are so many. */
  readonly taken: Permit[]
}

/** One tenant's way to the models. */
interface Way {
  readonly gate: TenantGate
  readonly tenant: string
  readonly limit: number
}

/**
 * How many calls of models a tenant may have at a time, in this process. Whoever is above it waits, or goes and comes back, as before a
 * model that is limited.
 *
 * At most a quarter of the process's handlers wait here: of one tenant at most twice its limit, of several the same number each. The
 * others are sent away, 100 a second of each tenant, and eight more for each job of another tenant that was answered: so a tenant with
 * a million requests above its limit neither spins nor keeps the others from the handlers.
 *
 * A changed limit counts from the next call on, together with the calls that run already. Those that began while there was no limit
 * aren't known.
 */
export class TenantConcurrency {
  readonly #clock: Clock
  readonly #time: SteadyTime
  readonly #handlers: number
  /** So many handlers may wait for a turn. */
  readonly #rooms: number
  readonly #places = new Map<string, Place>()
  /** Where some wait to be sent away. */
  readonly #crowded = new Set<GateLine>()
  #stopped = false

  /** @param options.concurrency how many handlers this process runs at a time. */
  constructor(options: { readonly clock: Clock; readonly concurrency?: number }) {
    this.#clock = options.clock
    this.#time = new SteadyTime(options.clock)
    this.#handlers = options.concurrency ?? 64
    this.#rooms = Math.max(1, Math.floor(this.#handlers / 4))
  }

  /** The gate behind which one tenant's calls are counted. @param limit absent: they aren't. */
  behind(gate: TenantGate, tenant: string, limit: number | undefined): TenantGate {
    if (limit === undefined) return { admit: (model, request) => this.#heard(gate.admit(model, request), request) }
    return { admit: (model, request) => this.#inTurn({ gate, tenant, limit }, model, request) }
  }

  /** Sends away whoever waits, and whoever would have to. */
  stop(): void {
    this.#stopped = true
    for (const { line } of this.#places.values()) line.stop()
  }

  /** How many tenants have calls that are counted, or wait for some. */
  get tenants(): number {
    return this.#places.size
  }

  state(tenant: string): GateState {
    return this.#places.get(tenant)?.line.state() ?? { running: 0, waiting: 0 }
  }

  async #inTurn(way: Way, model: string, request: AdmissionRequest): Promise<Admission> {
    const place = this.#place(way)
    const turn = await this.#turn(way.tenant, place, request)
    if (!turn.admitted) return { ...turn, reason: 'tenant_busy' }
    let admission: Admission | undefined
    try {
      admission = await way.gate.admit(model, request)
    } finally {
      if (!admission?.admitted) this.#end(way.tenant, place, turn)
    }
    if (!admission.admitted) return admission
    const permit = admission
    let over = false
    const end = (): void => {
      if (!over) this.#end(way.tenant, place, turn)
      over = true
    }
    return {
      admitted: true,
      settle: (tokens) => {
        permit.settle(tokens)
        end()
        if (request.from !== 'edge') this.#quicken(place.line)
      },
      release: (failure) => {
        permit.release(failure)
        end()
      },
    }
  }

  async #turn(tenant: string, place: Place, request: AdmissionRequest): Promise<Admission> {
    const { line } = place
    // Each tenant that waits has one place at least; when there are none left, it goes.
    const full = line.waitingWorkers === 0 && this.#waitingTenants() >= this.#rooms
    try {
      return await line.admit({ ...request, tenant, ...(full ? { patience: 0 } : {}) })
    } finally {
      this.#forgetIdle(tenant, place)
    }
  }

  #place({ tenant, limit }: Way): Place {
    const found = this.#places.get(tenant)
    if (found?.limit === limit) return found
    const place: Place = { line: this.#line(limit), limit, carried: 0, taken: [] }
    this.#places.set(tenant, place)
    if (found) this.#carryOver(found, place, tenant)
    if (this.#stopped) place.line.stop()
    return place
  }

  #line(limit: number): GateLine {
    const line: GateLine = new GateLine({
      clock: this.#clock,
      time: this.#time,
      limit: { concurrency: limit },
      concurrency: this.#handlers,
      room: () => Math.max(1, Math.min(2 * limit, Math.floor(this.#rooms / Math.max(1, this.#waitingTenants())))),
      crowded: (is) => (is ? this.#crowded.add(line) : this.#crowded.delete(line)),
      answered: () => {},
    })
    return line
  }

  /** The calls that run take up turns of the new limit. Whoever waits comes back to it. */
  #carryOver(from: Place, to: Place, tenant: string): void {
    to.carried = from.carried + from.line.state().running - from.taken.length
    for (let calls = Math.min(to.carried, to.limit); calls > 0; calls--) {
      const turn = to.line.admit({ tokens: 0, lane: 'normal', patience: 0, from: 'edge', tenant })
      if ('admitted' in turn && turn.admitted) to.taken.push(turn)
    }
    from.line.stop()
    this.#crowded.delete(from.line)
  }

  /** A call has ended. */
  #end(tenant: string, place: Place, turn: Permit): void {
    turn.release()
    const current = this.#places.get(tenant)
    if (!current) return
    if (current !== place) {
      if (current.taken.length === current.carried) current.taken.pop()?.release()
      current.carried--
    }
    this.#forgetIdle(tenant, current)
  }

  #forgetIdle(tenant: string, place: Place): void {
    const { running, waiting } = place.line.state()
    if (running + waiting > 0 || this.#places.get(tenant) !== place) return
    this.#places.delete(tenant)
    this.#crowded.delete(place.line)
  }

  /** Passes on what a tenant without a limit gets, and hears of its answers while others wait to be sent away. */
  #heard(admission: Admission | Promise<Admission>, { from }: AdmissionRequest): Admission | Promise<Admission> {
    if (this.#crowded.size === 0 || from === 'edge') return admission
    if (admission instanceof Promise) return admission.then((later) => this.#hearing(later))
    return this.#hearing(admission)
  }

  #hearing(admission: Admission): Admission {
    if (!admission.admitted) return admission
    return {
      admitted: true,
      settle: (tokens) => {
        admission.settle(tokens)
        this.#quicken()
      },
      release: (failure) => admission.release(failure),
    }
  }

  /** A worker's place was freed by an answer: there is other work than that of those who wait. */
  #quicken(own?: GateLine): void {
    for (const line of this.#crowded) if (line !== own) line.quicken()
  }

  #waitingTenants(): number {
    let tenants = 0
    for (const { line } of this.#places.values()) if (line.waitingWorkers > 0) tenants++
    return tenants
  }
}
