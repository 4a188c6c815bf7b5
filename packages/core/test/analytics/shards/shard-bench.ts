import { recordRulesFor } from '../../../src/analytics/alerts/record-rules.ts'
import { packEntry } from '../../../src/analytics/entry.ts'
import type { StreamRecord } from '../../../src/analytics/record.ts'
import { readFindings } from '../../../src/analytics/shards/findings.ts'
import type { KeyParts } from '../../../src/analytics/shards/key-parts.ts'
import { readQuarantine } from '../../../src/analytics/shards/quarantine.ts'
import { readHeads, type ShardHeadFields } from '../../../src/analytics/shards/shard-head.ts'
import type { Entry } from '../../../src/analytics/shards/shard-processor.ts'
import { ShardWork, type ShardWorkOptions } from '../../../src/analytics/shards/shard-work.ts'
import { type StreamFields, streams, streamsPartition } from '../../../src/analytics/streams.ts'
import { KeyWindows } from '../../../src/analytics/windows/key-windows.ts'
import { readWindowRows } from '../../../src/analytics/windows/window-rows.ts'
import type { Change, Scope, StateStore } from '../../../src/index.ts'
import { DataKeys } from '../../../src/scope/data-keys.ts'
import { Sealing } from '../../../src/scope/sealing.ts'
import { insert, State } from '../../../src/scope/state.ts'
import { FakeClock, type MemoryPlatform, memoryPlatform, scriptedModels } from '../../../src/testing/index.ts'

export const streamName = 'machine'
export const start = Date.UTC(2026, 0, 1)

/** The detectors of tests: simple, and whatever they say depends on all that they were told. */
export const testParts: KeyParts = {
  threshold: 0.5,
  number: (packed) => {
    let [mean, seen, last] = (packed ?? [0, 0, 0]) as [number, number, number]
    return {
      next: (value, time) => {
        const score = seen === 0 ? 0 : Math.min(1, Math.abs(value - mean) / 100)
        mean += (value - mean) / 4
        seen++
        last = Math.max(last, time)
        return score
      },
      explain: () => ({ reason: `far from ${mean}`, expected: [mean - 50, mean + 50] }),
      expected: () => (seen > 1 ? [mean - 50, mean + 50] : undefined),
      silentAfter: () => (seen > 2 ? last + 45_000 : undefined),
      silence: () => 0.75,
      explainSilence: (time) => ({ reason: `nothing for ${time - last} after ${seen}` }),
      pack: () => [mean, seen, last],
    }
  },
  category: (packed) => {
    const counts = new Map(packed as [string, number][] | undefined)
    return {
      next: (value) => {
        const score = counts.size > 0 && !counts.has(value) ? 0.6 : 0
        counts.set(value, (counts.get(value) ?? 0) + 1)
        return score
      },
      explain: () => ({ reason: `one of ${counts.size}` }),
      pack: () => [...counts],
    }
  },
  suppression: (packed) => {
    let told = (packed as number | undefined) ?? Number.NEGATIVE_INFINITY
    return {
      admits: (_, time) => {
        if (time - told < 20_000) return false
        told = time
        return true
      },
      pack: () => told,
    }
  },
  windows: (definitions, packed) => (packed === undefined ? new KeyWindows(definitions) : KeyWindows.unpack(packed, definitions)),
  rules: recordRulesFor,
}

/** What can go wrong with a commit. */
export type Fault = 'before' | 'after' | 'conflict' | 'lost' | undefined

export interface BenchOptions {
  readonly hostile?: boolean
  /** As a store has it whose rows are paid by the byte. */
  readonly rewrittenBytes?: number
}

/** One tenant with one stream of one shard, and processes that work on it. */
export class ShardBench {
  readonly memory: MemoryPlatform
  readonly clock: FakeClock
  readonly scope: Scope
  readonly stream: StreamFields
  readonly log: Entry[] = []
  /** Asked before each commit of shards. */
  fault: () => Fault = () => undefined
  commits = 0
  readonly #rewrittenBytes: number | undefined

