import { ConflictError, UnavailableError } from '../errors.ts'
import {
  type Change,
  checkChange,
  type Key,
  keyName,
  type ListQuery,
  type Page,
  type Row,
  type StateStore,
  type StoredEvent,
  writtenKey,
} from '../ports/state-store.ts'
import type { Hostility } from './hostile.ts'
import type { MemoryStateStore } from './memory-state-store.ts'

/** So long, in milliseconds, a list may not know of a change. */
const longestLag = 2_000

/** A state store that keeps its promises, and no more: conflicts out of nothing, answers that are lost, lists that lag. */
export class HostileStateStore implements StateStore {
  readonly #inner: MemoryStateStore
  readonly #hostility: Hostility

  constructor(inner: MemoryStateStore, hostility: Hostility) {
    this.#inner = inner
    this.#hostility = hostility
  }

  get(key: Key): Promise<Row | undefined> {
    return this.#inner.get(key)
  }

  read(tenant: string, collection: string, partition: string, after?: string): AsyncIterable<Row> {
    return this.#inner.read(tenant, collection, partition, after)
  }

  async list(query: ListQuery): Promise<Page<Row>> {
    const most = this.#hostility.options.staleLists
    const behind = most === 0 ? 0 : this.#hostility.below(most + 1)
    if (behind > 0) this.#hostility.injected.staleLists++
    return this.#inner.listBehind(query, behind, longestLag)
  }

  async commit(change: Change, durability?: 'synced' | 'relaxed'): Promise<void> {
    checkChange(change)
    if (this.#hostility.takeUnavailable()) throw noAnswer()
    const conditioned = change.writes.find((write) => 'ifVersion' in write && write.ifVersion !== undefined)
    if (conditioned && this.#hostility.takeConflict()) throw new ConflictError(keyName(writtenKey(conditioned)))
    await this.#inner.commit(change, durability)
    if (this.#hostility.takeAmbiguous()) throw noAnswer()
  }

  async add(key: Key, field: string, amount: number, max?: number): Promise<number> {
    if (this.#hostility.takeUnavailable()) throw noAnswer()
    const sum = await this.#inner.add(key, field, amount, max)
    if (this.#hostility.takeAmbiguous()) throw noAnswer()
    return sum
  }

  events(
    tenant: string,
    query: { readonly after: number; readonly limit: number; readonly type?: string },
  ): Promise<readonly StoredEvent[]> {
    return this.#inner.events(tenant, query)
  }
}

/** What a caller sees when a call's answer was lost. */
export function noAnswer(): UnavailableError {
  return new UnavailableError('no_answer', 'The service did not answer.')
}
