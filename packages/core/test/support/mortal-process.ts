import {
  type Adapters,
  createPlatform,
  type ObjectStore,
  type Operations,
  type Outcome,
  patterns,
  type Queue,
  Relay,
  type Scope,
  type StateStore,
  silentLog,
  WorkerHost,
  writtenKey,
} from '../../src/index.ts'
import type { EventBench } from '../event-driven/bench.ts'
import { anotherClock } from './wrapped.ts'

/** When a process dies: before its n-th durable write, or when that is done and its answer isn't there yet. */
export interface Death {
  readonly at: number
  readonly when: 'before' | 'after'
}

/**
 * A process of its own on the stores of a bench: nothing that it holds in memory is another's. Once it is dead, all that it calls
 * fails, and what it had in hand is delivered to another when its leases are over, as after `kill -9`.
 */
export class MortalProcess {
  /** Durable writes so far, as they were called: of records, objects, the outbox and the queue. */
  readonly writes: string[] = []
  readonly #bench: EventBench
  readonly #death: Death | undefined
  readonly #platform: ReturnType<typeof createPlatform>
  readonly #host: WorkerHost | undefined
  readonly #relay: Relay | undefined
  #dead = false

  /** @param options.worker whether it works on jobs; one that doesn't looks only. */
  constructor(bench: EventBench, options: { readonly worker: boolean; readonly death?: Death }) {
    this.#bench = bench
    this.#death = options.death
    this.#platform = createPlatform('memory', this.#adapters(bench.memory.adapters), bench.models)
    if (!options.worker) return
    this.#relay = new Relay({ operator: this.#platform.operate(), log: silentLog })
    this.#host = new WorkerHost({ platform: this.#platform, patterns, log: silentLog })
  }

  get isDead(): boolean {
    return this.#dead
  }

  async scope(): Promise<Scope> {
    return this.#platform.scope(await this.#bench.caller())
  }

  /** Ends it as what it is, dead or alive. */
  async stop(): Promise<void> {
    const drained = this.#host?.drain()
    const stopped = this.#relay?.stop()
    if (this.#dead) return
    await this.#bench.pass(1_000)
    await Promise.all([drained, stopped])
  }

  #adapters(inner: Adapters): Adapters {
    const { clock, bus, keys } = inner
    return {
      ...inner,
      clock: anotherClock(clock),
      state: this.#state(inner.state),
      objects: this.#objects(inner.objects),
      operations: this.#operations(inner.operations),
      queue: this.#queue(inner.queue),
      bus: { publish: (events) => this.#call(() => bus.publish(events)) },
      keys,
    }
  }

  #state(inner: StateStore): StateStore {
    return {
      get: (...parts) => this.#call(() => inner.get(...parts)),
      read: (...parts) => this.#rows(() => inner.read(...parts)),
      list: (...parts) => this.#call(() => inner.list(...parts)),
      events: (...parts) => this.#call(() => inner.events(...parts)),
      commit: (...parts) =>
        this.#write(`commit ${[...new Set(parts[0].writes.map(collectionOf))]}`, () => inner.commit(...parts)),
      add: (...parts) => this.#write('add', () => inner.add(...parts)),
    }
  }

  #objects(inner: ObjectStore): ObjectStore {
    return {
      put: (...parts) => this.#write('put', () => inner.put(...parts)),
      delete: (...parts) => this.#write('delete', () => inner.delete(...parts)),
      get: (...parts) => this.#call(() => inner.get(...parts)),
      stream: (...parts) => this.#call(() => inner.stream(...parts)),
      head: (...parts) => this.#call(() => inner.head(...parts)),
      list: (...parts) => this.#call(() => inner.list(...parts)),
    }
  }

  #operations(inner: Operations): Operations {
    return {
      pending: (...parts) => this.#call(() => inner.pending(...parts)),
      settle: (...parts) => this.#write('settle', () => inner.settle(...parts)),
      onPending: (wake) => inner.onPending(wake),
      removeExpired: (...parts) => this.#write('removeExpired', () => inner.removeExpired(...parts)),
      trimEvents: (...parts) => this.#write('trimEvents', () => inner.trimEvents(...parts)),
      rows: (...parts) => this.#call(() => inner.rows(...parts)),
      removeTenant: (...parts) => this.#write('removeTenant', () => inner.removeTenant(...parts)),
    }
  }

  #queue(inner: Queue): Queue {
    return {
      send: (jobs) => this.#write(`send ${jobs.map(({ queue }) => queue)}`, () => inner.send(jobs)),
      consume: (queue, options, handle) =>
        inner.consume(queue, options, async (job, lease) => {
          const outcome = await handle(job, lease)
          // An outcome that isn't kept: whoever died in between does it again.
          await this.#write(`outcome ${queue}`, async () => {}).catch(() => {})
          return this.#dead ? new Promise<Outcome>(() => {}) : outcome
        }),
    }
  }

  async #call<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#refuseDead()
    const result = await work()
    this.#refuseDead()
    return result
  }

  async *#rows<Row>(rows: () => AsyncIterable<Row>): AsyncGenerator<Row> {
    this.#refuseDead()
    for await (const row of rows()) {
      yield row
      this.#refuseDead()
    }
  }

  async #write<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    this.#refuseDead()
    this.writes.push(what)
    const isLast = this.writes.length === this.#death?.at
    if (isLast && this.#death?.when === 'before') this.#die()
    const result = await work()
    if (isLast) this.#die()
    this.#refuseDead()
    return result
  }

  #die(): never {
    this.#dead = true
    throw new Error('This process is dead.')
  }

  #refuseDead(): void {
    if (this.#dead) throw new Error('This process is dead.')
  }
}

function collectionOf(write: Parameters<StateStore['commit']>[0]['writes'][number]): string {
  return writtenKey(write).collection
}
