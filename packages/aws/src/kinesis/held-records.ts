import type { EntrySource, StoredEntry } from '@plinth/core'
import { entrySequence } from './entry-sequence.ts'
import type { PackedEntries } from './kinesis-record.ts'

/** A record as it was read. */
export interface ReadRecord {
  readonly sequence: string
  /** Milliseconds UTC. */
  readonly at: number
  readonly bytes: number
  /** Undefined for one that is of no form that is known here. */
  readonly packed: PackedEntries | undefined
}

interface Held {
  readonly sequence: string
  readonly last: string
  readonly bytes: number
  readonly entries: readonly StoredEntry[]
  kept: boolean
}

/** What was read of a shard and isn't kept yet, in the order of the shard. */
export class ShardRecords {
  readonly #order: Held[] = []
  /** The record through which everything was kept, since it was begun. */
  position: string | undefined

  get isEmpty(): boolean {
    return this.#order.length === 0
  }

  add(held: Held): void {
    this.#order.push(held)
  }

  settle(): void {
    const open = this.#order.findIndex(({ kept }) => !kept)
    const done = this.#order.splice(0, open < 0 ? this.#order.length : open)
    this.position = done.at(-1)?.sequence ?? this.position
  }
}

/** What a process read of the stream and no handler has kept yet, by partitions. */
export class HeldRecords implements EntrySource {
  readonly #partitions = new Map<string, { readonly shard: ShardRecords; readonly held: Held }[]>()
  /** Of all that is held. */
  bytes = 0

  /** @returns whether there is something to deliver. */
  add(shard: ShardRecords, { sequence, at, bytes, packed }: ReadRecord): boolean {
    const entries = (packed?.entries ?? []).map((data, index) => ({ sequence: entrySequence(sequence, index), at, data }))
    const last = entries.at(-1)?.sequence
    const held: Held = { sequence, last: last ?? '', bytes, entries, kept: last === undefined }
    shard.add(held)
    shard.settle()
    if (!packed || last === undefined) return false
    const name = nameOf(packed.tenant, packed.partition)
    const others = this.#partitions.get(name)
    if (others) others.push({ shard, held })
    else this.#partitions.set(name, [{ shard, held }])
    this.bytes += bytes
    return true
  }

  read(tenant: string, partition: string, after = ''): readonly StoredEntry[] {
    const all = this.#partitions.get(nameOf(tenant, partition)) ?? []
    return all.flatMap(({ held: { entries } }) => entries.filter(({ sequence }) => sequence > after))
  }

  taken(): void {}

  async keep(tenant: string, partition: string, through: string): Promise<void> {
    const name = nameOf(tenant, partition)
    const all = this.#partitions.get(name) ?? []
    const open = all.findIndex(({ held: { last } }) => last > through)
    const done = all.splice(0, open < 0 ? all.length : open)
    if (all.length === 0) this.#partitions.delete(name)
    for (const { held } of done) {
      held.kept = true
      this.bytes -= held.bytes
    }
    for (const shard of new Set(done.map(({ shard }) => shard))) shard.settle()
  }
}

function nameOf(tenant: string, partition: string): string {
  return `${tenant}\n${partition}`
}
