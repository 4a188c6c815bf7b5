import { lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { InvalidInputError, PlinthError } from '@plinth/core'
import { makeDirectory, storageError, syncDirectory, systemCode } from '../durable-files.ts'
import { inParallel } from './in-parallel.ts'

/**
 * A folder that is there under its name when everything in it is, and on stable storage; until then it is built beside, under
 * its name and `.partial`. It never takes the place of a folder that holds something.
 */
export class NewFolder {
  readonly path: string
  /** Where to build it. */
  readonly partial: string

  private constructor(path: string) {
    this.path = path
    this.partial = `${path}.partial`
  }

  /**
   * @param outside a folder that it may not lie in.
   * @throws InvalidInputError `target_exists`, `target_inside`, `target_unusable`; PlinthError `target_unfinished`.
   */
  static begin(path: string, outside: string): NewFolder {
    try {
      const folder = new NewFolder(placeOf(path))
      if (isWithin(folder.path, realpathSync(outside)))
        throw refusal('target_inside', `${path} lies in ${outside}. Name a folder outside of it, best on another disk.`)
      checkFree(folder.path)
      makeDirectory(dirname(folder.path))
      folder.#make()
      return folder
    } catch (error) {
      if (PlinthError.is(error) && error.code.startsWith('target_')) throw error
      throw refusal('target_unusable', `${path} can't be made or read by this user. Name a folder that can.`, error)
    }
  }

  #make(): void {
    try {
      mkdirSync(this.partial, { mode: 0o700 })
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
      const message = `${this.partial} is there: another process builds it, or one was cut off. If none runs, remove it.`
      throw new PlinthError('target_unfinished', message, false)
    }
  }

  /** Gives it its name, for good. */
  async finish(): Promise<void> {
    try {
      const below = await readdir(this.partial, { recursive: true, withFileTypes: true })
      const folders = below.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name))
      await inParallel([...folders, this.partial], syncDirectory)
      // Takes the place of an empty folder, and of nothing else.
      renameSync(this.partial, this.path)
      await syncDirectory(dirname(this.path))
    } catch (error) {
      throw storageError(error)
    }
  }

  discard(): void {
    rmSync(this.partial, { recursive: true, force: true })
  }
}

/** Where it will be, with the links on the way resolved. */
function placeOf(path: string): string {
  const absolute = resolve(path)
  for (let above = absolute; ; above = dirname(above))
    if (lstatSync(above, { throwIfNoEntry: false })) return join(realpathSync(above), relative(above, absolute))
}

/** Nothing may be there but an empty folder. */
function checkFree(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found) return
  if (!found.isDirectory()) throw refusal('target_exists', `${path} is a file. Name a folder that isn't there yet.`)
  if (readdirSync(path).length > 0)
    throw refusal(
      'target_exists',
      `${path} is there and not empty, and nothing is written over it. Name another folder, or move that one away.`,
    )
  // A rename can't take its place.
  if (dirname(path) === path || statSync(dirname(path)).dev !== found.dev)
    throw refusal('target_unusable', `${path} is the root of a disk. Name a folder in it.`)
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || !(way === '..' || way.startsWith('../') || resolve(way) === way)
}

function refusal(code: string, message: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(message, { code, field: 'directory', ...(cause === undefined ? {} : { cause }) })
}
