import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { copyFile, link, open, rm } from 'node:fs/promises'
import { systemCode } from '../durable-files.ts'

export interface FileDigest {
  readonly bytes: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
}

type Way = 'clone' | 'link' | 'copy'

/** What file systems say that can't do a thing, or not here: no clones, no links, another disk, too many links. */
const cannot = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'ENOTTY', 'EINVAL', 'EXDEV', 'EPERM', 'EACCES', 'EMLINK'])

/**
 * Puts files that never change under a second name, in the cheapest way that the two folders' file systems have: a clone
 * that shares blocks until one of them changes, else a hard link, else a copy.
 */
export class FileCopier {
  readonly #ways: Way[] = ['clone', 'link', 'copy']

  /** Durable when it resolves, but for its name. Takes the place of a file that is there. */
  async place(from: string, to: string): Promise<void> {
    for (;;) {
      const way = this.#ways[0] ?? 'copy'
      try {
        await rm(to, { force: true })
        return await place[way](from, to)
      } catch (error) {
        if (way === 'copy' || !cannot.has(systemCode(error) ?? '')) throw error
        // Several files are on their way at a time; the way that failed is given up once.
        if (this.#ways[0] === way) this.#ways.shift()
      }
    }
  }
}

const place: Readonly<Record<Way, (from: string, to: string) => Promise<void>>> = {
  clone: async (from, to) => {
    await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    await sync(to)
  },
  // The content is on the disk since it was put there.
  link,
  copy: copyDurably,
}

/** A file of its own, mode 0600, fsynced. */
export async function copyDurably(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_EXCL)
  await sync(to)
}

export async function digestOf(path: string): Promise<FileDigest> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    hash.update(piece)
    bytes += piece.byteLength
  }
  return { bytes, sha256: hash.digest('hex') }
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.chmod(0o600)
    await file.sync()
  } finally {
    await file.close()
  }
}
