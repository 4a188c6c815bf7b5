import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { damageIn, isFatal, openForReading } from './database/schema.ts'
import { collectionPrefix, partitionPrefix, prefixEnd } from './row-codec.ts'

/** What can be said of a data folder's database without a key, and without a look at any content. Times are milliseconds UTC. */
export interface DatabaseFacts {
  readonly bytes: number
  readonly logBytes: number
  /** Whether the last writer closed it in good order; while one writes it is false. */
  readonly clean: boolean
  readonly tenants: number
  /** Jobs that wait for a worker or are in a worker's hands, and since when the first of them could be worked. */
  readonly ready: number
  readonly readySince?: number
  /** Jobs that wait for their time, and when the first is due. */
  readonly held: number
  readonly heldUntil?: number
  readonly deadLetters: number
  /** Events that the relay hasn't sent yet, and since when. */
  readonly pending: number
  readonly pendingSince?: number
  /** The newest event's time. */
  readonly newest?: number
}

/**
 * Looks through a data folder beside its server, or without one. Changes nothing.
 * @returns undefined when the folder holds no database yet.
 * @throws PlinthError `newer_file`, `older_file`, `foreign_file`, `not_started`, or what SQLite says of a damaged file.
 */
export function examineDatabase(directory: string): DatabaseFacts | undefined {
  const path = join(directory, 'plinth.db')
  if (!existsSync(path)) return undefined
  const database = openForReading(path)
  try {
    // One moment for all figures.
    database.exec('BEGIN')
    return { bytes: sizeOf(path), logBytes: sizeOf(`${path}-wal`), ...factsOf(database) }
  } finally {
    database.close()
  }
}

/** Reads the whole database and its inner order. @returns what is wrong, nothing if all is well. */
export function lookThroughDatabase(directory: string): readonly string[] {
  const database = openForReading(join(directory, 'plinth.db'))
  try {
    return damageIn(database, 'quick_check')
  } catch (error) {
    if (isFatal(error)) return [(error as Error).message]
    throw error
  } finally {
    database.close()
  }
}

function factsOf(database: DatabaseSync): Omit<DatabaseFacts, 'bytes' | 'logBytes'> {
  const number = (sql: string, ...values: (string | number)[]): number | undefined => {
    const found = Object.values(database.prepare(sql).get(...values) ?? {})[0]
    return typeof found === 'number' ? found : undefined
  }
  const count = (sql: string, ...values: (string | number)[]): number => number(sql, ...values) ?? 0
  const relayed = count("SELECT value FROM meta WHERE name = 'relayed'")
  const firstReady = number('SELECT MIN(position) FROM ready')
  const tenants = keysIn(database, { tenant: '_system', collection: 'tenants', partition: 'tenants' })
  // Events and jobs share one row of positions: the event before a job was committed with it, or just before.
  const readySince = firstReady && number('SELECT time FROM event WHERE position <= ? ORDER BY position DESC LIMIT 1', firstReady)
  return {
    clean: count("SELECT value FROM meta WHERE name = 'clean'") === 1,
    tenants: tenants.length,
    ready: count('SELECT COUNT(*) FROM ready'),
    held: count('SELECT COUNT(*) FROM held'),
    deadLetters: tenants.reduce((sum, tenant) => sum + countOf(database, tenant, 'dead-letters'), 0),
    pending: count('SELECT COUNT(*) FROM event WHERE position > ?', relayed),
    ...defined({
      readySince,
      heldUntil: number('SELECT MIN(due) FROM held'),
      pendingSince: number('SELECT time FROM event WHERE position > ? ORDER BY position LIMIT 1', relayed),
      newest: number('SELECT time FROM event ORDER BY position DESC LIMIT 1'),
    }),
  }
}

/** The last parts of a partition's keys. */
function keysIn(database: DatabaseSync, place: Parameters<typeof partitionPrefix>[0]): string[] {
  const prefix = partitionPrefix(place)
  const rows = database.prepare('SELECT key FROM record WHERE key > ? AND key < ?').all(prefix, prefixEnd(prefix))
  return rows.map((row) => String(row.key).slice(prefix.length))
}

function countOf(database: DatabaseSync, tenant: string, collection: string): number {
  const prefix = collectionPrefix(tenant, collection)
  const found = database.prepare('SELECT COUNT(*) AS rows FROM record WHERE key > ? AND key < ?').get(prefix, prefixEnd(prefix))
  return Number(found?.rows)
}

function defined<Values extends object>(values: Values): { [Name in keyof Values]?: Exclude<Values[Name], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
