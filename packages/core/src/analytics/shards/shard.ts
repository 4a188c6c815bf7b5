import type { Uses } from '../../scope/scope.ts'
import type { StreamFields, StreamSettings } from '../streams.ts'
import { Watermark } from '../windows/watermark.ts'
import { windowWrites } from '../windows/window-rows.ts'
import { type BatchMetrics, ProcessingTimes, publishBatchMetrics } from './batch-metrics.ts'
import { findingWrites, placeAt } from './findings.ts'
import { beats, firstPause, nextHeartbeat } from './heartbeat.ts'
import { type KeptState, partWrites, readParts, settingsOf, statePartition } from './kept-state.ts'
import { KeyPages } from './key-pages.ts'
import type { KeyParts } from './key-parts.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { keepQuarantined, type QuarantinedRecord, readQuarantine } from './quarantine.ts'
import { RecentIds } from './recent-ids.ts'
import type { ShardCounters } from './shard-head.ts'
import { tick } from './shard-jobs.ts'
import { ShardOutputs } from './shard-outputs.ts'
import { type Entry, ShardProcessor } from './shard-processor.ts'
import { ShardRecord } from './shard-record.ts'
import { tailWrites } from './tail.ts'

export interface ShardOptions {
  readonly parts: KeyParts
  readonly budget: MemoryBudget
  /** State is saved when it is so old, milliseconds, or so many records are in it. */
  readonly keepAfter: { readonly milliseconds: number; readonly records: number }
  /** Characters of a page of keys; see `key-pages.ts`. */
  readonly pageCharacters?: number
}

/** Saving much state takes long: it is let rest for so many times as long, however many records come. */
const keepingShare = 5

type Rules = Awaited<ReturnType<KeyParts['rules']>>

/**
 * One shard of a stream in this process's memory. Entries move its state; what comes of them is told in commits that move `told`, and
 * the state is saved now and then, which moves `kept`. After a crash entries come again from behind `kept`: they move the state as they
 * did, and nothing is told twice.
 *
 * When anything throws, the memory is ahead of what is committed: the shard must be closed, and opened anew.
 */
export class Shard {
  readonly #stream: StreamFields
  readonly #shard: number
  readonly #options: ShardOptions
  readonly #record: ShardRecord
  readonly #pages: KeyPages
  readonly #ids: RecentIds
  readonly #times = new ProcessingTimes()
  #settings: StreamSettings
  #watermark: Watermark
  #rules: Rules
  #processor: ShardProcessor
  #quarantine: readonly QuarantinedRecord[]
  /** All entries through it are in memory. */
  #position: string
  #group = new ShardOutputs()
  #unkept = 0
  #keptAt: number
  /** How long that took, milliseconds. */
  #keeping = 0
  #heartbeatAt = 0
  #scope: Uses<'state'>
  #begun: number

  static async open(
    scope: Uses<'state'>,
    stream: StreamFields,
    shard: number,
    rules: Rules,
    options: ShardOptions,
  ): Promise<Shard> {
    const begun: KeptState = { settings: settingsOf(stream), watermark: [null, 0], ids: 0, index: 0 }
    const record = await ShardRecord.open(scope, stream, shard, JSON.stringify(begun))
    const state = JSON.parse(await record.state()) as KeptState
    const ids = new RecentIds()
    const index = await readParts(scope, statePartition(stream, shard), state, ids)
    const quarantine = await readQuarantine(scope, stream.name, shard)
    const opened = new Shard(scope, stream, shard, { options, record, state, ids, quarantine, rules })
    opened.#pages.restore(index)
    return opened
  }

  private constructor(
    scope: Uses<'state'>,
    stream: StreamFields,
    shard: number,
    found: {
      readonly options: ShardOptions
      readonly record: ShardRecord
      readonly state: KeptState
      readonly ids: RecentIds
      readonly quarantine: readonly QuarantinedRecord[]
      readonly rules: Rules
    },
  ) {
    const { options, record, state } = found
    this.#scope = scope
    this.#stream = stream
    this.#shard = shard
    this.#options = options
    this.#record = record
    this.#ids = found.ids
    this.#quarantine = found.quarantine
    this.#rules = found.rules
    this.#position = record.fields.kept
    this.#keptAt = this.#begun = scope.clock.now()
    const { budget, pageCharacters } = options
    const partition = statePartition(stream, shard)
    this.#pages = new KeyPages({ partition, budget, ...(pageCharacters ? { pageCharacters } : {}) })
    this.#settings = state.settings
    this.#watermark = Watermark.unpack(state.watermark, state.settings.lateness)
    this.#processor = this.#newProcessor()
  }

