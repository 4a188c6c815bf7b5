import type { StoredEntry } from '@plinth/core'
import { costOf } from './backlog.ts'

/** What one delivery is at most; a single entry may be as large as it likes. */
export const batchLimits = { entries: 200, bytes: 1_000_000 } as const

/** Fewer than a batch only at the end. */
export type ReadEntries = (after: string | undefined) => readonly StoredEntry[]

/** The end of one log, as this process knows it: what it appended itself needn't be read from the file again. */
export class LogTail {
  kept: string | undefined
  /** What its entries that weren't taken yet cost. */
  waiting = 0
  #taken: string | undefined
  /** Behind this place the entries are in `#fresh`, all of them if it is complete. */
  #read: string | undefined
  #fresh: StoredEntry[] = []
  #complete: boolean

  /** @param complete whether nothing lies behind what is kept. */
  constructor(kept: string | undefined, complete: boolean) {
    this.kept = this.#taken = this.#read = kept
    this.#complete = complete
  }

  /** An entry was appended by this process. */
  arrive(entry: StoredEntry): void {
    this.waiting += costOf(entry.data)
    // What was read from the file before its commit came back is known already.
    if (this.#complete && isBehind(entry.sequence, this.#read)) this.#fresh.push(entry)
  }

  /** The next entries behind a place. */
  take(after: string | undefined, read: ReadEntries): readonly StoredEntry[] {
    if (!this.#complete || after !== this.#read) {
      const found = read(after)
      this.#fresh = []
      this.#complete = !isBatch(found)
      this.#read = found.at(-1)?.sequence ?? after
      return found
    }
    let [entries, bytes] = [0, 0]
    for (const { data } of this.#fresh) {
      if (entries === batchLimits.entries || bytes >= batchLimits.bytes) break
      entries++
      bytes += data.byteLength
    }
    const taken = this.#fresh.splice(0, entries)
    this.#read = taken.at(-1)?.sequence ?? this.#read
    return taken
  }

  /** @returns what those of the entries cost that were taken for the first time. */
  settle(entries: readonly StoredEntry[]): number {
    let cost = 0
    for (const { sequence, data } of entries) if (isBehind(sequence, this.#taken)) cost += costOf(data)
    const last = entries.at(-1)?.sequence
    if (last !== undefined && isBehind(last, this.#taken)) this.#taken = last
    this.waiting -= cost
    return cost
  }
}

function isBehind(sequence: string, place: string | undefined): boolean {
  return place === undefined || sequence > place
}

function isBatch(entries: readonly StoredEntry[]): boolean {
  if (entries.length >= batchLimits.entries) return true
  return entries.reduce((sum, { data }) => sum + data.byteLength, 0) >= batchLimits.bytes
}
