import { ConflictError, PlinthError } from '../../errors.ts'
import type { Uses } from '../../scope/scope.ts'
import { type Commit, insert } from '../../scope/state.ts'
import { journals } from '../workflows.ts'
import type { JournalEntry } from './journal.ts'

/** A row holds entries up to so many characters of JSON. */
const rowCharacters = 100_000

/** Another process has taken the run over: nothing that this one does counts any more. */
export class RunLostError extends PlinthError {
  constructor() {
    super('run_lost', 'Another process has taken this workflow over.', true)
  }
}

export interface JournalListener {
  /** What others wrote. */
  told(entry: JournalEntry): void
  /** Nothing is written any more; {@link JournalWriter.settled} says why. */
  failed(): void
}

/** Where a run's entries go. */
export interface Journal {
  /** Puts an entry down; it is kept when {@link settled} resolves. */
  append(entry: JournalEntry): void
  /**
   * Resolves when all that was put down until now is kept.
   * @throws RunLostError, and what a commit throws; nothing is written any more then.
   */
  settled(): Promise<void>
  /** Looks for what others wrote, where nothing of its own is on the way. @throws what {@link settled} throws. */
  poll(): Promise<void>
  /**
   * Puts entries down in one commit with other writes, flushed to the disk.
   * @throws ConflictError when one of these writes met another version; what {@link settled} throws.
   */
  commit(entries: readonly JournalEntry[], also: Pick<Commit, 'writes' | 'emit'>): Promise<void>
}

/** The entries of a run from behind a row, oldest first, with the number of the next row. */
export async function readJournal(
  scope: Uses<'state'>,
  runId: string,
  from = 0,
): Promise<{ readonly entries: readonly JournalEntry[]; readonly next: number }> {
  const entries: JournalEntry[] = []
  let next = from
  for await (const row of scope.state.read(journals, runId, from === 0 ? undefined : placeOf(from - 1))) {
    entries.push(...(JSON.parse((await row.open('entries')) ?? '[]') as readonly JournalEntry[]))
    next++
  }
  return { entries, next }
}

/**
 * Writes a run's journal behind what happens: entries are gathered while a commit is under way, and go into the next one. What others
 * write meanwhile (an approval, a cancellation) is in the way of a row, and is read then: rows have one order, which all processes see.
 */
export class JournalWriter implements Journal {
  readonly #scope: Uses<'state'>
  readonly #runId: string
  readonly #epoch: number
  readonly #listener: JournalListener
  #next: number
  #waiting: JournalEntry[] = []
  #flushing: Promise<void> | undefined
  #fault: unknown

  /**
   * @param parts.next the number of the next row.
   * @param parts.epoch of this owner: an entry `owned` of a later one ends it.
   */
  constructor(parts: {
    readonly scope: Uses<'state'>
    readonly runId: string
    readonly epoch: number
    readonly next: number
    readonly listener: JournalListener
  }) {
    this.#scope = parts.scope
    this.#runId = parts.runId
    this.#epoch = parts.epoch
    this.#next = parts.next
    this.#listener = parts.listener
  }

  append(entry: JournalEntry): void {
    if (this.#fault) return
    this.#waiting.push(entry)
    this.#flushing ??= Promise.resolve().then(() => this.#flush())
    // Whoever waits for it is told; until somebody does it isn't unheard of.
    this.#flushing.catch(() => {})
  }

  async settled(): Promise<void> {
    if (this.#fault) throw this.#fault
    await this.#flushing
  }

  async commit(entries: readonly JournalEntry[], also: Pick<Commit, 'writes' | 'emit'>): Promise<void> {
    await this.settled()
    await this.#insert(JSON.stringify(entries), { ...also, durability: 'synced' })
  }

  async poll(): Promise<void> {
    if (this.#fault) throw this.#fault
    if (!this.#flushing) await this.#readForeign()
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const { entries, json } = gather(this.#waiting)
        await this.#insert(json)
        this.#waiting.splice(0, entries)
      }
      this.#flushing = undefined
    } catch (error) {
      this.#fault = error
      this.#listener.failed()
      throw error
    }
  }

  async #insert(json: string, { writes = [], ...also }: Partial<Commit> = { durability: 'relaxed' }): Promise<void> {
    for (;;) {
      const sort = placeOf(this.#next)
      try {
        const fields = { workflow_id: this.#runId, at: this.#scope.clock.now() }
        const row = insert(journals, { partition: this.#runId, sort }, fields, { entries: json })
        await this.#scope.state.commit({ ...also, writes: [row, ...writes] })
        this.#next++
        return
      } catch (error) {
        if (!(error instanceof ConflictError) || !error.key.endsWith(`/${sort}`)) throw error
        await this.#readForeign()
      }
    }
  }

  async #readForeign(): Promise<void> {
    const { entries, next } = await readJournal(this.#scope, this.#runId, this.#next)
    this.#next = next
    for (const entry of entries) {
      if (entry.kind === 'owned' && entry.epoch > this.#epoch) throw new RunLostError()
      this.#listener.told(entry)
    }
  }
}

/** As many entries as a row holds, at least one. */
function gather(waiting: readonly JournalEntry[]): { readonly entries: number; readonly json: string } {
  const texts: string[] = []
  let characters = 0
  for (const entry of waiting) {
    const text = JSON.stringify(entry)
    if (texts.length > 0 && characters + text.length > rowCharacters) break
    texts.push(text)
    characters += text.length
  }
  return { entries: texts.length, json: `[${texts.join(',')}]` }
}

/** Rows are read in the order of their numbers. */
export function placeOf(row: number): string {
  return String(row).padStart(9, '0')
}
