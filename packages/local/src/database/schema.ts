import { DatabaseSync } from 'node:sqlite'
import { PlinthError, UnavailableError } from '@plinth/core'
import { touchOwn } from '../durable-files.ts'

/** Counts changes of the tables below. A file of a later version is refused. */
const schemaVersion = 1
/** Marks a file as Plinth's: "PLTH". */
const applicationId = 0x504c5448

/**
 * One table for records of every kind, one for events, one for jobs. Keys and list entries are single texts whose parts
 * are joined by a character below all that a part may hold, so that their order is the order of the parts.
 */
const tables = `
  CREATE TABLE record(
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL, schema INTEGER NOT NULL, expires INTEGER,
    plain TEXT NOT NULL, sealed BLOB, list0 TEXT, list1 TEXT, list2 TEXT) STRICT;
  CREATE INDEX record_list0 ON record(list0) WHERE list0 IS NOT NULL;
  CREATE INDEX record_list1 ON record(list1) WHERE list1 IS NOT NULL;
  CREATE INDEX record_list2 ON record(list2) WHERE list2 IS NOT NULL;
  CREATE INDEX record_expires ON record(expires) WHERE expires IS NOT NULL;
  CREATE TABLE event(
    position INTEGER PRIMARY KEY, tenant TEXT NOT NULL, sequence INTEGER NOT NULL, time INTEGER NOT NULL, type TEXT NOT NULL,
    body TEXT NOT NULL) STRICT;
  CREATE UNIQUE INDEX event_sequence ON event(tenant, sequence);
  CREATE TABLE sequence(tenant TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE job(
    position INTEGER PRIMARY KEY, queue TEXT NOT NULL, lane TEXT NOT NULL, tenant TEXT NOT NULL, due INTEGER NOT NULL,
    body TEXT NOT NULL) STRICT;
  CREATE INDEX job_ready ON job(queue, lane, tenant, position) WHERE due = 0;
  CREATE INDEX job_due ON job(due) WHERE due > 0;
  CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('relayed', 0), ('clean', 1);
`

/** Opens the file for writing, makes it when absent, and brings it to this version. Never opens what it can't read. */
export function openForWriting(path: string): DatabaseSync {
  // SQLite gives its log the same mode.
  touchOwn(path)
  const database = new DatabaseSync(path)
  database.exec('PRAGMA busy_timeout = 5000')
  const fresh = checkFile(database, path) === 'empty'
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  // 16 MB of log before its content moves to the database, and no more than 64 MB kept on disk afterwards.
  database.exec(
    'PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY',
  )
  if (fresh) {
    database.exec(
      `BEGIN IMMEDIATE; ${tables} PRAGMA user_version = ${schemaVersion}; PRAGMA application_id = ${applicationId}; COMMIT`,
    )
  }
  return database
}

/** Opens the file for reading beside its writer. */
export function openForReading(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true })
  database.exec('PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; PRAGMA cache_size = -16384')
  checkFile(database, path)
  return database
}

/** Looks whether the file is ours and of a version that we know; changes nothing. */
function checkFile(database: DatabaseSync, path: string): 'empty' | 'known' {
  try {
    if (pragma(database, 'schema_version') === 0) return 'empty'
    const version = pragma(database, 'user_version')
    if (pragma(database, 'application_id') !== applicationId) throw foreign(path)
    if (version <= schemaVersion) return 'known'
    const message = `${path} was written by a newer version of Plinth (${version}, this one knows ${schemaVersion}).`
    throw new PlinthError('newer_file', message, false)
  } catch (error) {
    database.close()
    throw resultCode(error) === notDatabase ? foreign(path) : error
  }
}

function foreign(path: string): PlinthError {
  return new PlinthError('foreign_file', `${path} is not a database of Plinth.`, false)
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0)
}

/** SQLite's primary result codes that decide what happens next. */
const full = 13
const inputOutput = 10
const corrupt = 11
const notDatabase = 26

/** Whether the file can't be trusted any more: after a failed fsync nobody knows what is on the disk. */
export function isFatal(error: unknown): boolean {
  const code = resultCode(error)
  return code === inputOutput || code === corrupt || code === notDatabase
}

/** What a failed statement means to a caller. */
export function asUnavailable(error: unknown): UnavailableError {
  if (resultCode(error) === full)
    return new UnavailableError('storage_full', 'There is no room left on the disk.', { cause: error, retryAfter: 30 })
  return new UnavailableError('storage_failed', 'The database failed.', { cause: error })
}

function resultCode(error: unknown): number {
  const code = typeof error === 'object' && error !== null ? (error as { errcode?: unknown }).errcode : undefined
  return typeof code === 'number' ? code & 0xff : 0
}
