import type { Dirent } from 'node:fs'
import { lstat, mkdir, opendir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '@plinth/core'
import { systemCode } from '../durable-files.ts'
import { signature } from '../keyring.ts'
import { digestOf, FileCopier, type FileDigest } from './file-copier.ts'
import { inParallel } from './in-parallel.ts'

/**
 * Whoever removes an object leaves it an hour from its put (the sweeper's rule for orphans), since a commit that names it may
 * be on its way. What lies between the last pass before a snapshot and the pass after it must be well within that.
 */
const quickMilliseconds = 15 * 60_000

interface Copied extends FileDigest {
  /** Tells the file that was copied from another one under its name. */
  readonly signature: string
}

/**
 * The files of an ObjectStore, copied while it is in use, so that every object that a row of a snapshot names is there. An
 * object is put before the row that names it, so one pass after the snapshot began finds what is new; and a row goes before
 * its object does, so what a pass before it found is kept, also when it is gone meanwhile.
 */
export class ObjectCopies {
  readonly files: Map<string, Copied> = new Map()
  readonly #from: string
  readonly #to: string
  readonly #copier: FileCopier = new FileCopier()
  readonly #clock: Clock
  readonly #signal: AbortSignal | undefined

  constructor(options: {
    readonly from: string
    readonly to: string
    readonly clock: Clock
    readonly signal?: AbortSignal | undefined
  }) {
    this.#from = options.from
    this.#to = options.to
    this.#clock = options.clock
    this.#signal = options.signal
  }

  /** Passes until one was quick: what is new after it will be young when the snapshot begins. */
  async catchUp(): Promise<void> {
    let started: number
    do {
      started = this.#clock.now()
      await this.pass()
    } while (this.#clock.now() - started > quickMilliseconds)
  }

  /** Copies what is there and wasn't copied yet. */
  async pass(): Promise<void> {
    await mkdir(this.#to, { recursive: true, mode: 0o700 })
    await inParallel(filesBelow(this.#from), (path) => this.#copy(path))
  }

  async #copy(path: string): Promise<void> {
    this.#signal?.throwIfAborted()
    const from = join(this.#from, path)
    const to = join(this.#to, path)
    const before = this.files.get(path)
    let found: string
    try {
      found = signature(await lstat(from, { bigint: true }))
      if (before?.signature === found) return
      await mkdir(dirname(to), { recursive: true, mode: 0o700 })
      // What an earlier pass copied goes when there is something in its place.
      await this.#copier.place(from, before ? `${to}.new` : to)
    } catch (error) {
      // Deleted since its folder was read.
      if (systemCode(error) === 'ENOENT') return
      throw error
    }
    if (before) await rename(`${to}.new`, to)
    this.files.set(path, { ...(await digestOf(to)), signature: found })
  }
}

/** Every file below a folder, as a path from it; but what is being put, which nobody sees yet. */
async function* filesBelow(root: string, path = ''): AsyncGenerator<string> {
  for await (const entry of entriesOf(join(root, path))) {
    const below = path === '' ? entry.name : `${path}/${entry.name}`
    if (below === '=incoming') continue
    if (entry.isDirectory()) yield* filesBelow(root, below)
    else if (entry.isFile()) yield below
  }
}

async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(folder, { bufferSize: 256 })
  } catch (error) {
    // Removed, with its last object.
    if (systemCode(error) !== 'ENOENT') throw error
  }
}
