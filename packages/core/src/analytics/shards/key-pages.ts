/**
 * The keys of a shard, in pages: extendible hashing (Fagin, Nievergelt, Pippenger and Strong, 1979). A page that has grown too large is
 * split; which pages there are stands in index rows, which are written together with the shard's `kept`: pages that were saved after
 * it count only by their `through`, and halves of a page that was split after it don't count at all.
 * @module
 */
import { z } from 'zod'
import { type Collection, defineCollection, mostInlineBytes } from '../../define/collection.ts'
import type { Uses } from '../../scope/scope.ts'
import { type RecordWrite, replace } from '../../scope/state.ts'
import { KeyPage, pageCharacters } from './key-page.ts'
import type { KeyContext, KeyState } from './key-state.ts'
import type { MemoryBudget } from './memory-budget.ts'
import { pageHash } from './shard-of.ts'

/** Rows of keys: through which sequence, and the keys as `KeyPage.pack` makes them. */
export const streamKeyPages: Collection<{ readonly through: string }, { keys: string }> = defineCollection<
  { readonly through: string },
  { keys: string }
>({
  name: 'stream-key-pages',
  schema: 1,
  plain: z.strictObject({ through: z.string() }),
  sealed: ['keys'],
  inlineBytes: mostInlineBytes,
  isRewritten: true,
  lists: {},
})

/** No page has more bits: 65,536 pages a shard. Beyond, pages grow. */
const mostBits = 16
/** What one commit takes, in characters that may be three bytes each. */
const commitCharacters = 900_000
const commitPages = 80

type PageWriter = (writes: readonly RecordWrite[]) => Promise<void>

export class KeyPages {
  readonly #partition: string
  readonly #budget: MemoryBudget
  readonly #pageCharacters: number
  #depth = 0
  #directory: KeyPage[] = [new KeyPage(0, 0)]
  /** No page has anything to do before. */
  #due = Number.POSITIVE_INFINITY
  readonly #touched = new Set<KeyPage>()
  /** Rows of pages that were split. */
  #retired: KeyPage[] = []

  constructor(options: {
    /** Of the rows. */
    readonly partition: string
    readonly budget: MemoryBudget
    readonly pageCharacters?: number
  }) {
    this.#partition = options.partition
    this.#budget = options.budget
    this.#pageCharacters = options.pageCharacters ?? pageCharacters
    this.#budget.join(this)
  }

