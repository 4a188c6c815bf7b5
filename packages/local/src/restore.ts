import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { type Clock, InvalidInputError, PlinthError, UnavailableError } from '@plinth/core'
import { systemClock } from '@plinth/outbound'
import { type BackupCheck, checkBackup } from './backup/check.ts'
import { copyDurably, FileCopier } from './backup/file-copier.ts'
import { inParallel } from './backup/in-parallel.ts'
import { keyAtHand } from './backup/key-at-hand.ts'
import { type Manifest, readManifest } from './backup/manifest.ts'
import { NewFolder } from './backup/new-folder.ts'
import { storageError } from './durable-files.ts'
import type { MasterKey, MasterKeyOptions } from './master-key.ts'

export interface RestoreOptions extends Pick<MasterKeyOptions, 'masterKey' | 'masterKeyFile'> {
  /** The backup. */
  readonly source: string
  /** The data folder to make, which isn't there yet. */
  readonly directory: string
  readonly signal?: AbortSignal
  readonly clock?: Clock
}

export interface Restored {
  readonly directory: string
  readonly manifest: Manifest
  /** Where the master key is that opens it; undefined when none is at hand. */
  readonly masterKey: MasterKey['source'] | undefined
  readonly check: BackupCheck
}

/**
 * Makes a data folder from a backup, which stays as it is. Nothing is made unless every byte is what the manifest says, and
 * the master key at hand, if there is one, is the right one.
 * @throws InvalidInputError `target_exists`, `target_inside`, `target_unusable`, `master_key_wrong`; PlinthError
 * `not_a_backup`, `backup_newer`, `backup_damaged`, `target_unfinished`, `storage_full`, `interrupted`.
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { signal } = options
  const source = resolve(options.source)
  const { manifest, masterKey, check } = await lookThroughBackup(options)
  if (check.problems.length > 0)
    throw new PlinthError('backup_damaged', `The backup ${source} is damaged. ${check.problems.join(' ')}`, false)
  if (check.keyProblem !== undefined) throw new InvalidInputError(check.keyProblem, { code: 'master_key_wrong' })
  const folder = NewFolder.begin(options.directory, source)
  try {
    const copier = new FileCopier()
    await inParallel(manifest.files, async ({ path }) => {
      signal?.throwIfAborted()
      const to = join(folder.partial, path)
      await mkdir(dirname(to), { recursive: true, mode: 0o700 })
      // Only objects never change: what else shared its blocks would change the backup.
      if (path.startsWith('objects/')) await copier.place(join(source, path), to)
      else await copyDurably(join(source, path), to)
    })
    await folder.finish()
    return { directory: folder.path, manifest, masterKey, check }
  } catch (error) {
    folder.discard()
    if (signal?.aborted) throw new PlinthError('interrupted', 'Interrupted: nothing was restored.', true)
    const fault = storageError(error)
    if (fault.code !== 'storage_full') throw fault
    throw new UnavailableError('storage_full', `There is not enough room for the data in ${dirname(folder.path)}.`, {
      cause: error,
    })
  }
}

export interface LookedThrough {
  readonly manifest: Manifest
  readonly masterKey: MasterKey['source'] | undefined
  readonly check: BackupCheck
}

/** Reads every byte of a backup. @throws PlinthError `not_a_backup`, `backup_newer`, `keyring_damaged`. */
export async function lookThroughBackup(options: Omit<RestoreOptions, 'directory' | 'signal'>): Promise<LookedThrough> {
  const { clock = systemClock } = options
  const source = resolve(options.source)
  const manifest = await readManifest(source)
  const masterKey = keyAtHand({ ...options, directory: source })
  const check = await checkBackup(source, manifest, { clock, masterKey: masterKey?.key, thorough: true })
  return { manifest, masterKey: masterKey?.source, check }
}
