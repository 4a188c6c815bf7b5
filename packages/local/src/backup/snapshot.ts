import { backup, DatabaseSync } from 'node:sqlite'
import { openAsItIs, pragma } from '../database/schema.ts'
import { touchOwn } from '../durable-files.ts'

/** 4 MiB of pages of 8 KiB between two looks at the signal. */
const pagesAtATime = 512

/** How many rows each table holds, by its name. */
export type Rows = Readonly<Record<string, number>>

interface CopyOptions {
  readonly signal?: AbortSignal | undefined
  /** Called after each step of so many pages. */
  readonly onStep?: (() => void) | undefined
}

/**
 * The database as it was at one moment, beside whoever writes it. SQLite begins a backup anew when another connection has
 * written since its last step, so beside a busy writer it would never end. Here all steps read in one transaction, which
 * writes don't disturb; the log grows meanwhile by what is written.
 */
export class Snapshot {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** @throws PlinthError `newer_file`, `foreign_file`, `not_started`. */
  static take(path: string): Snapshot {
    const database = openAsItIs(path)
    // The first read fixes the moment.
    database.exec('BEGIN; SELECT name FROM sqlite_schema')
    return new Snapshot(database)
  }

  get bytes(): number {
    return pragma(this.#database, 'page_count') * pragma(this.#database, 'page_size')
  }

  /** Of the tables. */
  get version(): number {
    return pragma(this.#database, 'user_version')
  }

  rows(): Rows {
    return rowsOf(this.#database)
  }

  /** Into a new file, which is on stable storage then and needs no log beside it. */
  async copyTo(path: string, { signal, onStep }: CopyOptions): Promise<void> {
    touchOwn(path)
    const progress = (): void => {
      signal?.throwIfAborted()
      onStep?.()
    }
    await backup(this.#database, path, { rate: pagesAtATime, progress })
    const copy = new DatabaseSync(path)
    copy.exec('PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE')
    copy.close()
  }

  close(): void {
    this.#database.close()
  }
}

export function rowsOf(database: DatabaseSync): Rows {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all()
  return Object.fromEntries(
    tables.map(({ name }) => [String(name), Number(database.prepare(`SELECT COUNT(*) AS rows FROM "${name}"`).get()?.rows)]),
  )
}