  /** Takes back {@link index}. */
  restore(index: string): void {
    const pages = index
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [bits, prefix, due] = line.split(',')
        const page = new KeyPage(Number(bits), Number(prefix))
        page.due = due === '' ? Number.POSITIVE_INFINITY : Number(due)
        page.isSaved = true
        return page
      })
    if (pages.length === 0) return
    this.#depth = Math.max(...pages.map(({ bits }) => bits))
    this.#directory = []
    for (const page of pages) this.#enter(page)
    this.#due = pages.reduce((least, { due }) => Math.min(least, due), Number.POSITIVE_INFINITY)
  }

  /** Which pages there are, in the order of their keys' hashes: bits, prefix and due time, a line each. */
  index(): string {
    return [...this.pages()].map(({ bits, prefix, due }) => `${bits},${prefix},${Number.isFinite(due) ? due : ''}`).join('\n')
  }

  /** In the order of their keys' hashes. */
  *pages(): Generator<KeyPage> {
    for (let at = 0; at < this.#directory.length; ) {
      const page = this.#directory[at]
      if (!page) return
      yield page
      at += 2 ** (this.#depth - page.bits)
    }
  }

  *loadedPages(): Generator<KeyPage> {
    for (const page of this.pages()) if (page.isLoaded) yield page
  }

  /** The page of a key; perhaps it must be loaded. */
  pageOf(key: string): KeyPage {
    const at = this.#depth === 0 ? 0 : pageHash(key) >>> (32 - this.#depth)
    return this.#directory[at] as KeyPage
  }

  async load(scope: Uses<'state'>, page: KeyPage): Promise<void> {
    // A row that the index doesn't know is of a time that didn't count.
    const row = page.isSaved ? await scope.state.get(streamKeyPages, this.#place(page)) : undefined
    page.load((await row?.open('keys')) ?? '', row?.fields.through ?? '')
    page.used = this.#budget.tick()
    this.#budget.account(page, page.weight)
  }

  /** The state of a key in its page, which will change. */
  touch(page: KeyPage, key: string, context: KeyContext, oldest: number): KeyState {
    this.#touched.add(page)
    return page.touch(key, context, oldest)
  }

  /** Whether some key has something to do. */
  isDue(watermark: number): boolean {
    return this.#due <= watermark
  }

  /** The pages that may have something to do; afterwards {@link settle} looks anew. */
  *duePages(watermark: number): Generator<KeyPage> {
    for (const page of this.pages()) {
      if (page.due > watermark) continue
      this.#touched.add(page)
      yield page
    }
    this.#due = Number.POSITIVE_INFINITY
    for (const page of this.pages()) if (page.due < this.#due) this.#due = page.due
  }

  /** After an entry, before what falls due is looked for. */
  settle(): void {
    if (this.#touched.size === 0) return
    const used = this.#budget.tick()
    for (const page of this.#touched) {
      page.settle()
      page.used = used
      if (page.due < this.#due) this.#due = page.due
      this.#budget.account(page, page.weight)
      this.#splitLarge(page)
    }
    this.#touched.clear()
  }

  /**
   * Saves the pages that changed, in several commits. What is saved counts when {@link index} and the new `kept` are.
   * @param oldest see {@link KeyPage.pack}.
   */
  async save(through: string, oldest: number, write: PageWriter): Promise<void> {
    let writes: RecordWrite[] = []
    let characters = 0
    const changed = [...this.loadedPages()].filter((page) => page.isChanged)
    while (changed.length > 0) {
      const page = changed.pop() as KeyPage
      const text = page.pack(oldest)
      this.#budget.account(page, page.weight)
      const halves = text.length > this.#pageCharacters ? this.#split(page) : undefined
      if (halves) {
        changed.push(...halves)
        continue
      }
      if (writes.length > 0 && (characters + text.length > commitCharacters || writes.length === commitPages)) {
        await write(writes)
        writes = []
        characters = 0
      }
      // It was saved by a process that came further, and then died: what is replayed is in it.
      if (page.through < through) page.through = through
      writes.push(replace(streamKeyPages, this.#place(page), { through: page.through }, { keys: text }))
      characters += text.length
      page.isChanged = false
      page.isSaved = true
    }
    if (writes.length > 0) await write(writes)
  }

  /** Empties the rows of pages that were split; after the index without them is saved. */
  async sweep(write: PageWriter): Promise<void> {
    while (this.#retired.length > 0) {
      const some = this.#retired.slice(0, commitPages)
      await write(some.map((page) => replace(streamKeyPages, this.#place(page), { through: page.through })))
      this.#retired = this.#retired.slice(some.length)
    }
  }

  /** Lets go of all pages, which are saved. */
  unload(): void {
    for (const page of this.loadedPages()) {
      page.unload()
      this.#budget.account(page, 0)
    }
  }

  /** Lets go of all memory. */
  close(): void {
    this.#budget.leave(this)
  }

  /** By what is guessed of its keys: so that no page grows beyond measure before it is saved. */
  #splitLarge(page: KeyPage): void {
    const large = [page]
    for (let next = large.pop(); next; next = large.pop()) {
      const halves = next.size > 2 * this.#pageCharacters ? this.#split(next) : undefined
      if (halves) large.push(...halves)
    }
  }

  #split(page: KeyPage): readonly [KeyPage, KeyPage] | undefined {
    if (page.keys < 2 || page.bits >= mostBits) return undefined
    const halves = page.split()
    if (page.bits === this.#depth) {
      this.#directory = this.#directory.flatMap((each) => [each, each])
      this.#depth++
    }
    for (const half of halves) this.#enter(half)
    if (page.isSaved) this.#retired.push(page)
    this.#budget.account(page, 0)
    for (const half of halves) this.#budget.account(half, half.weight)
    return halves
  }

  #enter(page: KeyPage): void {
    const places = 2 ** (this.#depth - page.bits)
    for (let at = 0; at < places; at++) this.#directory[page.prefix * places + at] = page
  }

  #place(page: KeyPage): { readonly partition: string; readonly sort: string } {
    return {
      partition: this.#partition,
      sort: `${String(page.bits).padStart(2, '0')}-${page.prefix.toString(16).padStart(4, '0')}`,
    }
  }
}
