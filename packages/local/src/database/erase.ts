import type { DatabaseSync } from 'node:sqlite'
import { busyMilliseconds, pragma } from './schema.ts'

/** A file up to this size is written anew, which takes less than a second; meanwhile nobody else writes. */
const rewritableBytes = 64 * 1024 * 1024
/** How long, in milliseconds, to wait for readers that are in the way, with everybody who wants to write. */
const patience = 500

/**
 * Leaves nothing of what was deleted in the file and its log. What is deleted is overwritten anyway, but the log still has the pages
 * as they were; and where SQLite moved a row to another page, a copy may stay in the room that the page has left. In a
 * large file those few (a few in ten thousand rows) stay until the room is used, or until someone runs VACUUM.
 * @returns whether it could; false while another process reads the file as it was.
 */
export function eraseRemoved(database: DatabaseSync): boolean {
  database.exec(`PRAGMA busy_timeout = ${patience}`)
  try {
    if (!emptyLog(database)) return false
    if (pragma(database, 'page_count') * pragma(database, 'page_size') > rewritableBytes) return true
    database.exec('VACUUM')
    return emptyLog(database)
  } finally {
    database.exec(`PRAGMA busy_timeout = ${busyMilliseconds}`)
  }
}

function emptyLog(database: DatabaseSync): boolean {
  return pragma(database, 'wal_checkpoint(TRUNCATE)') === 0
}
