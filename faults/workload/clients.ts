import { setTimeout as pause } from 'node:timers/promises'
import {
  cancelRequest,
  getRequest,
  NotFoundError,
  processGenaiRequest,
  ReusedError,
  redrive,
  type Scope,
  WrongStateError,
} from '@plinth/core'
import type { Entry, Ledger } from './ledger.ts'
import { callbackUrl, type Planned } from './plan.ts'
import type { Signals } from './signals.ts'
import type { TellStep } from './steps.ts'

const atOnce = 6
/** From when on requests that wait may be worked, milliseconds after the first process was ready. */
const lateAfter = 60
const cancelledAfter = 120
const lookEvery = 3

/** The clients: each follows one request at a time, from what it was told before, in this process or an earlier one. */
export class Clients {
  readonly #scopes: ReadonlyMap<string, Scope>
  readonly #ledger: Ledger
  readonly #signals: Signals
  readonly #tell: TellStep
  readonly #base: number

  constructor(parts: {
    /** By tenant. */
    readonly scopes: ReadonlyMap<string, Scope>
    readonly ledger: Ledger
    readonly signals: Signals
    readonly tell: TellStep
  }) {
    this.#scopes = parts.scopes
    this.#ledger = parts.ledger
    this.#signals = parts.signals
    this.#tell = parts.tell
    // A body that is sent again must be the same.
    this.#base = parts.ledger.entries.find((entry) => entry.type === 'ready')?.at ?? 0
  }

  /** Resolves when everything that was planned is acknowledged, and what its course asks for besides. */
  async follow(plan: readonly Planned[]): Promise<void> {
    const waiting = [...plan]
    const work = async (): Promise<void> => {
      for (let planned = waiting.shift(); planned; planned = waiting.shift()) await this.#follow(planned)
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }

  async #follow(planned: Planned): Promise<void> {
    const id = await this.#submit(planned)
    try {
      if (planned.course === 'named') await this.#submitAnother(planned)
      if (planned.course === 'redriven') await this.#redrive(planned, id)
      if (planned.course.startsWith('cancelled')) await this.#cancel(planned, id)
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      this.#ledger.add({ type: 'missing', key: planned.key })
    }
  }

  /** Sends it, twice at once where its course says so. What an earlier process acknowledged is sent again: that must change nothing. */
  async #submit(planned: Planned): Promise<string> {
    const times = planned.course === 'twice' ? 2 : 1
    const sent = await Promise.all(Array.from({ length: times }, () => this.#send(planned, planned.prompt)))
    return sent[0] ?? ''
  }

  async #send(planned: Planned, prompt: string): Promise<string> {
    const { key, tenant, course, priority, callback } = planned
    const notBefore = this.#base + (course === 'late' ? lateAfter : cancelledAfter)
    const { request_id } = await processGenaiRequest(
      this.#scope(planned),
      {
        prompt,
        priority,
        ...(course === 'late' ? { model_id: 'test/stream' } : {}),
        ...(course === 'late' || course === 'cancelled-waiting' ? { not_before: notBefore } : {}),
        ...(callback ? { callback_url: callbackUrl } : {}),
        ...(course === 'named' ? { request_id: `own-${key}` } : {}),
      },
      { idempotencyKey: key },
    )
    this.#tell('before-acknowledgement')
    this.#ledger.add({ type: 'acknowledged', key, tenant, request_id })
    this.#tell('acknowledged')
    return request_id
  }

  /** Another body under the same key has to be refused. */
  async #submitAnother(planned: Planned): Promise<void> {
    try {
      await this.#send(planned, 'Another prompt.')
      this.#ledger.add({ type: 'reused', key: planned.key })
    } catch (error) {
      if (!(error instanceof ReusedError)) throw error
    }
  }

  async #redrive(planned: Planned, id: string): Promise<void> {
    const scope = this.#scope(planned)
    for (;;) {
      const { status, round } = (await getRequest(scope, id)).fields
      // It was put back already, by a process that could not say so any more.
      if (round > 1) return
      if (status === 'failed') break
      await pause(lookEvery)
    }
    await redrive(scope, id)
    this.#ledger.add({ type: 'redriven', key: planned.key })
  }

  async #cancel(planned: Planned, id: string): Promise<void> {
    const { key, course } = planned
    const scope = this.#scope(planned)
    const told = (entry: Entry): boolean => (entry.type === 'cancelled' || entry.type === 'too-late') && entry.key === key
    if (this.#ledger.entries.some(told)) return
    const { status } = (await getRequest(scope, id)).fields
    if (course === 'cancelled-running' && status === 'processing') await this.#signals.given(`begun ${key}`)
    try {
      await cancelRequest(scope, id)
      this.#ledger.add({ type: 'cancelled', key })
    } catch (error) {
      if (!(error instanceof WrongStateError)) throw error
      this.#ledger.add({ type: 'too-late', key })
    }
    this.#signals.give(`cancelled ${key}`)
  }

  #scope({ tenant }: Planned): Scope {
    const scope = this.#scopes.get(tenant)
    if (!scope) throw new Error(`There is no scope for ${tenant}.`)
    return scope
  }
}
