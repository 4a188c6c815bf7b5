import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PlinthError } from '@plinth/core'
import { systemCode } from '../durable-files.ts'
import type { FileDigest } from './file-copier.ts'
import type { Rows } from './snapshot.ts'

const manifestName = 'manifest.json'
const format = 1

export interface BackupFile extends FileDigest {
  /** From the backup's folder, with slashes. */
  readonly path: string
}

/** What a backup says of itself. It is written last: a folder without one is no backup. */
export interface Manifest {
  /** The Plinth that made it. */
  readonly plinth: string
  /** When the snapshot was taken, RFC 3339. */
  readonly made: string
  /** Version of the database's tables. */
  readonly schema: number
  readonly rows: Rows
  readonly objects: { readonly count: number; readonly bytes: number }
  /** Of all files but this one. */
  readonly bytes: number
  readonly files: readonly BackupFile[]
}

/** Writes it, fsynced, a line a file: a million files make 150 MB. */
export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  const { files, ...head } = manifest
  const file = await open(join(directory, manifestName), 'wx', 0o600)
  try {
    await file.write(`${JSON.stringify({ format, ...head }, undefined, 1).slice(0, -2)},\n "files": [\n`)
    await writeLines(file, files)
    await file.write(' ]\n}\n')
    await file.sync()
  } finally {
    await file.close()
  }
}

async function writeLines(file: FileHandle, files: readonly BackupFile[]): Promise<void> {
  const linesAtATime = 10_000
  for (let start = 0; start < files.length; start += linesAtATime) {
    const lines = files.slice(start, start + linesAtATime).map((one, index) => {
      const isLast = start + index === files.length - 1
      return `  ${JSON.stringify(one)}${isLast ? '' : ','}\n`
    })
    await file.write(lines.join(''))
  }
}

/** @throws PlinthError `not_a_backup`, `backup_newer`. */
export async function readManifest(directory: string): Promise<Manifest> {
  let manifest: (Partial<Manifest> & { readonly format?: unknown }) | null
  try {
    manifest = JSON.parse(await readFile(join(directory, manifestName), 'utf8')) as typeof manifest
  } catch (cause) {
    const missing = systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR'
    throw noBackup(`${directory} holds no ${manifestName}${missing ? '' : ' that can be read'}`, cause)
  }
  if (typeof manifest?.format === 'number' && manifest.format > format)
    throw new PlinthError('backup_newer', `A newer version of Plinth made ${directory}. Use that one.`, false)
  const { files } = manifest ?? {}
  if (manifest?.format !== format || !Array.isArray(files) || !files.every(isFile) || typeof manifest.rows !== 'object')
    throw noBackup(`${directory} holds a ${manifestName} of another form`)
  return manifest as Manifest
}

const names = new Set(['plinth.db', 'keyring.json', 'master.key'])
const objectPath = /^objects(?:\/[a-z0-9+._=-]+)+$/

/** A path leads nowhere but into the backup, whoever wrote the manifest. */
function isFile(file: BackupFile | null): boolean {
  if (typeof file?.path !== 'string' || !Number.isSafeInteger(file.bytes) || !/^[0-9a-f]{64}$/.test(file.sha256)) return false
  return names.has(file.path) || (objectPath.test(file.path) && !file.path.split('/').some((part) => /^\.{1,2}$/.test(part)))
}

function noBackup(why: string, cause?: unknown): PlinthError {
  return new PlinthError('not_a_backup', `${why}, so it is no backup, or one that was cut off.`, false, { cause })
}
