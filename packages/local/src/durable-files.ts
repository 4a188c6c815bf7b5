/**
 * Files that are there, whole, after a loss of power: written beside, fsynced, then named, and the folder fsynced.
 * @module
 */
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { threadId } from 'node:worker_threads'
import { PlinthError, UnavailableError } from '@plinth/core'

let made = 0

/** A name beside `path` that no other process, thread or call uses now. */
export function temporaryName(path: string): string {
  return `${path}.${process.pid}-${threadId}-${++made}.new`
}

/** Makes a file that only its owner may read or write, unless it is there; for those who would make it for all. */
export function touchOwn(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw storageError(error)
  }
}

/** The system's code of an error, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** What callers are told of a failed read or write: `storage_full` or `storage_failed`, with the cause. */
export function storageError(cause: unknown): PlinthError {
  if (PlinthError.is(cause)) return cause
  const code = systemCode(cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') return new UnavailableError('storage_full', 'The disk is full.', { cause })
  return new UnavailableError('storage_failed', `The disk could not be read or written (${code ?? 'unknown reason'}).`, { cause })
}

/** The work's result, its failure as {@link storageError}. */
export async function guarded<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (error) {
    throw storageError(error)
  }
}

/** Makes what is listed in a folder durable. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes a folder, and those above it, readable by this user only and durable. For start-up: waits for the disk. */
export function makeDirectory(path: string): void {
  try {
    // One by one: Node's own way goes round for ever where a folder can't be made below one that is there, as in /proc.
    const missing: string[] = []
    for (let current = resolve(path); !existsSync(current); current = dirname(current)) missing.push(current)
    for (const folder of missing.toReversed()) {
      makeOne(folder)
      syncDirectoryNow(dirname(folder))
    }
    if (missing.length === 0 && !statSync(path).isDirectory()) mkdirSync(path)
  } catch (error) {
    throw storageError(error)
  }
}

function makeOne(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(folder).isDirectory()) throw error
  }
}

/** Makes a file of mode 0600 unless there is one, whole or not at all, also when two processes do it at once. For start-up. */
export function createFile(path: string, content: string): void {
  const temporary = temporaryName(path)
  try {
    const file = openSync(temporary, 'wx', 0o600)
    try {
      writeFileSync(file, content)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    // A link, unlike a rename, fails when the name is taken.
    linkSync(temporary, path)
  } catch (error) {
    // Another process was first; it may have taken our file for a leftover, too.
    if (systemCode(error) !== 'EEXIST' && !existsSync(path)) throw storageError(error)
  } finally {
    rmSync(temporary, { force: true })
  }
  syncDirectoryNow(dirname(path))
}

/**
 * Puts new content, mode 0600, in a file's place: a reader, or a start after a crash, finds the old or the new, whole.
 * @param options `erase` overwrites the old content on the disk too, as far as a file system does that at all.
 */
export async function replaceFile(path: string, content: string, options: { readonly erase?: boolean } = {}): Promise<void> {
  const temporary = temporaryName(path)
  let old: FileHandle | undefined
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    if (options.erase) old = await open(path, 'r+')
    await rename(temporary, path)
    await syncDirectory(dirname(path))
    if (old) await erase(old)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw storageError(error)
  } finally {
    await old?.close()
  }
}

async function erase(file: FileHandle): Promise<void> {
  const { nlink, size } = await file.stat()
  // Someone who made a hard link, as some backups do, wants to keep the content.
  if (nlink > 0) return
  await file.write(Buffer.alloc(size), 0, size, 0)
  await file.sync()
}

function syncDirectoryNow(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
