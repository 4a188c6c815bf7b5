import type { JsonObject } from '../../json.ts'
import { remember } from './remember.ts'

const recentIds = 4_096
const rememberedWriters = 50_000

interface Writer {
  counted: number
  /** So many there must be, by what the writer's own entries say. */
  claimed: number
}

/**
 * Looks at entries as they go by, for what no single one shows: whether one is there twice, and whether one is missing. Memory
 * is bounded, but for the ids of entries that came very late.
 */
export class EntryLedger {
  /** The last ids, and the highest of those that went before them: above that, an id can't have been there. */
  readonly #recent = new Set<string>()
  #floor = ''
  readonly #late = new Set<string>()
  readonly #writers = new Map<string, Writer>()
  #forgotten = false

  /** Ids that may have been there before; only another look at all of them can tell. */
  get late(): ReadonlySet<string> {
    return this.#late
  }

  /** @returns false when the entry was certainly there before. */
  see(id: string): boolean {
    if (this.#recent.has(id)) return false
    if (id <= this.#floor) {
      this.#late.add(id)
      return true
    }
    this.#recent.add(id)
    const oldest = this.#recent.keys().next()
    if (this.#recent.size > recentIds && !oldest.done) {
      this.#recent.delete(oldest.value)
      if (oldest.value > this.#floor) this.#floor = oldest.value
    }
    return true
  }

  /** An entry says how many its writer had surely written before it. */
  claim(entry: JsonObject): void {
    const { writer, written } = entry
    if (typeof writer !== 'string' || typeof written !== 'number') return
    const known = this.#writer(writer, written)
    known.claimed = Math.max(known.claimed, written + 1)
  }

  count(entry: JsonObject): void {
    const { writer, written } = entry
    if (typeof writer !== 'string' || typeof written !== 'number') return
    this.#writer(writer, written).counted++
  }

  /** How many entries are missing, at least. */
  get missing(): number {
    let missing = 0
    for (const { counted, claimed } of this.#writers.values()) missing += Math.max(0, claimed - counted)
    return missing
  }

  #writer(name: string, written: number): Writer {
    // Of a writer that may have been forgotten, what it wrote before is taken to have been there.
    const known = this.#writers.get(name)
    const writer = known ?? { counted: this.#forgotten ? written : 0, claimed: 0 }
    if (!known && this.#writers.size === rememberedWriters) this.#forgotten = true
    remember(this.#writers, name, writer, rememberedWriters)
    return writer
  }
}
