import {
  type AppendResult,
  checkEntries,
  type EventStream,
  type NewEntry,
  type StoredEntry,
  type StreamConsumption,
  type StreamDelivery,
  type StreamHandler,
  type StreamProgress,
} from '../ports/event-stream.ts'
import type { Hostility } from './hostile.ts'
import { noAnswer } from './hostile-state-store.ts'

/** So many entries of a partition may come again. */
const remembered = 300

/**
 * An event stream that keeps its promises, and no more: it refuses, loses answers, delivers again from where it was before, cuts
 * deliveries in two and joins them with what came before, and forgets how far it was.
 */
export class HostileEventStream implements EventStream {
  readonly #inner: EventStream
  readonly #hostility: Hostility
  /** What was delivered of each partition, the last of it. */
  readonly #earlier = new Map<string, StoredEntry[]>()

  constructor(inner: EventStream, hostility: Hostility) {
    this.#inner = inner
    this.#hostility = hostility
  }

  async append(tenant: string, entries: readonly NewEntry[]): Promise<readonly AppendResult[]> {
    checkEntries(entries)
    const partitions = [...new Set(entries.map(({ partition }) => partition))]
    const shut = partitions.filter(() => this.#hostility.happens('throttleAppend'))
    // A few of the first may still get through.
    const through = new Map(shut.map((partition) => [partition, this.#hostility.below(entries.length)]))
    const good = entries.map(({ partition }) => {
      const left = through.get(partition)
      if (left !== undefined) through.set(partition, left - 1)
      return left === undefined || left > 0
    })
    const results = [
      ...(await this.#inner.append(
        tenant,
        entries.filter((_, index) => good[index]),
      )),
    ]
    if (results.length > 0 && this.#hostility.happens('ambiguousAppend')) throw noAnswer()
    return good.map((kept) => (kept ? results.shift() : undefined) ?? { refused: { code: 'throttled', retryAfter: 1 } })
  }

  consume(handle: StreamHandler): StreamConsumption {
    return this.#inner.consume(async (delivery) => {
      const name = nameOf(delivery.tenant, delivery.partition)
      const from = delivery.entries[0]?.sequence
      const before = (this.#earlier.get(name) ?? []).filter(({ sequence }) => from === undefined || sequence < from)
      const progress = await this.#deliver(delivery, before, handle)
      if (progress.wait === undefined) this.#earlier.set(name, [...before, ...delivery.entries].slice(-remembered))
      if (delivery.keepNow || progress.kept === undefined || !this.#hostility.happens('loseProgress')) return progress
      return {}
    })
  }

  async remove(tenant: string, partition?: string): Promise<void> {
    for (const name of this.#earlier.keys())
      if (name.startsWith(partition === undefined ? `${tenant}\n` : nameOf(tenant, partition))) this.#earlier.delete(name)
    await this.#inner.remove(tenant, partition)
  }

  trim(before: number): Promise<number> {
    return this.#inner.trim(before)
  }

  async #deliver(delivery: StreamDelivery, before: readonly StoredEntry[], handle: StreamHandler): Promise<StreamProgress> {
    const again =
      delivery.entries.length > 0 && before.length > 0 && this.#hostility.happens('redeliverEntries')
        ? before.slice(this.#hostility.below(before.length))
        : []
    const entries = [...again, ...delivery.entries]
    if (entries.length < 2 || !this.#hostility.happens('splitDelivery')) return handle({ ...delivery, entries })
    const cut = 1 + this.#hostility.below(entries.length - 1)
    const first = await handle({ ...delivery, entries: entries.slice(0, cut), keepNow: false })
    if (first.wait !== undefined) return first
    const second = await handle({ ...delivery, entries: entries.slice(cut) })
    // What the first kept is no part of a delivery that waits.
    return second.wait === undefined ? { ...first, ...second } : second
  }
}

function nameOf(tenant: string, partition: string): string {
  return `${tenant}\n${partition}\n`
}
