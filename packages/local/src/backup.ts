import { accessSync, constants, existsSync, realpathSync, statfsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Clock, InvalidInputError, PlinthError, UnavailableError } from '@plinth/core'
import { systemClock } from '@plinth/outbound'
import { type BackupCheck, checkBackup } from './backup/check.ts'
import { copyDurably, digestOf } from './backup/file-copier.ts'
import { keyAtHand } from './backup/key-at-hand.ts'
import { type BackupFile, type Manifest, writeManifest } from './backup/manifest.ts'
import { NewFolder } from './backup/new-folder.ts'
import { ObjectCopies } from './backup/object-copies.ts'
import { Snapshot } from './backup/snapshot.ts'
import { asUnavailable, isFatal } from './database/schema.ts'
import { createFile, storageError } from './durable-files.ts'
import { damaged, readKeyringFile } from './keyring.ts'
import type { MasterKey, MasterKeyOptions } from './master-key.ts'

export interface BackupOptions extends MasterKeyOptions {
  /** The backup, a folder that isn't there yet. */
  readonly target: string
  /** Of the Plinth that makes it. */
  readonly version: string
  /** Also the key file of the data folder; who has such a backup can read everything. */
  readonly withMasterKey?: boolean
  /** Reads every byte of the backup again. */
  readonly thorough?: boolean
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** Called after each step of the database's copy. */
  onStep?(): void
}

export interface Backup {
  readonly directory: string
  readonly manifest: Manifest
  /** Where the master key is, without which the backup can't be read; undefined when it isn't at hand. */
  readonly masterKey: MasterKey['source'] | undefined
  readonly sameDisk: boolean
  readonly check: BackupCheck
}

/** What must be left on the disk, for the server that may run beside. */
const spareBytes = 16 * 1024 ** 2

/**
 * Copies a data folder as it was at one moment, whether a server runs on it or not: all that was acknowledged before the
 * call is in the copy. Blocks no writer, and changes nothing in the folder. The copy is there whole, or not at all.
 * @throws InvalidInputError `not_a_data_folder`, `folder_unreadable`, `target_exists`, `target_inside`, `target_unusable`,
 * `master_key_elsewhere`; PlinthError `not_started`, `target_unfinished`, `storage_full`, `newer_file`, `foreign_file`,
 * `database_damaged`, `keyring_damaged`, `interrupted`.
 */
export async function backUp(options: BackupOptions): Promise<Backup> {
  const { clock = systemClock, signal } = options
  const directory = dataFolder(options.directory)
  const masterKey = keyAtHand({ ...options, directory })
  if (options.withMasterKey && masterKey?.source !== 'folder') throw keyElsewhere(directory)
  const folder = NewFolder.begin(options.target, directory)
  try {
    checkRoom(folder, databaseBytes(directory))
    const manifest = await copyFolder(directory, folder.partial, options)
    const thorough = options.thorough ?? false
    const check = await checkBackup(folder.partial, manifest, { clock, masterKey: masterKey?.key, thorough })
    if (check.problems.length > 0) throw unsound(check.problems)
    await writeManifest(folder.partial, manifest)
    signal?.throwIfAborted()
    await folder.finish()
    const sameDisk = statSync(folder.path).dev === statSync(directory).dev
    return { directory: folder.path, manifest, masterKey: masterKey?.source, sameDisk, check }
  } catch (error) {
    folder.discard()
    throw reasonOf(error, folder, signal)
  }
}

