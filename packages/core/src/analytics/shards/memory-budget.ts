import type { KeyPage } from './key-page.ts'

/** Whose pages take memory. */
interface PageHolder {
  loadedPages(): Iterable<KeyPage>
}

/** How far below the limit memory is brought, when it has passed it: so that it isn't looked for with every entry. */
const relieved = 0.8

/** The memory that all shards of a process take for their keys, about. */
export class MemoryBudget {
  readonly #limit: number
  readonly #holders = new Set<PageHolder>()
  #weight = 0
  #uses = 0

  /** @param limit bytes. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get weight(): number {
    return this.#weight
  }

  get isOver(): boolean {
    return this.#weight > this.#limit
  }

  /** Of uses, in order. */
  tick(): number {
    return ++this.#uses
  }

  join(holder: PageHolder): void {
    this.#holders.add(holder)
  }

  leave(holder: PageHolder): void {
    for (const page of holder.loadedPages()) this.account(page, 0)
    this.#holders.delete(holder)
  }

  /** A page's memory is now so much. */
  account(page: KeyPage, weight: number): void {
    this.#weight += weight - page.accounted
    page.accounted = weight
  }

  /** Lets go of pages that are saved, the ones not used for longest first. */
  relieve(): void {
    const pages: KeyPage[] = []
    for (const holder of this.#holders) for (const page of holder.loadedPages()) if (!page.isChanged) pages.push(page)
    pages.sort((left, right) => left.used - right.used)
    for (const page of pages) {
      if (this.#weight <= this.#limit * relieved) return
      page.unload()
      this.account(page, 0)
    }
  }
}
