import type { StatementSync } from 'node:sqlite'
import {
  type Clock,
  type Consumption,
  checkConcurrency,
  type Handler,
  type Job,
  jobLimits,
  jobRefusal,
  type Lane,
  LaneTurns,
  type Log,
  type Outcome,
  type Queue,
  type SendResult,
  silentLog,
  type Timer,
  type Turn,
} from '@plinth/core'
import type { ReadyTuple } from './database/operation.ts'
import type { DatabaseSource } from './database/source.ts'
import { type Delivery, Leases } from './queue/delivery.ts'
import { encodeJob } from './sqlite-state-store.ts'

/** Jobs read ahead of their turn, for each tenant of a lane. */
const readAhead = 32
const settlePause = 1_000

interface Consumer {
  readonly concurrency: number
  readonly handle: Handler
  readonly running: Set<Promise<void>>
}

interface QueueState {
  readonly name: string
  readonly turns: LaneTurns
  /** Jobs read ahead, the next one last, by lane and tenant. */
  readonly buffers: Map<string, Delivery[]>
  /** The position of the last job taken, by lane and tenant; all that is ready lies behind it. */
  readonly places: Map<string, number>
  readonly consumers: Set<Consumer>
}

/**
 * Queue on SQLite. A job is one row, from the commit that emits it until it is done. Taking it writes nothing: leases and
 * turns are this process's memory, and a start finds every unfinished job ready (docs/decisions).
 */
export class SqliteQueue implements Queue {
  readonly #database: DatabaseSource
  readonly #clock: Clock
  readonly #log: Log
  readonly #find: StatementSync
  readonly #queues = new Map<string, QueueState>()
  readonly #leases: Leases
  #settling: { done: number[]; later: [number, number][] } = { done: [], later: [] }
  #settled: Promise<void> = Promise.resolve()
  #settleArmed = false
  #nextDue = Number.POSITIVE_INFINITY
  #promotion: Timer | undefined
  #closed = false