async function copyFolder(directory: string, target: string, options: BackupOptions): Promise<Manifest> {
  const { signal, onStep, withMasterKey, clock = systemClock } = options
  const objects = new ObjectCopies({ from: join(directory, 'objects'), to: join(target, 'objects'), clock, signal })
  await objects.catchUp()
  const snapshot = Snapshot.take(join(directory, 'plinth.db'))
  let held: Pick<Manifest, 'made' | 'schema' | 'rows'>
  try {
    held = { made: new Date(clock.now()).toISOString(), schema: snapshot.version, rows: snapshot.rows() }
    await objects.pass()
    // After the snapshot began, so that it holds the key of each of its rows.
    createFile(join(target, 'keyring.json'), keyringText(join(directory, 'keyring.json')))
    if (withMasterKey) await copyDurably(join(directory, 'master.key'), join(target, 'master.key'))
    await snapshot.copyTo(join(target, 'plinth.db'), { signal, onStep })
  } finally {
    // While it is open the server's log can't begin anew.
    snapshot.close()
  }
  const files: BackupFile[] = []
  for (const path of ['plinth.db', 'keyring.json', ...(withMasterKey ? ['master.key'] : [])])
    files.push({ path, ...(await digestOf(join(target, path))) })
  const objectFiles = [...objects.files].map(([path, { bytes, sha256 }]) => ({ path: `objects/${path}`, bytes, sha256 }))
  return {
    plinth: options.version,
    ...held,
    objects: { count: objectFiles.length, bytes: bytesOf(objectFiles) },
    bytes: bytesOf(files) + bytesOf(objectFiles),
    files: [...files, ...objectFiles],
  }
}

function dataFolder(path: string): string {
  const directory = resolve(path)
  for (const name of ['plinth.db', 'keyring.json']) {
    const file = join(directory, name)
    if (!existsSync(file)) throw refusal('not_a_data_folder', `${directory} is no data folder of Plinth: it holds no ${name}.`)
    try {
      accessSync(file, constants.R_OK)
    } catch (cause) {
      throw refusal('folder_unreadable', `This user may not read ${file}. Run it as the user that Plinth runs as.`, cause)
    }
  }
  return realpathSync(directory)
}

/** The file's content, whole: it may be replaced, and its old content overwritten, while it is read. */
function keyringText(path: string): string {
  for (let attempt = 1; ; attempt++) {
    const text = readKeyringFile(path)?.text ?? ''
    try {
      JSON.parse(text)
      return text
    } catch (cause) {
      if (attempt === 3) throw damaged(path, 'it is gone, not JSON, or was cut off', cause)
    }
  }
}

function databaseBytes(directory: string): number {
  const snapshot = Snapshot.take(join(directory, 'plinth.db'))
  try {
    return snapshot.bytes
  } finally {
    snapshot.close()
  }
}

function checkRoom(folder: NewFolder, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder.partial)
  if (bavail * bsize < bytes + spareBytes) throw noRoom(folder)
}

function bytesOf(files: readonly BackupFile[]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0)
}

/** What the person who asked for it is told. */
function reasonOf(error: unknown, folder: NewFolder, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return new PlinthError('interrupted', 'Interrupted: nothing of the backup was kept.', true)
  const fault = faultOf(error)
  return fault.code === 'storage_full' ? noRoom(folder, error) : fault
}

const cannotOpen = 14

function faultOf(error: unknown): PlinthError {
  const { errcode } = error as { readonly errcode?: unknown }
  if (typeof errcode !== 'number') return storageError(error)
  if (isFatal(error)) return unsound([])
  if ((errcode & 0xff) !== cannotOpen) return asUnavailable(error)
  // SQLite needs to make a file beside a database to read it.
  const words = "The database can't be opened where it is, as on a disk that can only be read."
  return refusal(
    'folder_unreadable',
    `${words} Copy the folder, with no server on it, to another disk, and back up that copy.`,
    error,
  )
}

function noRoom(folder: NewFolder, cause?: unknown): PlinthError {
  const message = `There is not enough room for a backup in ${dirname(folder.path)}. Nothing of it was kept.`
  return new UnavailableError('storage_full', message, { cause })
}

function unsound(problems: readonly string[]): PlinthError {
  const message = `The copy of the database is not sound, so it was not kept. ${problems.join(' ')}`.trim()
  return new PlinthError('database_damaged', `${message} Look at the data folder with plinth doctor --deep.`, false)
}

function keyElsewhere(directory: string): InvalidInputError {
  return refusal(
    'master_key_elsewhere',
    `The master key doesn't lie in ${directory}, so it can't be put into the backup. Keep a copy of it where it is.`,
  )
}

function refusal(code: string, message: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(message, { code, field: 'directory', cause })
}