  private constructor(stream: StreamFields, { hostile, rewrittenBytes }: BenchOptions) {
    this.#rewrittenBytes = rewrittenBytes
    this.clock = new FakeClock({ now: start })
    this.memory = memoryPlatform({
      models: scriptedModels(() => ''),
      clock: this.clock,
      ...(hostile ? { hostile: { conflict: 0.1, ambiguousCommit: 0.1 } } : {}),
    })
    this.stream = stream
    const sealing = new Sealing({ ...this.memory.adapters, keys: new DataKeys(this.memory.adapters) })
    const state = new State({ tenant: 'alpha', correlationId: 'c', store: this.#store(), sealing, clock: this.clock })
    this.scope = { state, clock: this.clock, caller: { tenant: 'alpha' } } as unknown as Scope
  }

  static async open(settings: Partial<StreamFields> = {}, options: BenchOptions = {}): Promise<ShardBench> {
    const stream: StreamFields = {
      name: streamName,
      shards: 1,
      fields: {},
      windows: [
        { name: '10s', kind: 'tumbling', size: 10_000 },
        { name: 'visit', kind: 'session', gap: 7_000 },
      ],
      lateness: 5_000,
      retention: 7 * 86_400_000,
      created: 1,
      updated: 1,
      ...settings,
    }
    const bench = new ShardBench(stream, options)
    const write = insert(streams, { partition: streamsPartition, sort: streamName }, stream)
    for (;;) {
      try {
        await bench.scope.state.commit({ writes: [write] })
        return bench
      } catch {
        if (await bench.scope.state.get(streams, { partition: streamsPartition, sort: streamName })) return bench
      }
    }
  }

  #store(): StateStore {
    const inner = this.memory.adapters.state
    const commit = async (change: Change, durability?: 'synced' | 'relaxed'): Promise<void> => {
      this.commits++
      const fault = this.fault()
      if (fault === 'before') throw new Error('The process died.')
      if (fault === 'conflict') this.memory.hostile.conflictNext()
      if (fault === 'lost') this.memory.hostile.ambiguousNext()
      await inner.commit(change, durability)
      if (fault === 'after') throw new Error('The process died.')
    }
    return {
      ...(this.#rewrittenBytes === undefined ? {} : { rewrittenBytes: this.#rewrittenBytes }),
      commit,
      get: (...parts) => inner.get(...parts),
      read: (...parts) => inner.read(...parts),
      list: (...parts) => inner.list(...parts),
      events: (...parts) => inner.events(...parts),
      add: (...parts) => inner.add(...parts),
    }
  }

  /** Puts entries into the log, one second apart at least, and none accepted before the time of its records. */
  append(...entries: readonly (readonly StreamRecord[] | Uint8Array)[]): void {
    for (const entry of entries) {
      const sequence = String(this.log.length + 1).padStart(6, '0')
      const records = entry instanceof Uint8Array ? [] : entry
      const soonest = Math.max((this.log.at(-1)?.at ?? start - 1_000) + 1_000, start + this.log.length * 1_000)
      const at = Math.max(soonest, ...records.map(({ timestamp }) => timestamp))
      this.log.push({ sequence, at, data: entry instanceof Uint8Array ? entry : packEntry(entry) })
    }
  }

  work(options: Partial<ShardWorkOptions> = {}): ShardWork {
    return new ShardWork({ parts: testParts, ...options })
  }

  take(work: ShardWork, from: number, to: number, keepNow = false): Promise<{ readonly kept: string | undefined }> {
    return work.take(this.scope, { partition: `${streamName}/0`, entries: this.log.slice(from, to), keepNow })
  }

  /** All of the log by one process, in one go. */
  async run(options: Partial<ShardWorkOptions> = {}): Promise<void> {
    await this.take(this.work(options), 0, this.log.length, true)
  }

  async head(): Promise<ShardHeadFields> {
    const [head] = await readHeads(this.scope, this.stream)
    if (!head) throw new Error('There is no head.')
    return head
  }

  /** All that was told, without what depends on how it came together. */
  async told() {
    const findings: unknown[] = []
    for await (const row of readFindings(this.scope, streamName, 0, '')) findings.push(...row.findings)
    const results: unknown[] = []
    for await (const row of readWindowRows(this.scope, streamName, 0)) results.push(...row.results)
    const { metrics: _, writer: __, kept: ___, ...figures } = await this.head()
    return {
      findings: sorted(findings),
      results: sorted(results),
      figures,
      quarantine: await readQuarantine(this.scope, streamName, 0),
    }
  }
}

function sorted(values: readonly unknown[]): readonly string[] {
  return values.map((value) => JSON.stringify(value)).sort()
}

export function record(key: string, seconds: number, data: StreamRecord['data'], id?: string): StreamRecord {
  const common = { key, timestamp: start + seconds * 1_000, data }
  return id === undefined ? common : { ...common, id }
}
