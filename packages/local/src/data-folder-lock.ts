import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PlinthError } from '@plinth/core'
import { touchOwn } from './durable-files.ts'

/**
 * The right to be the one process that writes a data folder: a lock of the operating system (SQLite's own, on a small
 * file), which goes with the process that holds it however it dies. A file with a process id in it would not.
 */
export class DataFolderLock {
  readonly #database: DatabaseSync

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** @returns undefined when another process holds it. */
  static take(directory: string): DataFolderLock | undefined {
    const path = join(directory, 'plinth.lock')
    touchOwn(path)
    const database = new DatabaseSync(path)
    try {
      database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
      return new DataFolderLock(database)
    } catch (error) {
      database.close()
      if ((error as { errcode?: number }).errcode === 5) return undefined
      throw error
    }
  }

  /** Whether a process holds it now. Takes nothing, and makes nothing. */
  static isHeld(directory: string): boolean {
    const path = join(directory, 'plinth.lock')
    if (!existsSync(path)) return false
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      database.exec('PRAGMA schema_version')
      return false
    } catch (error) {
      return (error as { errcode?: number }).errcode === 5
    } finally {
      database.close()
    }
  }

  release(): void {
    this.#database.close()
  }
}

/** Another process has the folder. */
export function folderInUse(directory: string): PlinthError {
  return new PlinthError(
    'folder_in_use',
    `Another Plinth uses the data folder ${directory}. Stop it, or set PLINTH_DATA_DIR to another folder.`,
    true,
  )
}
