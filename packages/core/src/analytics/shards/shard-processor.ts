import { isBad, unpackEntry } from '../entry.ts'
import type { StreamRecord } from '../record.ts'
import type { Watermark } from '../windows/watermark.ts'
import type { KeyPage } from './key-page.ts'
import type { KeyPages } from './key-pages.ts'
import type { KeyContext } from './key-state.ts'
import { quarantined } from './quarantine.ts'
import type { RecentIds } from './recent-ids.ts'
import { resultsWeight, type ShardOutputs } from './shard-outputs.ts'

export interface Entry {
  readonly sequence: string
  readonly at: number
  readonly data: Uint8Array
}

/** Keys are kept for a day after their last record, at least. */
const shortestMemory = 24 * 60 * 60_000

interface ShardParts {
  readonly context: KeyContext
  readonly watermark: Watermark
  readonly ids: RecentIds
  readonly pages: KeyPages
}

/**
 * Moves a shard's state on, entry by entry. What comes of an entry depends on the state and the entry only: not on the clock, not on what
 * is in memory, and not on how entries come together. So a replay comes to the same.
 */
export class ShardProcessor {
  readonly #parts: ShardParts
  readonly #load: (page: KeyPage) => Promise<void>

  constructor(parts: ShardParts, load: (page: KeyPage) => Promise<void>) {
    this.#parts = parts
    this.#load = load
  }

  /** Keys whose last record is older have been forgotten, event time. */
  get oldest(): number {
    const { watermark, context } = this.#parts
    return watermark.value - Math.max(context.settings.retention, shortestMemory)
  }

  /**
   * @param overflow is called when there are more window results than one commit takes: it takes them out.
   */
  async process(entry: Entry, outputs: ShardOutputs, overflow: () => Promise<void>): Promise<void> {
    const { watermark, pages, ids } = this.#parts
    const records = unpackEntry(entry.data)
    const { oldest } = this
    outputs.counts.bytes += entry.data.byteLength
    // Nothing but time has passed.
    if (records.length === 0) watermark.heartbeat(entry.at)
    else outputs.accepted = entry.at
    for (let index = 0; index < records.length; index++) {
      const record = records[index] as (typeof records)[number]
      if (isBad(record)) {
        outputs.counts.quarantined++
        outputs.bad.push(quarantined(entry, index, record))
        continue
      }
      if (record.id !== undefined && !ids.add(record.key, record.id)) {
        outputs.counts.duplicates++
        continue
      }
      watermark.observe(record.timestamp, entry.at)
      const page = pages.pageOf(record.key)
      while (!page.isLoaded) await this.#load(page)
      // Saved with this entry in it, and all that came of it is told.
      if (page.through >= entry.sequence) continue
      if (record.timestamp > outputs.newest) outputs.newest = record.timestamp
      this.#take(record, page, { entry, index, oldest, outputs })
    }
    pages.settle()
    if (pages.isDue(watermark.value)) await this.#advance(outputs, overflow)
    outputs.watermark = Number.isFinite(watermark.value) ? watermark.value : 0
    outputs.finishEntry()
  }

  #take(
    record: StreamRecord,
    page: KeyPage,
    { entry, index, oldest, outputs }: { entry: Entry; index: number; oldest: number; outputs: ShardOutputs },
  ): void {
    const { watermark, pages, context } = this.#parts
    try {
      const state = pages.touch(page, record.key, context, oldest)
      if (!state.take(record, entry.at, watermark.value, context, outputs)) outputs.counts.late++
      outputs.counts.records++
    } catch {
      // Whatever is wrong with it: the records behind it are well.
      outputs.counts.quarantined++
      outputs.bad.push(quarantined(entry, index, { fault: 'processing_failed', text: JSON.stringify(record) }))
    }
  }

  async #advance(outputs: ShardOutputs, overflow: () => Promise<void>): Promise<void> {
    const { watermark, pages, context } = this.#parts
    for (const page of pages.duePages(watermark.value)) {
      // One that was saved with this entry in it has nothing to do before a later watermark.
      while (!page.isLoaded) await this.#load(page)
      for (const state of page.takeDue(watermark.value, context)) {
        state.advance(watermark.value, context, outputs)
        if (outputs.resultWeight > resultsWeight) await overflow()
      }
    }
    pages.settle()
  }
}