  /** The sequence through which all is saved; '' for nothing. */
  get kept(): string {
    return this.#record.fields.kept
  }

  get created(): number {
    return this.#stream.created
  }

  /** Whether its memory can be let go of, and nothing has to come again. */
  get isKept(): boolean {
    return this.#position <= this.kept
  }

  /** @param keepNow all of it is saved when this resolves. */
  async take(
    scope: Uses<'state'>,
    entries: readonly Entry[],
    stream: StreamFields,
    rules: Rules,
    keepNow: boolean,
  ): Promise<void> {
    this.#scope = scope
    this.#begun = scope.clock.now()
    if (rules !== this.#rules) this.#setRules(rules)
    await this.#adopt(stream)
    for (const entry of entries) {
      // It came before; the one who delivers may have forgotten.
      if (entry.sequence <= this.#position) continue
      await this.#process(entry)
      if (this.#options.budget.isOver) await this.#relieve()
    }
    await this.#tell()
    await this.#adopt(stream)
    if (keepNow || entries.length === 0 || this.#isKeepDue) await this.#keep()
  }

  close(): void {
    this.#pages.close()
  }

  get #isKeepDue(): boolean {
    const { milliseconds, records } = this.#options.keepAfter
    const since = this.#scope.clock.now() - this.#keptAt
    return since >= keepingShare * this.#keeping && (since >= milliseconds || this.#unkept >= records)
  }

  async #process(entry: Entry): Promise<void> {
    const outputs = new ShardOutputs()
    if (entry.sequence <= this.#record.fields.told) {
      await this.#processor.process(entry, outputs, async () => void outputs.takeResults())
      this.#unkept += outputs.counts.records
      this.#position = entry.sequence
      return
    }
    let parts = 0
    await this.#processor.process(entry, outputs, async () => {
      // One entry's results alone are more than a commit takes: told in parts, at places that a repetition overwrites.
      if (parts === 0) await this.#tell()
      parts++
      await this.#tellPart(entry.sequence, parts, outputs)
    })
    this.#unkept += outputs.counts.records
    if (parts > 0 || !this.#group.fits(outputs)) await this.#tell()
    this.#group.add(outputs)
    this.#position = entry.sequence
    if (parts > 0) await this.#tell(parts + 1)
  }

  async #tellPart(sequence: string, part: number, outputs: ShardOutputs): Promise<void> {
    const writes = this.#windowWrites(placeAt(sequence, part), outputs.takeResults())
    await this.#record.commit(this.#scope, { writes, durability: 'relaxed' })
  }

