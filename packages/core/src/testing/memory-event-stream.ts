import { type Log, silentLog } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import {
  type AppendResult,
  checkEntries,
  type EventStream,
  type NewEntry,
  type StoredEntry,
  type StreamConsumption,
  type StreamHandler,
} from '../ports/event-stream.ts'
import { PartitionTurns } from '../worker/partition-turns.ts'

const entriesAtATime = 200

interface MemoryLog {
  readonly tenant: string
  readonly partition: string
  entries: StoredEntry[]
  kept: string | undefined
}

/** What outlives an adapter: another one over the same goes on where it ended. */
export interface MemoryLogs {
  readonly logs: Map<string, MemoryLog>
  last: number
}

/** An event stream in memory, polite: it repeats a delivery only when it has to. */
export class MemoryEventStream implements EventStream {
  readonly data: MemoryLogs
  readonly #clock: Clock
  readonly #log: Log
  #turns: PartitionTurns | undefined

  constructor(options: { readonly clock: Clock; readonly log?: Log; readonly data?: MemoryLogs }) {
    this.#clock = options.clock
    this.#log = options.log ?? silentLog
    this.data = options.data ?? { logs: new Map(), last: 0 }
  }

  async append(tenant: string, entries: readonly NewEntry[]): Promise<readonly AppendResult[]> {
    checkEntries(entries)
    return entries.map(({ partition, data }) => {
      const sequence = String(++this.data.last).padStart(16, '0')
      const log = this.#logOf(tenant, partition)
      log.entries.push({ sequence, at: this.#clock.now(), data: data.slice() })
      this.#turns?.wake(tenant, partition, log.kept)
      return { sequence }
    })
  }

  consume(handle: StreamHandler): StreamConsumption {
    const turns = new PartitionTurns({
      clock: this.#clock,
      log: this.#log,
      handle: (delivery) => handle(structuredClone(delivery)),
      source: {
        read: (tenant, partition, after = '') => {
          const { entries } = this.#logOf(tenant, partition)
          const from = entries.findLastIndex(({ sequence }) => sequence <= after) + 1
          return entries.slice(from, from + entriesAtATime)
        },
        taken: () => {},
        keep: async (tenant, partition, sequence) => {
          this.#logOf(tenant, partition).kept = sequence
        },
      },
    })
    this.#turns = turns
    for (const { tenant, partition, kept } of this.data.logs.values()) turns.wake(tenant, partition, kept)
    return {
      drain: async () => {
        if (this.#turns === turns) this.#turns = undefined
        await turns.drain()
      },
    }
  }

  async remove(tenant: string, partition?: string): Promise<void> {
    this.#turns?.forget(tenant, partition)
    for (const [name, log] of this.data.logs)
      if (log.tenant === tenant && (partition ?? log.partition) === log.partition) this.data.logs.delete(name)
  }

  async trim(before: number): Promise<number> {
    let trimmed = 0
    for (const log of this.data.logs.values()) {
      const left = log.entries.filter(({ sequence, at }) => at >= before || sequence > (log.kept ?? ''))
      trimmed += log.entries.length - left.length
      log.entries = left
    }
    return trimmed
  }

  #logOf(tenant: string, partition: string): MemoryLog {
    const name = JSON.stringify([tenant, partition])
    const log = this.data.logs.get(name) ?? { tenant, partition, entries: [], kept: undefined }
    this.data.logs.set(name, log)
    return log
  }
}
