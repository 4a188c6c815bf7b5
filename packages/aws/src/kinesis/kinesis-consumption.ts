import { ListShardsCommand, type ListShardsCommandInput, type ListShardsCommandOutput, type Shard } from '@aws-sdk/client-kinesis'
import { PartitionTurns, type StreamConsumption, type StreamHandler, sleep } from '@plinth/core'
import { faultName } from '../aws-fault.ts'
import { HeldRecords } from './held-records.ts'
import type { KinesisParts } from './kinesis-parts.ts'
import type { ShardPosition, ShardPositions } from './shard-positions.ts'
import { ShardReader } from './shard-reader.ts'

/** Shards come seldom; one that ends has them listed at once. */
const lookEvery = 10_000

/**
 * Reads all shards of the stream, for a process that nobody calls: those of a parent to their end before its children's, so that each
 * partition's entries stay in order over splits and merges. Several processes may do it at once: each reads everything, which costs
 * reads, and effects are guarded where they are kept.
 */
export class KinesisConsumption implements StreamConsumption {
  readonly #parts: KinesisParts
  readonly #positions: ShardPositions
  readonly #held = new HeldRecords()
  readonly #turns: PartitionTurns
  readonly #readers = new Map<string, ShardReader>()
  readonly #tasks = new Set<Promise<unknown>>()
  readonly #stopping = new AbortController()
  readonly #watching: Promise<void>
  #look = new AbortController()

  constructor(parts: KinesisParts, positions: ShardPositions, handle: StreamHandler) {
    this.#parts = parts
    this.#positions = positions
    const { clock, log } = parts
    this.#turns = new PartitionTurns({ clock, log, source: this.#held, handle })
    this.#watching = this.#watch()
  }

  async drain(): Promise<void> {
    this.#stopping.abort()
    await this.#watching
    await Promise.all(this.#tasks)
    await this.#turns.drain()
    for (const reader of this.#readers.values())
      await reader.save().catch((error: unknown) => this.#warn(error, 'How far a shard is kept could not be written down.'))
  }

  async #watch(): Promise<void> {
    const { clock } = this.#parts
    const { signal } = this.#stopping
    while (!signal.aborted) {
      this.#look = new AbortController()
      try {
        await this.#begin()
      } catch (error) {
        this.#warn(error, "The stream's shards could not be listed; they are soon.")
      }
      await sleep(clock, lookEvery, AbortSignal.any([signal, this.#look.signal])).catch(() => {})
    }
  }

  /** Begins to read shards whose turn it is. */
  async #begin(): Promise<void> {
    const shards = await this.#list()
    const positions = await this.#positions.all()
    const known = new Set(shards.map(({ ShardId }) => ShardId))
    for (const shard of shards) {
      const { ShardId: id = '' } = shard
      const isOver = (parent: string | undefined): boolean =>
        parent === undefined || !known.has(parent) || positions.get(parent)?.ended === true
      const isFree = isOver(shard.ParentShardId) && isOver(shard.AdjacentParentShardId)
      if (isFree && !this.#readers.has(id) && !positions.get(id)?.ended) this.#read(id, positions.get(id))
    }
    await this.#positions.forget([...positions.keys()].filter((id) => !known.has(id) && !this.#readers.has(id)))
  }

  #read(id: string, position: ShardPosition | undefined): void {
    if (this.#stopping.signal.aborted) return
    const wake = (tenant: string, partition: string): void => this.#turns.wake(tenant, partition, undefined)
    const { signal } = this.#stopping
    const parts = { ...this.#parts, positions: this.#positions, held: this.#held, wake, signal }
    const reader = new ShardReader(parts, id, position)
    this.#readers.set(id, reader)
    const task = reader.run().then((isOver) => {
      this.#tasks.delete(task)
      if (!isOver) return
      this.#readers.delete(id)
      this.#look.abort()
    })
    this.#tasks.add(task)
  }

  async #list(): Promise<readonly Shard[]> {
    const { client, stream } = this.#parts
    const found: Shard[] = []
    let from: ListShardsCommandInput | undefined = { StreamName: stream }
    while (from) {
      const { Shards = [], NextToken }: ListShardsCommandOutput = await client.send(new ListShardsCommand(from))
      found.push(...Shards)
      from = NextToken === undefined ? undefined : { NextToken }
    }
    return found
  }

  #warn(error: unknown, message: string): void {
    this.#parts.log.warn({ stream: this.#parts.stream, fault: faultName(error) }, message)
  }
}
