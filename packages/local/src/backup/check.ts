import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import {
  type Clock,
  dataKeyContext,
  KeyUnusableError,
  liesApart,
  type ObjectStore,
  PlinthError,
  type Row,
  sealedObjectPrefix,
} from '@plinth/core'
import { damageIn, openAsItIs } from '../database/schema.ts'
import { FileObjectStore } from '../file-object-store.ts'
import { LocalKeyService } from '../local-key-service.ts'
import { decodeRow, rowColumns, type StoredRow } from '../row-codec.ts'
import { digestOf } from './file-copier.ts'
import { inParallel } from './in-parallel.ts'
import type { BackupFile, Manifest } from './manifest.ts'
import { rowsOf } from './snapshot.ts'

/** So many are named; the rest is counted. */
const namedProblems = 10

/** What the tenants' wrapped keys in a backup do under a master key. */
export interface KeyCheck {
  readonly opened: number
  /** Wrapped by a key that was disabled or destroyed. */
  readonly unusable: number
  readonly broken: number
}

export interface BackupCheck {
  /** What is wrong with the copy; nothing if all is well. */
  readonly problems: readonly string[]
  /** What the master key at hand opens; absent when there is none, or when it is another one. */
  readonly keys?: KeyCheck
  /** Why the master key at hand isn't the one to restore it with. */
  readonly keyProblem?: string
}

export interface CheckOptions {
  readonly clock: Clock
  readonly masterKey: Uint8Array | undefined
  /** Reads every byte again: hashes, the database's inner order, and whether each object that a row names is there. */
  readonly thorough: boolean
}

/**
 * Looks whether a backup is what its manifest says, and whether it can be opened. Changes nothing, and opens no content.
 * @throws PlinthError `keyring_damaged`.
 */
export async function checkBackup(directory: string, manifest: Manifest, options: CheckOptions): Promise<BackupCheck> {
  const problems = await fileProblems(directory, manifest.files, options.thorough)
  const known = new Set(manifest.files.map((file) => file.path))
  for (const name of ['plinth.db', 'keyring.json']) if (!known.has(name)) problems.push(`The manifest lists no ${name}.`)
  if (problems.length > 0) return { problems: few(problems) }
  let database: DatabaseSync | undefined
  try {
    database = openAsItIs(join(directory, 'plinth.db'))
    problems.push(...databaseProblems(database, manifest, options.thorough))
    const objects = new FileObjectStore({ directory: join(directory, 'objects'), clock: options.clock, readOnly: true })
    if (options.thorough) problems.push(...(await missingObjects(database, objects, Date.parse(manifest.made))))
    return { problems: few(problems), ...(await keyCheck(directory, database, options)) }
  } catch (error) {
    if (PlinthError.is(error) && error.code === 'keyring_damaged') throw error
    return { problems: few([...problems, `plinth.db can't be read: ${(error as Error).message}`]) }
  } finally {
    database?.close()
  }
}

async function fileProblems(directory: string, files: readonly BackupFile[], thorough: boolean): Promise<string[]> {
  const problems: string[] = []
  await inParallel(files, async ({ path, bytes, sha256 }) => {
    const found = await lstat(join(directory, path)).catch(() => undefined)
    if (!found?.isFile()) problems.push(`${path} is missing.`)
    else if (found.size !== bytes) problems.push(`${path} has ${found.size} bytes instead of ${bytes}.`)
    else if (thorough && (await digestOf(join(directory, path))).sha256 !== sha256) problems.push(`${path} was changed.`)
  })
  return problems
}

function databaseProblems(database: DatabaseSync, manifest: Manifest, thorough: boolean): string[] {
  const damage = damageIn(database, thorough ? 'integrity_check' : 'quick_check')
  const rows = rowsOf(database)
  const tables = new Set([...Object.keys(rows), ...Object.keys(manifest.rows)])
  const counts = [...tables].filter((table) => rows[table] !== manifest.rows[table])
  return [
    ...damage.map((words) => `plinth.db is damaged: ${words}`),
    ...counts.map((table) => `${table} has ${rows[table] ?? 0} rows instead of ${manifest.rows[table] ?? 0}.`),
  ]
}

/** The fields whose texts lie apart, and whose texts don't. Expired rows are no one's any more. */
async function missingObjects(database: DatabaseSync, objects: ObjectStore, made: number): Promise<string[]> {
  const rows = database.prepare(`SELECT ${rowColumns} FROM record WHERE sealed IS NOT NULL AND (expires IS NULL OR expires > ?)`)
  let missing = 0
  for (const stored of rows.iterate(made)) {
    const row = decodeRow(stored as unknown as StoredRow)
    const wanted = Object.values(row.sealed).filter(liesApart).length
    if (wanted === 0) continue
    const page = await objects.list({ tenant: row.tenant, prefix: sealedObjectPrefix(row), limit: wanted })
    missing += wanted - page.items.length
  }
  return missing === 0 ? [] : [`${missing} objects that rows name are missing.`]
}

/** Every tenant's data keys (core/src/scope/data-keys.ts), without a look at what they seal. */
async function keyCheck(
  directory: string,
  database: DatabaseSync,
  { masterKey, clock }: CheckOptions,
): Promise<Pick<BackupCheck, 'keys' | 'keyProblem'>> {
  if (!masterKey) return {}
  try {
    const service = new LocalKeyService({ directory, masterKey, clock, readOnly: true })
    const rows = database.prepare(`SELECT ${rowColumns} FROM record WHERE instr(key, ?) > 0`)
    const keys = { opened: 0, unusable: 0, broken: 0 }
    for (const stored of rows.iterate('\x1fdata-keys\x1fdata-keys\x1f')) {
      const row = decodeRow(stored as unknown as StoredRow)
      if (row.collection === 'data-keys') keys[await tryKey(row, service)]++
    }
    return { keys, ...(keys.broken > 0 && { keyProblem: `${keys.broken} of the tenants' keys don't open.` }) }
  } catch (error) {
    if (PlinthError.is(error) && error.code === 'master_key_wrong') return { keyProblem: error.message }
    throw error
  }
}

async function tryKey(row: Row, service: LocalKeyService): Promise<keyof KeyCheck> {
  try {
    await service.unwrap(String(row.index.alias), row.sealed.key ?? new Uint8Array(), dataKeyContext(row.tenant, row.schema))
    return 'opened'
  } catch (error) {
    return error instanceof KeyUnusableError && error.code !== 'key_absent' ? 'unusable' : 'broken'
  }
}

function few(problems: readonly string[]): readonly string[] {
  const more = problems.length - namedProblems
  return more > 0 ? [...problems.slice(0, namedProblems), `And ${more} more.`] : problems
}
