import type { StreamBatch, StreamWork } from '../../define/stream-consumer.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Scope } from '../../scope/scope.ts'
import { type StreamFields, streams, streamsPartition } from '../streams.ts'
import type { KeyParts } from './key-parts.ts'
import { MemoryBudget } from './memory-budget.ts'
import { Shard, type ShardOptions } from './shard.ts'
import { parsePartition } from './shard-of.ts'

export interface ShardWorkOptions {
  readonly parts: KeyParts
  /** Memory for the keys of all shards of the process, bytes. Default 512 MiB. */
  readonly memoryBytes?: number
  readonly keepAfter?: ShardOptions['keepAfter']
  readonly pageCharacters?: number
}

/** A shard that has had nothing for so long leaves the memory, milliseconds. */
const idleFor = 10 * 60_000
const usualMemory = 512 * 1024 * 1024
const usualKeepAfter = { milliseconds: 15_000, records: 500_000 }

interface OpenShard {
  readonly shard: Shard
  readonly stream: StreamFields
  readonly rules: Awaited<ReturnType<KeyParts['rules']>>
  readonly used: number
}

/** The shards that one process works on. */
export class ShardWork implements StreamWork {
  readonly #options: ShardOptions
  readonly #open = new Map<string, OpenShard>()
  /** Those that are at work now stay. */
  readonly #busy = new Set<string>()
  #swept = 0

  constructor({ parts, memoryBytes = usualMemory, keepAfter = usualKeepAfter, pageCharacters }: ShardWorkOptions) {
    const budget = new MemoryBudget(memoryBytes)
    this.#options = { parts, budget, keepAfter, ...(pageCharacters ? { pageCharacters } : {}) }
  }

  async take(scope: Scope, { partition, entries, keepNow }: StreamBatch): Promise<{ readonly kept: string | undefined }> {
    const last = entries.at(-1)?.sequence
    const name = `${scope.caller.tenant}\n${partition}`
    this.#sweep(scope.clock)
    this.#busy.add(name)
    try {
      const open = await this.#find(scope, name, partition)
      // A stream that is gone: what came for it goes, too.
      if (!open) return { kept: last }
      await open.shard.take(scope, entries, open.stream, open.rules, keepNow)
      this.#open.set(name, { ...open, used: scope.clock.now() })
      return { kept: open.shard.kept || undefined }
    } catch (error) {
      // Its memory may be ahead of what is committed: it begins anew, with what is delivered again.
      this.#forget(name)
      throw error
    } finally {
      this.#busy.delete(name)
    }
  }

  /** The shard with its stream's settings and rules, as they stand now; undefined when there is no such stream. */
  async #find(scope: Scope, name: string, partition: string): Promise<OpenShard | undefined> {
    const now = scope.clock.now()
    const known = this.#open.get(name)
    const place = parsePartition(partition)
    const stream = place && (await scope.state.get(streams, { partition: streamsPartition, sort: place.stream }))?.fields
    if (!place || !stream || place.shard >= stream.shards || (known && known.shard.created !== stream.created)) this.#forget(name)
    if (!place || !stream || place.shard >= stream.shards) return undefined
    const read = await this.#options.parts.rules(scope, stream.name)
    // The same ones are made ready once.
    const rules = known?.rules.text === read.text ? known.rules : read
    const shard = this.#open.get(name)?.shard ?? (await Shard.open(scope, stream, place.shard, rules, this.#options))
    const open = { shard, stream, rules, used: now }
    this.#open.set(name, open)
    return open
  }

  #forget(name: string): void {
    this.#open.get(name)?.shard.close()
    this.#open.delete(name)
  }

  #sweep(clock: Clock): void {
    const now = clock.now()
    if (Math.abs(now - this.#swept) < idleFor / 10) return
    this.#swept = now
    for (const [name, { shard, used }] of this.#open)
      if (now - used > idleFor && shard.isKept && !this.#busy.has(name)) this.#forget(name)
  }
}
