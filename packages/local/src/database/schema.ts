import { DatabaseSync } from 'node:sqlite'
import { PlinthError, UnavailableError } from '@plinth/core'
import { touchOwn } from '../durable-files.ts'

/** Counts changes of the tables below. A file of a later version is refused. */
const schemaVersion = 3
/** Marks a file as Plinth's: "PLTH". */
const applicationId = 0x504c5448

/** How long one waits for another that has the file locked. */
export const busyMilliseconds = 5_000

/** Jobs that wait for a worker, jobs that wait for their time, and which of the first are in a worker's hands. */
const jobTables = `
  CREATE TABLE ready(
    queue TEXT NOT NULL, lane TEXT NOT NULL, tenant TEXT NOT NULL, position INTEGER NOT NULL, cut_offs INTEGER NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY(queue, lane, tenant, position)) STRICT, WITHOUT ROWID;
  CREATE TABLE held(
    due INTEGER NOT NULL, position INTEGER NOT NULL, queue TEXT NOT NULL, lane TEXT NOT NULL, tenant TEXT NOT NULL,
    cut_offs INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(due, position)) STRICT, WITHOUT ROWID;
  CREATE TABLE taken(id INTEGER PRIMARY KEY CHECK(id = 1), places TEXT NOT NULL) STRICT;
`

/**
 * Logs, one a partition of a tenant, and their entries: sealed, of up to 1 MB, so a table in order of their coming and a slim index to
 * each log's. A position is never given twice, or a consumer's own place would be ahead of it. They name no tenant.
 */
const logTables = `
  CREATE TABLE log(
    id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, partition TEXT NOT NULL, kept INTEGER NOT NULL DEFAULT 0,
    UNIQUE(tenant, partition)) STRICT;
  CREATE TABLE entry(
    position INTEGER PRIMARY KEY AUTOINCREMENT, log INTEGER NOT NULL, at INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
  CREATE INDEX entry_log ON entry(log);
  CREATE INDEX entry_at ON entry(at, log);
`

/** How a file of each older version becomes one of the next. */
const upgrades: Readonly<Record<number, string>> = {
  1: `${jobTables}
    INSERT INTO ready SELECT queue, lane, tenant, position, 0, body FROM job WHERE due = 0;
    INSERT INTO held SELECT due, position, queue, lane, tenant, 0, body FROM job WHERE due > 0;
    DROP TABLE job;`,
  2: logTables,
}

/**
 * One table for records of every kind, one for events, those for jobs and for logs. Keys and list entries are single texts whose parts
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
  ${jobTables}
  ${logTables}
  CREATE TABLE meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('relayed', 0), ('clean', 1);
`

/** Opens the file for writing, makes it when absent, and brings it to this version. Never opens what it can't read. */
export function openForWriting(path: string, logPages = 2_000): DatabaseSync {
  // SQLite gives its log the same mode.
  touchOwn(path)
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA busy_timeout = ${busyMilliseconds}`)
  const fresh = checkFile(database, path) === 'empty'
  // Pages of 8 KiB: rows of 2 KB that are written in order cost a tenth less than in pages of 4 KiB (measured); a file keeps its own.
  if (fresh) database.exec('PRAGMA page_size = 8192')
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  // 16 MB of log before its content moves to the database, and no more than 64 MB kept on disk afterwards.
  database.exec(
    `PRAGMA wal_autocheckpoint = ${logPages}; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY`,
  )
  // What is deleted or replaced is overwritten, or a tenant's data would outlive it in the file. It costs nothing that can be measured.
  database.exec('PRAGMA secure_delete = ON')
  if (fresh) {
    database.exec(
      `BEGIN IMMEDIATE; ${tables} PRAGMA user_version = ${schemaVersion}; PRAGMA application_id = ${applicationId}; COMMIT`,
    )
  } else upgrade(database)
  return database
}

function upgrade(database: DatabaseSync): void {
  for (let version = pragma(database, 'user_version'); version < schemaVersion; version++)
    database.exec(`BEGIN IMMEDIATE; ${upgrades[version]} PRAGMA user_version = ${version + 1}; COMMIT`)
}

/** Opens the file for reading beside its writer. */
export function openForReading(path: string): DatabaseSync {
  const database = openAsItIs(path)
  if (pragma(database, 'user_version') === schemaVersion) return database
  database.close()
  throw new PlinthError('older_file', `${path} was written by an older version of Plinth. Start Plinth on it once.`, false)
}

/** Opens the file for reading, one of an older version too: to copy it or to look through it, whatever its tables are. */
export function openAsItIs(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true })
  database.exec(`PRAGMA busy_timeout = ${busyMilliseconds}`)
  if (checkFile(database, path) === 'empty') {
    database.close()
    throw new UnavailableError('not_started', `${path} holds no data of Plinth yet.`)
  }
  database.exec('PRAGMA query_only = ON; PRAGMA cache_size = -16384')
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

/** The first figure that a pragma gives. */
export function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0)
}

/**
 * Looks the file through: `quick_check`, or `integrity_check`, which compares the indexes with their tables, too.
 * @returns what is wrong, ten things at the most; nothing if all is well.
 */
export function damageIn(database: DatabaseSync, check: 'quick_check' | 'integrity_check'): readonly string[] {
  const found = database.prepare(`PRAGMA ${check}(10)`).all()
  const words = found.map((row) => String(Object.values(row)[0]))
  return words.join() === 'ok' ? [] : words
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

export function isFull(error: unknown): boolean {
  return resultCode(error) === full
}

/** Why a file can't be opened: what SQLite calls corrupt gets a name and a remedy, all else is left as it is. */
export function asDamaged(error: unknown, path: string): unknown {
  if (resultCode(error) !== corrupt) return error
  return new PlinthError('database_damaged', `${path} is damaged. Restore a backup.`, false, { cause: error })
}

/** What a failed statement means to a caller. */
export function asUnavailable(error: unknown): UnavailableError {
  if (isFull(error))
    return new UnavailableError('storage_full', 'There is no room left on the disk.', { cause: error, retryAfter: 30 })
  return new UnavailableError('storage_failed', 'The database failed.', { cause: error })
}

function resultCode(error: unknown): number {
  const code = typeof error === 'object' && error !== null ? (error as { errcode?: unknown }).errcode : undefined
  return typeof code === 'number' ? code & 0xff : 0
}
