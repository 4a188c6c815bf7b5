import type { StatementSync } from 'node:sqlite'
import {
  type AppendResult,
  type Clock,
  checkEntries,
  type EventStream,
  type Log,
  type NewEntry,
  PartitionTurns,
  type StoredEntry,
  type StreamConsumption,
  type StreamHandler,
  silentLog,
} from '@plinth/core'
import type { Field } from './database/operation.ts'
import type { DatabaseSource } from './database/source.ts'
import { Backlog, costOf } from './stream/backlog.ts'
import { batchLimits, LogTail } from './stream/log-tail.ts'

/** Entries may be large: so many are removed in one transaction, which others wait for. */
const removedAtATime = 50
/** Seconds until there is room again, for whoever was refused. */
const retryAfter = 1

/**
 * EventStream on SQLite. Entries are rows of one table, in the same group commit as everything else; what this process appended is
 * delivered from its memory. What waits for the handler is bounded ({@link Backlog}).
 */
export class SqliteEventStream implements EventStream {
  readonly #database: DatabaseSource
  readonly #clock: Clock
  readonly #log: Log
  readonly #read: StatementSync
  readonly #kept: StatementSync
  readonly #backlog = new Backlog()
  /** By tenant and partition. */
  readonly #tails = new Map<string, Map<string, LogTail>>()
  #turns: PartitionTurns | undefined

  constructor(options: { readonly database: DatabaseSource; readonly clock: Clock; readonly log?: Log }) {
    this.#database = options.database
    this.#clock = options.clock
    this.#log = options.log ?? silentLog
    const { reader } = options.database
    this.#read = reader.prepare(
      `SELECT position, at, data FROM entry WHERE log = (SELECT id FROM log WHERE tenant = ? AND partition = ?) AND position > ?
       ORDER BY position LIMIT ${batchLimits.entries}`,
    )
    this.#kept = reader.prepare('SELECT kept FROM log WHERE tenant = ? AND partition = ?')
    const waiting = reader.prepare(
      `SELECT tenant, partition, kept, SUM(length(data)) AS bytes, COUNT(*) AS entries FROM log CROSS JOIN entry
       ON entry.log = log.id AND entry.position > log.kept GROUP BY log.id`,
    )
    for (const { tenant, partition, kept, bytes, entries } of waiting.all()) {
      const tail = new LogTail(keptOf(kept), false)
      tail.waiting = Number(bytes) + Number(entries) * costOf(new Uint8Array())
      this.#backlog.add(String(tenant), tail.waiting)
      this.#tailsOf(String(tenant)).set(String(partition), tail)
    }
  }

  async append(tenant: string, entries: readonly NewEntry[]): Promise<readonly AppendResult[]> {
    checkEntries(entries)
    const full = new Set<string>()
    const fits = entries.map(({ partition, data }) => {
      const room = !full.has(partition) && this.#backlog.take(tenant, costOf(data))
      if (!room) full.add(partition)
      return room
    })
    let position = await this.#write(
      tenant,
      entries.filter((_, index) => fits[index]),
    )
    return fits.map((fit) => (fit ? { sequence: sequenceOf(position++) } : { refused: { code: 'throttled', retryAfter } }))
  }

  consume(handle: StreamHandler): StreamConsumption {
    const turns = new PartitionTurns({
      clock: this.#clock,
      log: this.#log,
      handle,
      source: {
        read: (tenant, partition, after) =>
          this.#tail(tenant, partition).take(after, (from) => this.#readFile(tenant, partition, from)),
        taken: (tenant, partition, entries) => this.#backlog.give(tenant, this.#tail(tenant, partition).settle(entries)),
        keep: async (tenant, partition, sequence) => {
          this.#tail(tenant, partition).kept = sequence
          await this.#database.submit({ kind: 'keepLog', tenant, partition, position: Number(sequence) }, false)
        },
      },
    })
    this.#turns = turns
    for (const [tenant, tails] of this.#tails) for (const [partition, { kept }] of tails) turns.wake(tenant, partition, kept)
    return {
      drain: async () => {
        if (this.#turns === turns) this.#turns = undefined
        await turns.drain()
      },
    }
  }

  async remove(tenant: string, partition?: string): Promise<void> {
    this.#turns?.forget(tenant, partition)
    const tails = this.#tailsOf(tenant)
    for (const [name, { waiting }] of tails) {
      if (name !== (partition ?? name)) continue
      this.#backlog.give(tenant, waiting)
      tails.delete(name)
    }
    if (tails.size === 0) this.#tails.delete(tenant)
    const operation = { kind: 'removeLogs', tenant, partition: partition ?? null, limit: removedAtATime } as const
    while (Number(await this.#database.submit(operation, true)) > 0);
  }

  async trim(before: number): Promise<number> {
    return Number(await this.#database.submit({ kind: 'trimEntries', before, limit: removedAtATime }, false))
  }

  /** Ends the timers. */
  close(): void {
    this.#turns?.stop()
  }

  /** @returns the position of the first. */
  async #write(tenant: string, entries: readonly NewEntry[]): Promise<number> {
    if (entries.length === 0) return 0
    const at = this.#clock.now()
    const fields: Field[] = []
    for (const { partition, data } of entries) fields.push(partition, at, data)
    let first: number
    try {
      first = Number(await this.#database.submit({ kind: 'append', tenant, entries: fields }, true))
    } catch (error) {
      for (const { data } of entries) this.#backlog.give(tenant, costOf(data))
      throw error
    }
    const woken = new Map<string, LogTail>()
    for (const [index, { partition, data }] of entries.entries()) {
      const tail = this.#tail(tenant, partition)
      tail.arrive({ sequence: sequenceOf(first + index), at, data })
      woken.set(partition, tail)
    }
    for (const [partition, { kept }] of woken) this.#turns?.wake(tenant, partition, kept)
    return first
  }

  #tailsOf(tenant: string): Map<string, LogTail> {
    const tails = this.#tails.get(tenant) ?? new Map<string, LogTail>()
    this.#tails.set(tenant, tails)
    return tails
  }

  #tail(tenant: string, partition: string): LogTail {
    const tails = this.#tailsOf(tenant)
    // Whatever waited at the start has its tail since then: here nothing lies behind what is kept.
    const tail = tails.get(partition) ?? new LogTail(keptOf(this.#kept.get(tenant, partition)?.kept), true)
    tails.set(partition, tail)
    return tail
  }

  #readFile(tenant: string, partition: string, after: string | undefined): readonly StoredEntry[] {
    const entries: StoredEntry[] = []
    let bytes = 0
    for (const { position, at, data } of this.#read.iterate(tenant, partition, Number(after ?? 0))) {
      entries.push({ sequence: sequenceOf(Number(position)), at: Number(at), data: data as Uint8Array })
      bytes += (data as Uint8Array).byteLength
      if (bytes >= batchLimits.bytes) break
    }
    return entries
  }
}

/** In the order of their digits. */
function sequenceOf(position: number): string {
  return String(position).padStart(16, '0')
}

/** @param position that of a log; 0 when nothing of it is kept. */
function keptOf(position: unknown): string | undefined {
  return Number(position ?? 0) === 0 ? undefined : sequenceOf(Number(position))
}
