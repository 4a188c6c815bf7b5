import type { ObjectStore } from '../../../src/ports/object-store.ts'
import type { StateStore } from '../../../src/ports/state-store.ts'

/** What is done at a step of the stores, which are counted from 1. */
export type AtStep = (step: number, what: string) => Promise<void> | void

/** The stores, with something done before and after each of their calls. */
export class Steps {
  /** How many calls there were. */
  count = 0
  #before: AtStep = () => {}
  #after: AtStep = () => {}

  /** From now on, counted anew. */
  watch(parts: { readonly before?: AtStep; readonly after?: AtStep }): void {
    this.count = 0
    this.#before = parts.before ?? (() => {})
    this.#after = parts.after ?? (() => {})
  }

  state(inner: StateStore): StateStore {
    const { get, commit, add, list, events } = inner
    return {
      get: (...parts) => this.#step('get', () => get.apply(inner, parts)),
      commit: (...parts) => this.#step('commit', () => commit.apply(inner, parts)),
      add: (...parts) => this.#step('add', () => add.apply(inner, parts)),
      list: (...parts) => this.#step('list', () => list.apply(inner, parts)),
      events: (...parts) => this.#step('events', () => events.apply(inner, parts)),
      read: (...parts) => this.#read(() => inner.read(...parts)),
    }
  }

  objects(inner: ObjectStore): ObjectStore {
    const { put, get, stream, head, list } = inner
    return {
      put: (...parts) => this.#step('put', () => put.apply(inner, parts)),
      get: (...parts) => this.#step('get object', () => get.apply(inner, parts)),
      delete: (...parts) => this.#step('delete', () => inner.delete(...parts)),
      stream: (...parts) => this.#step('stream', () => stream.apply(inner, parts)),
      head: (...parts) => this.#step('head', () => head.apply(inner, parts)),
      list: (...parts) => this.#step('list objects', () => list.apply(inner, parts)),
    }
  }

  async #step<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
    const step = ++this.count
    await this.#before(step, what)
    const result = await work()
    await this.#after(step, what)
    return result
  }

  async *#read<Row>(rows: () => AsyncIterable<Row>): AsyncGenerator<Row> {
    await this.#step('read', async () => {})
    yield* rows()
  }
}

/** A process that dies before a step, or when the step is done and its answer isn't there yet; whatever it tries later fails. */
export function dyingAt(died: number, when: 'before' | 'after'): Parameters<Steps['watch']>[0] {
  const fail = (dead: boolean): void => {
    if (dead) throw new Error('This process is dead.')
  }
  return { before: (step) => fail(step > died || (step === died && when === 'before')), after: (step) => fail(step >= died) }
}