  #windowWrites(place: string, results: ShardOutputs['results']): ReturnType<typeof windowWrites> {
    if (results.length === 0) return []
    const expires = this.#scope.clock.now() + this.#settings.retention
    return windowWrites({ stream: this.#stream.name, shard: this.#shard, place, expires }, results)
  }

  /** Commits what came of the entries since the last time, and that they are told. */
  async #tell(part = 0): Promise<void> {
    const told = this.#position
    const { fields: head } = this.#record
    if (told <= head.told) return
    const group = this.#group
    this.#group = new ShardOutputs()
    const { name } = this.#stream
    const { clock, caller } = this.#scope
    const now = clock.now()
    const processing = Math.max(0, now - this.#begun)
    const at = { told, at: now }
    const metrics = this.#metrics(group, now, processing)
    const writes = [
      ...findingWrites(name, this.#shard, group.findings, at),
      ...this.#windowWrites(placeAt(told, part), group.results),
      ...tailWrites(name, this.#shard, group, at),
    ]
    const quarantine = keepQuarantined(name, this.#shard, this.#quarantine, group.bad)
    if (group.bad.length > 0) writes.push(quarantine.write)
    const isDue = beats(group) && now >= this.#heartbeatAt
    const heartbeat = isDue ? nextHeartbeat(name, this.#shard, now + firstPause) : undefined
    if (heartbeat) writes.push(heartbeat.write)
    const emit = [...(group.isWorthTick ? [tick(name, this.#shard, told)] : []), ...(heartbeat ? [heartbeat.job] : [])]
    const fields = {
      ...sums(head, group.counts),
      told,
      newest: Math.max(head.newest, group.newest),
      accepted: group.accepted || head.accepted,
      watermark: group.watermark,
      metrics,
    }
    await this.#record.commit(this.#scope, { writes, emit, fields, durability: 'relaxed' })
    if (group.bad.length > 0) this.#quarantine = quarantine.records
    if (heartbeat) this.#heartbeatAt = now + firstPause
    this.#begun = clock.now()
    publishBatchMetrics(metrics, { tenant: caller.tenant, stream: name, shard: this.#shard }, processing)
  }

  #metrics({ counts, firstAccepted }: ShardOutputs, now: number, processing: number): BatchMetrics {
    this.#times.add(processing)
    const { records, bytes, anomalies, findings } = counts
    const lag = firstAccepted === 0 ? 0 : Math.max(0, now - firstAccepted)
    return { records, bytes, anomalies, findings, lag, processing: this.#times.quantiles() }
  }

  /** Saves the state. @param settings in force from here on. */
  async #keep(settings: StreamSettings = this.#settings): Promise<void> {
    const { clock } = this.#scope
    this.#keptAt = clock.now()
    if (this.isKept && settings === this.#settings) return
    const write = (writes: Parameters<Parameters<KeyPages['save']>[2]>[0]): Promise<void> =>
      this.#record.commit(this.#scope, { writes, durability: 'relaxed' })
    await this.#pages.save(this.#position, this.#processor.oldest, write)
    const { writes, index } = partWrites(statePartition(this.#stream, this.#shard), this.#pages.index(), this.#ids)
    const state: KeptState = { settings, watermark: this.#watermark.pack(), ids: this.#ids.next, index }
    // On stable storage: the log may let go of what lies before.
    await this.#record.commit(this.#scope, { writes, fields: { kept: this.#position }, state: JSON.stringify(state) })
    this.#ids.saved()
    this.#unkept = 0
    await this.#pages.sweep(write)
    this.#keeping = Math.max(0, clock.now() - this.#keptAt)
    this.#keptAt = clock.now()
  }

  /** Memory is short: pages that are saved go, and if that isn't enough, ours are saved. */
  async #relieve(): Promise<void> {
    const { budget } = this.#options
    budget.relieve()
    if (!budget.isOver || this.isKept) return
    await this.#tell()
    await this.#keep()
    budget.relieve()
  }

  /**
   * Takes on new settings where the state is saved: so a replay, too, has the old ones before and the new ones behind. While it catches up
   * with what was told the old ones hold.
   */
  async #adopt(stream: StreamFields): Promise<void> {
    const settings = settingsOf(stream)
    if (this.#position < this.#record.fields.told || JSON.stringify(settings) === JSON.stringify(this.#settings)) return
    await this.#keep(settings)
    this.#pages.unload()
    this.#settings = settings
    this.#watermark = Watermark.unpack(this.#watermark.pack(), settings.lateness)
    this.#processor = this.#newProcessor()
  }

  #setRules(rules: Rules): void {
    this.#rules = rules
    this.#processor = this.#newProcessor()
  }

  #newProcessor(): ShardProcessor {
    const { parts } = this.#options
    const declared = new Map(Object.entries(this.#settings.fields))
    const context = { parts, settings: this.#settings, declared, rules: this.#rules }
    const [watermark, ids, pages] = [this.#watermark, this.#ids, this.#pages]
    return new ShardProcessor({ context, watermark, ids, pages }, (page) => pages.load(this.#scope, page))
  }
}

function sums(head: ShardCounters, counts: ShardCounters): ShardCounters {
  const sum = { ...counts }
  for (const name of Object.keys(counts) as (keyof ShardCounters)[]) Object.assign(sum, { [name]: head[name] + counts[name] })
  return sum
}
