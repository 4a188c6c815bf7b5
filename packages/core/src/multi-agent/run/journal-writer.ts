import type { EventToEmit } from '../../define/event.ts'
import { ConflictError, PlinthError } from '../../errors.ts'
import { changeLimits } from '../../ports/state-store.ts'
import type { StoredRecord } from '../../scope/record.ts'
import type { Uses } from '../../scope/scope.ts'
import { type Commit, insert, type RecordWrite } from '../../scope/state.ts'
import { type JournalRow, journals } from '../workflows.ts'
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
  /**
   * Puts an entry down; it is kept when {@link settled} resolves.
   * @param emit told to others in the commit that keeps it.
   */
  append(entry: JournalEntry, emit?: readonly EventToEmit[]): void
  /**
   * Resolves when all that was put down until now is kept.
   * @throws RunLostError, and what a commit throws; nothing is written any more then.
   */
  settled(): Promise<void>
  /** Looks for what others wrote, where nothing of its own is on the way. @throws what {@link settled} throws. */
  poll(): Promise<void>
  /**
   * Puts entries down in one commit with other writes, unless somebody else wrote meanwhile: what that was may change the mind.
   * @returns false when somebody did: the listener was told, and nothing is kept.
   * @throws ConflictError when one of these writes met another version; what {@link settled} throws.
   */
  commit(entries: readonly JournalEntry[], also?: Omit<Commit, 'resource' | 'deed'>): Promise<boolean>
}

/** An entry that waits for its commit. */
interface Waiting {
  readonly json: string
  readonly emit: readonly EventToEmit[]
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
    entries.push(...(await entriesOf(row)))
    next = Number(row.sort) + 1
  }
  return { entries, next }
}

/**
 * Writes a run's journal behind what happens: entries are gathered while a commit is under way, and go into the next one. What others
 * write meanwhile (an approval, a cancellation) is in the way of a row, and is read then: rows have one order, which all processes see.
 * A row says which owner wrote it, so that one whose answer was lost on the way isn't taken for another's.
 */
export class JournalWriter implements Journal {
  readonly #scope: Uses<'state'>
  readonly #runId: string
  readonly #epoch: number
  readonly #listener: JournalListener
  #next: number
  readonly #waiting: Waiting[] = []
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

  append(entry: JournalEntry, emit: readonly EventToEmit[] = []): void {
    if (this.#fault) return
    this.#waiting.push({ json: JSON.stringify(entry), emit })
    if (!this.#flushing) this.#flushAfter(Promise.resolve())
  }

  async settled(): Promise<void> {
    if (this.#fault) throw this.#fault
    await this.#flushing
  }

  async commit(entries: readonly JournalEntry[], also: Omit<Commit, 'resource' | 'deed'> = { writes: [] }): Promise<boolean> {
    while (this.#flushing) await this.settled()
    if (this.#fault) throw this.#fault
    const kept = this.#insert(JSON.stringify(entries), also)
    // What is put down meanwhile goes behind it.
    this.#flushAfter(kept)
    return kept
  }

  async poll(): Promise<void> {
    if (this.#fault) throw this.#fault
    if (this.#flushing) return
    const looked = this.#readForeign().catch((error: unknown) => {
      throw this.#failed(error)
    })
    // What is put down meanwhile is written behind it: a look that met a row of its own on the way would count that twice.
    this.#flushAfter(looked)
    await looked
  }

  #flushAfter(before: Promise<unknown>): void {
    const flushing = before.then(
      () => this.#flush(),
      () => this.#flush(),
    )
    this.#flushing = flushing
    // Whoever waits for it is told; until somebody does it isn't unheard of.
    flushing.catch(() => {})
  }

  async #flush(): Promise<void> {
    try {
      while (this.#waiting.length > 0 && !this.#fault) {
        const { entries, json, emit } = gather(this.#waiting)
        if (await this.#insert(json, { writes: [], emit, durability: 'relaxed' })) this.#waiting.splice(0, entries)
      }
    } catch (error) {
      throw this.#failed(error)
    } finally {
      this.#flushing = undefined
    }
    if (this.#fault) throw this.#fault
  }

  /** From here on nothing is written. */
  #failed(error: unknown): unknown {
    this.#fault ??= error
    this.#listener.failed()
    return this.#fault
  }

  /** Writes the next row. @returns false when somebody else has: the listener was told what they wrote. */
  async #insert(json: string, { writes, ...also }: Omit<Commit, 'resource' | 'deed'>): Promise<boolean> {
    const sort = placeOf(this.#next)
    try {
      const row = journalRow(this.#runId, this.#next, { at: this.#scope.clock.now(), epoch: this.#epoch }, json)
      await this.#scope.state.commit({ ...also, writes: [row, ...writes] })
      this.#next++
      return true
    } catch (error) {
      if (!(error instanceof ConflictError) || !error.key.endsWith(`/${sort}`)) throw error
      return this.#readForeign()
    }
  }

  get #behind(): string | undefined {
    return this.#next === 0 ? undefined : placeOf(this.#next - 1)
  }

  /** @returns whether the next row was its own: it was kept, and the answer was lost. */
  async #readForeign(): Promise<boolean> {
    let isOwn = false
    for await (const row of this.#scope.state.read(journals, this.#runId, this.#behind)) {
      this.#next = Number(row.sort) + 1
      if (row.fields.epoch === this.#epoch) {
        isOwn = true
        continue
      }
      for (const entry of await entriesOf(row)) {
        if (entry.kind === 'owned' && entry.epoch > this.#epoch) throw this.#failed(new RunLostError())
        this.#listener.told(entry)
      }
    }
    return isOwn
  }
}

/** Entries as rows hold them. */
export function rowsOf(entries: readonly JournalEntry[]): readonly string[] {
  const waiting = entries.map((entry) => ({ json: JSON.stringify(entry), emit: [] }))
  const rows: string[] = []
  for (let next = 0; next < waiting.length; ) {
    const row = gather(waiting, next)
    rows.push(row.json)
    next += row.entries
  }
  return rows
}

/** As many entries as a row holds, at least one. */
function gather(
  waiting: readonly Waiting[],
  from = 0,
): {
  readonly entries: number
  readonly json: string
  readonly emit: readonly EventToEmit[]
} {
  const texts: string[] = []
  const emit: EventToEmit[] = []
  let characters = 0
  for (let next = from; next < waiting.length; next++) {
    const { json, emit: told } = waiting[next] ?? { json: '', emit: [] }
    if (texts.length > 0 && (characters + json.length > rowCharacters || emit.length + told.length > changeLimits.emitted)) break
    texts.push(json)
    emit.push(...told)
    characters += json.length
  }
  return { entries: texts.length, json: `[${texts.join(',')}]`, emit }
}

async function entriesOf(row: StoredRecord<JournalRow, { entries: string }>): Promise<readonly JournalEntry[]> {
  return JSON.parse((await row.open('entries')) ?? '[]') as readonly JournalEntry[]
}

/** The write of a run's row by its number, from 0. @param entries an array of them as JSON. */
export function journalRow(runId: string, row: number, by: Omit<JournalRow, 'workflow_id'>, entries: string): RecordWrite {
  return insert(journals, { partition: runId, sort: placeOf(row) }, { workflow_id: runId, ...by }, { entries })
}

/** Rows are read in the order of their numbers. */
function placeOf(row: number): string {
  return String(row).padStart(9, '0')
}
