import { rmSync } from 'node:fs'
import { link, mkdir, rename, rm, rmdir, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import {
  type Clock,
  ConflictError,
  checkObjectName,
  checkObjectQuery,
  cutRange,
  type ObjectHead,
  type ObjectKey,
  type ObjectPage,
  type ObjectQuery,
  type ObjectRange,
  type ObjectStore,
  UnavailableError,
} from '@plinth/core'
import { guarded, makeDirectory, storageError, syncDirectory, systemCode, temporaryName } from './durable-files.ts'
import { readObject, readObjectHead, readObjectPieces, writeObject } from './object-file.ts'
import { type NamedFile, objectNames, objectPath, tenantDirectory } from './object-names.ts'

export interface FileObjectStoreOptions {
  /** Of this store alone. Made when it isn't there. */
  readonly directory: string
  readonly clock: Clock
  /** For a process that reads a folder while another writes it: nothing is made, put, deleted or cleaned up. */
  readonly readOnly?: boolean
}

const rememberedDirectories = 10_000
const headsAtOnce = 16

/**
 * Objects as files (mode 0600) in folders (0700), one writing process at a time.
 *
 * A put writes a file that nobody sees, fsyncs it, gives it its name (rename, or for `ifAbsent` link, which fails when the
 * name is taken) and fsyncs the folders: three trips to the disk when the folder is new, else two. What a crash leaves half
 * written lies apart and is removed at the next start. A listing reads the folders on its way and one header an item.
 */
export class FileObjectStore implements ObjectStore {
  readonly #directory: string
  readonly #incoming: string
  readonly #clock: Clock
  readonly #readOnly: boolean
  /** Folders that are known to be on stable storage, up to the root. Forgotten when they are removed, or too many. */
  readonly #durable = new Set<string>()
  #removing = 0
  #removals = 0

  constructor(options: FileObjectStoreOptions) {
    this.#directory = resolve(options.directory)
    // No tenant's folder has an `=` in its name.
    this.#incoming = join(this.#directory, '=incoming')
    this.#clock = options.clock
    this.#readOnly = options.readOnly ?? false
    if (this.#readOnly) return
    try {
      rmSync(this.#incoming, { recursive: true, force: true })
    } catch (error) {
      throw storageError(error)
    }
    makeDirectory(this.#incoming)
  }

  async put(
    key: ObjectKey,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: { readonly ifAbsent?: boolean } = {},
  ): Promise<ObjectHead> {
    checkObjectName(key)
    this.#checkWritable()
    const path = this.#path(key)
    const temporary = temporaryName(join(this.#incoming, 'put'))
    const ifAbsent = options.ifAbsent ?? false
    // Refused before gigabytes are written; the link decides for good.
    if (ifAbsent && (await readObjectHead(path, key.name))) throw taken(key)
    try {
      const head = await writeObject(temporary, content, { name: key.name, modified: this.#clock.now() })
      if (!(await this.#place(temporary, path, ifAbsent))) throw taken(key)
      return head
    } finally {
      await rm(temporary, { force: true }).catch(() => undefined)
    }
  }

  async get(key: ObjectKey, range?: ObjectRange): Promise<Uint8Array | undefined> {
    checkObjectName(key)
    cutRange(range, 0)
    return readObject(this.#path(key), key.name, range)
  }

  async stream(key: ObjectKey): Promise<AsyncIterable<Uint8Array> | undefined> {
    const head = await this.head(key)
    return head && readObjectPieces(this.#path(key), key.name)
  }

  async head(key: ObjectKey): Promise<ObjectHead | undefined> {
    checkObjectName(key)
    return readObjectHead(this.#path(key), key.name)
  }

  async list(query: ObjectQuery): Promise<ObjectPage> {
    checkObjectQuery(query)
    const found: NamedFile[] = []
    for await (const file of objectNames(tenantDirectory(this.#directory, query.tenant), query.prefix ?? '', query.after ?? '')) {
      found.push(file)
      if (found.length > query.limit) break
    }
    const page = found.slice(0, query.limit)
    const items: ObjectHead[] = []
    for (let start = 0; start < page.length; start += headsAtOnce) {
      const heads = await Promise.all(page.slice(start, start + headsAtOnce).map(({ path, name }) => readObjectHead(path, name)))
      // One that was deleted since its folder was read is left out.
      for (const head of heads) if (head) items.push(head)
    }
    const last = page.at(-1)
    return last && found.length > query.limit ? { items, after: last.name } : { items }
  }

  async delete(key: ObjectKey): Promise<void> {
    checkObjectName(key)
    this.#checkWritable()
    const path = this.#path(key)
    try {
      await unlink(path)
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return
      throw storageError(error)
    }
    await guarded(this.#prune(dirname(path)))
  }

  /** Gives a finished file its name, for good. False when it may not replace what is there. */
  async #place(temporary: string, path: string, ifAbsent: boolean): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await (ifAbsent ? link(temporary, path) : rename(temporary, path))
        break
      } catch (error) {
        if (ifAbsent && systemCode(error) === 'EEXIST') return false
        // No folder yet; or a delete removed it, empty, since it was made.
        if (systemCode(error) !== 'ENOENT' || attempt === 100) throw storageError(error)
      }
      await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((error: unknown) => {
        // What Node says when a folder above is removed meanwhile.
        if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw storageError(error)
      })
    }
    await guarded(this.#sync(dirname(path)))
    return true
  }

  /** Fsyncs a folder that something was named in, and those above it that may be new. */
  async #sync(directory: string): Promise<void> {
    const removals = this.#removals
    const removing = this.#removing > 0
    const made: string[] = []
    await syncNearest(directory)
    for (
      let current = directory;
      current !== this.#directory && (removing || !this.#durable.has(current));
      current = dirname(current)
    ) {
      made.push(current)
      await syncNearest(dirname(current))
    }
    // While folders are removed, one of the same name may already be another, which isn't durable yet.
    if (removing || removals !== this.#removals) return
    if (this.#durable.size > rememberedDirectories) this.#durable.clear()
    for (const path of made) this.#durable.add(path)
  }

  /** Removes folders that a delete left empty (a name shouldn't outlive its object), and makes the delete durable. */
  async #prune(directory: string): Promise<void> {
    this.#removals++
    this.#removing++
    let current = directory
    try {
      for (; current !== this.#directory; current = dirname(current)) {
        try {
          await rmdir(current)
        } catch (error) {
          if (systemCode(error) === 'ENOTEMPTY' || systemCode(error) === 'EEXIST') break
          if (systemCode(error) !== 'ENOENT') throw error
        }
        this.#durable.delete(current)
      }
    } finally {
      this.#removing--
    }
    await syncNearest(current)
  }

  #path(key: ObjectKey): string {
    return objectPath(tenantDirectory(this.#directory, key.tenant), key.name)
  }

  #checkWritable(): void {
    if (this.#readOnly) throw new UnavailableError('read_only', 'This process only reads the data folder.')
  }
}

function taken(key: ObjectKey): ConflictError {
  return new ConflictError(`objects/${key.tenant}/${key.name}`)
}

/** Fsyncs a folder or, when it was removed meanwhile, the nearest one above: its removal is what must last then. */
async function syncNearest(directory: string): Promise<void> {
  for (let current = directory; ; current = dirname(current)) {
    try {
      return await syncDirectory(current)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || current === dirname(current)) throw error
    }
  }
}
