import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FakeClock } from '@plinth/core/testing'
import { Database, type SqliteAdapters, sqliteAdapters } from '../src/index.ts'

/** The SQLite adapters over one file, as the platform wires them. */
export interface Opened extends SqliteAdapters {
  readonly database: Database
}

/** A database file of a test's own. */
export class SqliteSubject {
  readonly clock = new FakeClock()
  readonly directory: string = mkdtempSync(join(tmpdir(), 'plinth-sqlite-'))
  readonly #maxPages: number | undefined
  opened: Opened | undefined

  constructor(options: { readonly maxPages?: number } = {}) {
    this.#maxPages = options.maxPages
  }

  get path(): string {
    return join(this.directory, 'plinth.db')
  }

  async open(): Promise<Opened> {
    const { clock, path } = this
    const database = await Database.open({
      path,
      onFatal: () => {},
      ...(this.#maxPages === undefined ? {} : { maxPages: this.#maxPages }),
    })
    this.opened = { database, ...sqliteAdapters({ database, clock }) }
    return this.opened
  }

  async close(): Promise<void> {
    this.opened?.stream.close()
    await this.opened?.queue.close()
    await this.opened?.database.close()
  }

  async reopen(): Promise<Opened> {
    await this.close()
    return this.open()
  }

  /** Waits for the writer's thread to have done what was asked of it so far. */
  async settle(): Promise<void> {
    await this.opened?.database.submit({ kind: 'promote', now: 0 }, false)
  }

  async dispose(): Promise<void> {
    await this.close()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
