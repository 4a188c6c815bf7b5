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
  tenantWeights,
} from '@plinth/core'
import { encodeJob } from './change-codec.ts'
import type { Field, JobPlace, ReadyTuple } from './database/operation.ts'
import type { DatabaseSource } from './database/source.ts'
import { type Delivery, Leases, placeOf } from './queue/delivery.ts'
import { JobLine, lineLength } from './queue/job-line.ts'

const settlePause = 1_000

interface Consumer {
  readonly concurrency: number
  readonly handle: Handler
  readonly running: Set<Promise<void>>
}

interface QueueState {
  readonly name: string
  readonly turns: LaneTurns
  /** By lane and tenant. */
  readonly lines: Map<string, JobLine>
  readonly consumers: Set<Consumer>
}

interface Settling {
  readonly done: JobPlace[]
  readonly later: [place: JobPlace, due: number, cutOff: 0 | 1][]
}

/**
 * Queue on SQLite. A job is one row, from the commit that emits it until it is done. Leases and turns are this process's
 * memory; which jobs it has in hand is written down too, without a wait. So a start finds every
 * unfinished job ready, and knows which were cut off (docs/decisions).
 */
export class SqliteQueue implements Queue {
  readonly #database: DatabaseSource
  readonly #clock: Clock
  readonly #log: Log
  readonly #find: StatementSync
  readonly #queues = new Map<string, QueueState>()
  readonly #leases: Leases
  #settling: Settling = { done: [], later: [] }
  #settled: Promise<void> = Promise.resolve()
  #settleArmed = false
  #writingDown = false
  #nextDue = Number.POSITIVE_INFINITY
  #promotion: Timer | undefined
  #closed = false

  constructor(options: { readonly database: DatabaseSource; readonly clock: Clock; readonly log?: Log }) {
    this.#database = options.database
    this.#clock = options.clock
    this.#log = options.log ?? silentLog
    this.#leases = new Leases(options.clock, (delivery) => this.#settle({ retryAt: this.#clock.now() }, delivery, 1))
    const { reader } = options.database
    this.#find = reader.prepare(
      'SELECT position, cut_offs, body FROM ready WHERE queue = ? AND lane = ? AND tenant = ? AND position > ? ORDER BY position LIMIT ?',
    )
    const waiting = reader.prepare('SELECT queue, lane, tenant, COUNT(*) AS amount FROM ready GROUP BY queue, lane, tenant').all()
    for (const row of waiting) this.#missed([String(row.queue), String(row.lane), String(row.tenant), Number(row.amount)])
    const due = reader.prepare('SELECT MIN(due) AS due FROM held').get()?.due
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
      const fields: Field[] = []
      for (const job of good) encodeJob(fields, job, JSON.stringify(job), now)
      this.arrived(good, Number(await this.#database.submit({ kind: 'send', jobs: fields }, true)), now)
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

  /**
   * Jobs were put into the table by a commit, one after the other, the first at that position.
   * @param now when it was put together: what was held back then is held back in the table, however long the commit took.
   */
  arrived(jobs: readonly Job[], first: number, now: number): void {
    for (const [index, job] of jobs.entries()) {
      if (job.notBefore !== undefined && job.notBefore > now) {
        this.#promoteAt(job.notBefore)
        continue
      }
      const state = this.#state(job.queue)
      this.#line(state, job).arrive({ position: first + index, job, cutOffs: 0 })
      state.turns.add(job.lane, job.tenant, 1, job.weight ?? tenantWeights.usual)
    }
    for (const queue of new Set(jobs.map((job) => job.queue))) this.#fill(this.#state(queue))
  }

  /** Ready jobs were removed from the table. Those in hand run to their end, which nobody keeps. */
  removed(positions: readonly number[]): void {
    const gone = new Set(positions)
    for (const { lines } of this.#queues.values()) for (const line of lines.values()) line.forget(gone)
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
      lines: new Map<string, JobLine>(),
      consumers: new Set<Consumer>(),
    }
    this.#queues.set(queue, state)
    return state
  }

  #line({ lines }: QueueState, { lane, tenant }: Turn): JobLine {
    const name = `${lane} ${tenant}`
    const line = lines.get(name) ?? new JobLine(true)
    lines.set(name, line)
    return line
  }

  /** Jobs are ready that only the file knows. */
  #missed([queue, lane, tenant, amount]: ReadyTuple): void {
    const state = this.#state(queue)
    this.#line(state, { lane: lane as Lane, tenant }).miss()
    state.turns.add(lane as Lane, tenant, amount)
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
      const { lane, tenant } = turn
      const delivery = this.#line(state, turn).take((after) => this.#read(state.name, lane, tenant, after))
      if (delivery) {
        state.turns.weigh(tenant, delivery.job.weight ?? tenantWeights.usual)
        return delivery
      }
      state.turns.clear(turn)
    }
    return undefined
  }

  #read(queue: string, lane: string, tenant: string, after: number): Delivery[] {
    return this.#find.all(queue, lane, tenant, after, lineLength).map((row) => ({
      position: Number(row.position),
      cutOffs: Number(row.cut_offs),
      job: JSON.parse(String(row.body)) as Job,
    }))
  }

  async #deliver(consumer: Consumer, delivery: Delivery): Promise<void> {
    const lease = this.#leases.hold(delivery)
    let outcome: Outcome | undefined
    this.#writeDown()
    try {
      outcome = await consumer.handle(delivery.job, lease)
    } catch (error) {
      this.#log.warn(
        { queue: delivery.job.queue, job_id: delivery.job.id, error },
        'A handler threw; its job is delivered again.',
      )
    }
    const again = { retryAt: this.#clock.now() + jobLimits.redeliverMilliseconds }
    if (outcome && 'retryAt' in outcome && !Number.isFinite(outcome.retryAt)) outcome = again
    if (this.#leases.release(delivery)) this.#settle(outcome ?? again, delivery, outcome ? 0 : 1)
    else
      this.#log.warn(
        { queue: delivery.job.queue, job_id: delivery.job.id },
        'A job ended after its lease was lost; it runs again.',
      )
  }

  /**
   * Writes down what is in hand, once for all that are taken in one turn of the loop. Nothing waits for it: a process that dies at once
   * may leave a start uncounted, and no handler is held up by the disk.
   */
  #writeDown(): void {
    if (this.#writingDown) return
    this.#writingDown = true
    setImmediate(() => {
      this.#writingDown = false
      this.#database.submit({ kind: 'taken', places: this.#leases.places() }, false).catch((error: unknown) => {
        if (!this.#closed) this.#log.warn({ error }, 'Which jobs are in hand could not be written down.')
      })
    })
  }

  #settle(outcome: Outcome, delivery: Delivery, cutOff: 0 | 1): void {
    if ('retryAt' in outcome) this.#settling.later.push([placeOf(delivery), Math.ceil(outcome.retryAt), cutOff])
    else this.#settling.done.push(placeOf(delivery))
    if (this.#settleArmed) return
    this.#settleArmed = true
    this.#settled = new Promise(setImmediate).then(() => this.#flushSettled())
  }

  // Outcomes of one turn of the loop go together. What can't be kept now (a full disk) is kept later; until then the job counts as
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
      for (const tuple of ready) this.#missed(tuple)
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