  constructor(options: { readonly database: DatabaseSource; readonly clock: Clock; readonly log?: Log }) {
    this.#database = options.database
    this.#clock = options.clock
    this.#log = options.log ?? silentLog
    this.#leases = new Leases(options.clock, (delivery) => this.#settle({ retryAt: this.#clock.now() }, delivery))
    const { reader } = options.database
    this.#find = reader.prepare(
      'SELECT position, body FROM job WHERE due = 0 AND queue = ? AND lane = ? AND tenant = ? AND position > ? ORDER BY position LIMIT ?',
    )
    const waiting = reader
      .prepare('SELECT queue, lane, tenant, COUNT(*) AS amount FROM job WHERE due = 0 GROUP BY queue, lane, tenant')
      .all()
    for (const row of waiting) this.#ready([String(row.queue), String(row.lane), String(row.tenant), Number(row.amount)])
    const due = reader.prepare('SELECT MIN(due) AS due FROM job WHERE due > 0').get()?.due
    if (typeof due === 'number') this.#promoteAt(due)
  }

  async send(jobs: readonly Job[]): Promise<readonly SendResult[]> {
    const now = this.#clock.now()
    const results = jobs.map((job): SendResult => {
      const code = jobRefusal(job, now)
      return code === undefined ? { sent: true } : { sent: false, code }
    })
    const good = jobs.filter((_, index) => results[index]?.sent)
    if (good.length > 0) {
      await this.#database.submit({ kind: 'send', jobs: good.map((job) => encodeJob(job, now)) }, true)
      this.arrived(good)
    }
    return results
  }

  consume(queue: string, options: { readonly concurrency: number }, handle: Handler): Consumption {
    checkConcurrency(options.concurrency)
    const state = this.#state(queue)
    const consumer: Consumer = { concurrency: options.concurrency, handle, running: new Set() }
    state.consumers.add(consumer)
    this.#fill(state)
    return {
      drain: async () => {
        state.consumers.delete(consumer)
        while (consumer.running.size > 0) await Promise.all(consumer.running)
        await this.#flush()
      },
    }
  }

  /** Jobs were put into the table by a commit. */
  arrived(jobs: readonly Job[]): void {
    const now = this.#clock.now()
    for (const job of jobs) {
      if (job.notBefore !== undefined && job.notBefore > now) this.#promoteAt(job.notBefore)
      else this.#ready([job.queue, job.lane, job.tenant, 1])
    }
    for (const queue of new Set(jobs.map((job) => job.queue))) this.#fill(this.#state(queue))
  }

  /** Ends the timers; what was settled before is kept. */
  async close(): Promise<void> {
    this.#closed = true
    this.#promotion?.cancel()
    this.#leases.close()
    await this.#flush()
  }

  #state(queue: string): QueueState {
    const state = this.#queues.get(queue) ?? {
      name: queue,
      turns: new LaneTurns(),
      buffers: new Map(),
      places: new Map(),
      consumers: new Set(),
    }
    this.#queues.set(queue, state)
    return state
  }

  #ready([queue, lane, tenant, amount]: ReadyTuple): void {
    this.#state(queue).turns.add(lane as Lane, tenant, amount)
  }

  #fill(state: QueueState): void {
    for (let consumer = freeConsumer(state); consumer && !this.#closed; consumer = freeConsumer(state)) {
      const delivery = this.#take(state)
      if (!delivery) return
      const { running: others } = consumer
      const running = this.#deliver(consumer, delivery).finally(() => {
        others.delete(running)
        this.#fill(state)
      })
      others.add(running)
    }
  }

  #take(state: QueueState): Delivery | undefined {
    for (let turn = state.turns.take(); turn; turn = state.turns.take()) {
      const name = `${turn.lane} ${turn.tenant}`
      const buffer = state.buffers.get(name) ?? this.#readAhead(state, turn, name)
      const delivery = buffer.pop()
      if (buffer.length === 0) state.buffers.delete(name)
      if (delivery) {
        state.places.set(name, delivery.position)
        return delivery
      }
      state.turns.clear(turn)
    }
    return undefined
  }

  #readAhead(state: QueueState, turn: Turn, name: string): Delivery[] {
    const rows = this.#find.all(state.name, turn.lane, turn.tenant, state.places.get(name) ?? 0, readAhead)
    const buffer = rows.map((row) => ({ position: Number(row.position), job: JSON.parse(String(row.body)) as Job })).reverse()
    state.buffers.set(name, buffer)
    return buffer
  }

  async #deliver(consumer: Consumer, delivery: Delivery): Promise<void> {
    const lease = this.#leases.hold(delivery)
    let outcome: Outcome = { retryAt: this.#clock.now() + jobLimits.redeliverMilliseconds }
    try {
      outcome = await consumer.handle(delivery.job, lease)
    } catch (error) {
      this.#log.warn(
        { queue: delivery.job.queue, job_id: delivery.job.id, error },
        'A handler threw; its job is delivered again.',
      )
    }
    if ('retryAt' in outcome && !Number.isFinite(outcome.retryAt))
      outcome = { retryAt: this.#clock.now() + jobLimits.redeliverMilliseconds }
    if (this.#leases.release(delivery)) this.#settle(outcome, delivery)
    else
      this.#log.warn(
        { queue: delivery.job.queue, job_id: delivery.job.id },
        'A job ended after its lease was lost; it runs again.',
      )
  }

  #settle(outcome: Outcome, { position }: Delivery): void {
    if ('retryAt' in outcome) this.#settling.later.push([position, Math.ceil(outcome.retryAt)])
    else this.#settling.done.push(position)
    if (this.#settleArmed) return
    this.#settleArmed = true
    this.#settled = Promise.resolve().then(() => this.#flushSettled())
  }

  // Outcomes of one moment go together. What can't be kept now (a full disk) is kept later; until then the job counts as
  // held, and after a crash it is delivered again.
  async #flushSettled(): Promise<void> {
    this.#settleArmed = false
    const { done, later } = this.#settling
    this.#settling = { done: [], later: [] }
    try {
      await this.#database.submit({ kind: 'settle', done, later }, false)
      for (const [, due] of later) this.#promoteAt(due)
    } catch (error) {
      if (this.#closed) return
      this.#log.warn({ error }, 'Outcomes of jobs could not be kept yet.')
      this.#clock.setTimer(settlePause, () => {
        this.#settling.done.push(...done)
        this.#settling.later.push(...later)
        this.#settleArmed = true
        this.#settled = this.#flushSettled()
      })
    }
  }

  async #flush(): Promise<void> {
    for (let settled: Promise<void> | undefined; settled !== this.#settled; ) {
      settled = this.#settled
      await settled
    }
  }

  #promoteAt(due: number): void {
    if (due >= this.#nextDue || this.#closed) return
    this.#nextDue = due
    this.#promotion?.cancel()
    this.#promotion = this.#clock.setTimer(due - this.#clock.now(), () => void this.#promote())
  }

  async #promote(): Promise<void> {
    this.#nextDue = Number.POSITIVE_INFINITY
    try {
      const { ready, nextDue } = (await this.#database.submit({ kind: 'promote', now: this.#clock.now() }, false)) as {
        readonly ready: readonly ReadyTuple[]
        readonly nextDue: number | null
      }
      for (const tuple of ready) this.#ready(tuple)
      if (nextDue !== null) this.#promoteAt(nextDue)
      for (const queue of new Set(ready.map(([name]) => name))) this.#fill(this.#state(queue))
    } catch (error) {
      if (this.#closed) return
      this.#log.warn({ error }, 'Delayed jobs could not be made ready yet.')
      this.#promoteAt(this.#clock.now() + settlePause)
    }
  }
}

function freeConsumer(state: QueueState): Consumer | undefined {
  for (const consumer of state.consumers) if (consumer.running.size < consumer.concurrency) return consumer
  return undefined
}
