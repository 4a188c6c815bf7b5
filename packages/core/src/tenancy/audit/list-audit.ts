import { wrongCursor } from '../../define/forms.ts'
import type { Page, StateStore } from '../../ports/state-store.ts'
import type { AuditKeys } from './audit-keys.ts'
import { blockKey, readHead, readPending } from './audit-rows.ts'
import { type AuditBlock, parseBlock, trustedHead } from './block.ts'
import { type AuditEntry, parseEntry } from './entry.ts'

export interface AuditItem {
  readonly entry: AuditEntry
  /** The sequence of the block that it is sealed in; absent while it waits. */
  readonly sequence?: number
}

/** Blocks that are asked for at the same time, and how many a page looks through; with fewer entries it is a short page. */
const blocksAtOnce = 16
const blocksOfPage = 1_024
/** Of head and entries that wait, both as of one moment. */
const looks = 8

/**
 * A place in the list. `end` and `below` tell where the first page found the trail: blocks behind `end` were sealed since, and
 * of them only what is below the last waiting entry that was shown is still to be shown.
 */
interface Place {
  readonly end: number
  readonly below: string
  /** The last block looked into, and how many of its entries are still to be shown; absent while waiting ones are shown. */
  readonly block?: { readonly sequence: number; readonly left: number }
}

/**
 * A page of a tenant's entries, newest first: those that wait, then those that are sealed. As they lie there: whether they are
 * true, `verifyAudit` tells; what isn't made like an entry is left out. An entry that is sealed between two pages shows once.
 * Reads all that waits.
 *
 * @throws InvalidInputError for an `after` that no page gave.
 */
export async function listAudit(
  parts: { readonly store: StateStore; readonly keys: AuditKeys; readonly tenant: string },
  query: { readonly after?: string | undefined; readonly limit: number },
): Promise<Page<AuditItem>> {
  const { limit, after } = query
  const start = after === undefined ? undefined : parsePlace(after)
  const items: AuditItem[] = []
  let last: Place | undefined
  for await (const { item, place } of new Listing(parts, limit).from(start)) {
    if (items.length === limit && last) return { items, after: placeText(last) }
    if (item) items.push(item)
    last = place
    if (!item) return { items, after: placeText(place) }
  }
  return { items }
}

/** Without an item: the page has looked through enough. */
interface Step {
  readonly item?: AuditItem
  readonly place: Place
}

class Listing {
  readonly #parts: { readonly store: StateStore; readonly keys: AuditKeys; readonly tenant: string }
  readonly #limit: number

  constructor(parts: { readonly store: StateStore; readonly keys: AuditKeys; readonly tenant: string }, limit: number) {
    this.#parts = parts
    this.#limit = limit
  }

  async *from(start: Place | undefined): AsyncGenerator<Step> {
    if (start?.block) {
      yield* this.#sealed(start, start.block)
      return
    }
    const { end, waiting } = await this.#now(start?.below)
    let place: Place = { end: start?.end ?? end, below: start?.below ?? '' }
    for (const entry of waiting.toReversed()) {
      place = { ...place, below: entry.entry_id }
      yield { item: { entry }, place }
    }
    // What was sealed since the page before is below what that page showed; what this one showed waits.
    const below = start?.below ?? place.below
    yield* this.#sealed({ ...place, below }, { sequence: end, left: Number.POSITIVE_INFINITY })
  }

  /** The newest entries that wait, oldest first, and where the chain ended while they did. */
  async #now(below: string | undefined): Promise<{ readonly end: number; readonly waiting: readonly AuditEntry[] }> {
    for (let look = 1; ; look++) {
      const end = await this.#end()
      let waiting: AuditEntry[] = []
      for await (const { sort, index } of readPending(this.#parts.store, this.#parts.tenant)) {
        if (below !== undefined && sort >= below) break
        const entry = parseEntry(index)
        if (entry?.entry_id === sort) waiting.push(entry)
        if (waiting.length > this.#limit * 2) waiting = waiting.slice(-this.#limit - 1)
      }
      if (look === looks || (await this.#end()) === end) return { end, waiting: waiting.slice(-this.#limit - 1) }
    }
  }

  async #end(): Promise<number> {
    const { store, keys, tenant } = this.#parts
    const found = await readHead(store, tenant)
    return trustedHead(await keys.of(tenant), tenant, found?.found)?.sequence ?? 0
  }

  async *#sealed(start: Place, from: { readonly sequence: number; readonly left: number }): AsyncGenerator<Step> {
    const { end, below } = start
    let { sequence, left } = from
    for (let looked = 0; sequence > 0; looked += blocksAtOnce) {
      if (looked >= blocksOfPage) {
        yield { place: { end, below, block: { sequence, left: Number.MAX_SAFE_INTEGER } } }
        return
      }
      for (const block of await this.#blocks(sequence)) {
        const entries = block?.entries ?? []
        for (let index = Math.min(left, entries.length) - 1; index >= 0; index--) {
          const entry = parseEntry(entries[index])
          if (!entry || (sequence > end && entry.entry_id >= below)) continue
          yield { item: { entry, sequence }, place: { end, below, block: { sequence, left: index } } }
        }
        left = Number.POSITIVE_INFINITY
        sequence--
      }
    }
  }

  #blocks(newest: number): Promise<(AuditBlock | undefined)[]> {
    const { store, tenant } = this.#parts
    const sequences = Array.from({ length: Math.min(blocksAtOnce, newest) }, (_, index) => newest - index)
    return Promise.all(sequences.map(async (sequence) => parseBlock((await store.get(blockKey(tenant, sequence)))?.index)))
  }
}

const placeForm = /^(\d{1,16})\.(?:(\d{1,16})\.(\d{1,16}))?\.([\x20-\x7e]{0,512})$/

function placeText({ end, below, block }: Place): string {
  return `${end}.${block ? `${block.sequence}.${block.left}` : ''}.${below}`
}

function parsePlace(text: string): Place {
  const parts = placeForm.exec(text)
  if (!parts) throw wrongCursor()
  const [, end, sequence, left, below = ''] = parts
  const place = { end: Number(end), below }
  return sequence === undefined ? place : { ...place, block: { sequence: Number(sequence), left: Number(left) } }
}
