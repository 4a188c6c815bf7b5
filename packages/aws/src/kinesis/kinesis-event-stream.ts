import type { KinesisClient } from '@aws-sdk/client-kinesis'
import {
  type AppendResult,
  type Clock,
  checkEntries,
  type EventStream,
  type Log,
  type NewEntry,
  type State,
  type StreamConsumption,
  type StreamHandler,
  silentLog,
} from '@plinth/core'
import { KinesisConsumption } from './kinesis-consumption.ts'
import type { KinesisParts } from './kinesis-parts.ts'
import { PartitionKeys } from './partition-keys.ts'
import { PartitionLine } from './partition-line.ts'
import { ShardPositions } from './shard-positions.ts'

/** So many partitions are remembered with the sequence of their last record. */
const remembered = 10_000

export interface KinesisEventStreamOptions {
  /** Made to try each call once: a record whose answer was lost, sent again, would be kept twice. */
  readonly client: KinesisClient
  /** The name of the stream of Kinesis, which has to be there. */
  readonly stream: string
  /** The system's own records: how far shards were read, and the key by which partitions are spread. Asked for when they are needed. */
  readonly system: () => State
  readonly clock: Clock
  readonly log?: Log
}

/**
 * EventStream on one stream of Kinesis for all tenants: a shard costs money while it stands idle, so none has one of its own. A
 * partition lies in whatever shard Kinesis gives its key; a record holds entries of one partition, and is kept as a whole or not at all.
 *
 * The stream itself ends what it retains: nothing is removed by hand, and what a tenant left can't be opened once its key is gone.
 */
export class KinesisEventStream implements EventStream {
  readonly #parts: KinesisParts
  readonly #keys: PartitionKeys
  readonly #positions: ShardPositions
  readonly #lines = new Map<string, PartitionLine>()

  constructor({ system, ...parts }: KinesisEventStreamOptions) {
    this.#parts = { log: silentLog, ...parts }
    this.#keys = new PartitionKeys(system)
    this.#positions = new ShardPositions(system, parts.stream)
  }

  async append(tenant: string, entries: readonly NewEntry[]): Promise<readonly AppendResult[]> {
    checkEntries(entries)
    const results = new Array<AppendResult>(entries.length)
    const partitions = Map.groupBy(entries.keys(), (index) => entries[index]?.partition ?? '')
    const appends = [...partitions].map(async ([partition, indexes]) => {
      const data = indexes.flatMap((index) => entries[index]?.data ?? [])
      const appended = await this.#line(tenant, partition).append(data)
      for (const [place, result] of appended.entries()) results[indexes[place] ?? 0] = result
    })
    await Promise.all(appends)
    return results
  }

  consume(handle: StreamHandler): StreamConsumption {
    return new KinesisConsumption(this.#parts, this.#positions, handle)
  }

  /** Nothing: see above. */
  async remove(): Promise<void> {}

  /** Nothing: the stream's own retention does it. */
  async trim(): Promise<number> {
    return 0
  }

  #line(tenant: string, partition: string): PartitionLine {
    const name = `${tenant}\n${partition}`
    const line =
      this.#lines.get(name) ??
      new PartitionLine(this.#parts, { tenant, partition, keyOf: () => this.#keys.of(tenant, partition) })
    // The one that was used longest ago stands first.
    this.#lines.delete(name)
    this.#lines.set(name, line)
    if (this.#lines.size > remembered) this.#forget()
    return line
  }

  #forget(): void {
    for (const [name, line] of this.#lines) {
      if (!line.idle) continue
      this.#lines.delete(name)
      return
    }
  }
}
