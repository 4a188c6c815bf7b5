import { glob, readdir, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { InvalidInputError } from '@plinth/core'

export interface DocumentFile {
  readonly path: string
  /** The document's name: the path as seen from here, with `/` between its parts; of what lies elsewhere, all of its path. */
  readonly source: string
  readonly bytes: number
}

/** What can't be sent, and why. */
export interface UnreadFile {
  readonly source: string
  readonly error: { readonly code: string; readonly message: string }
}

export interface FoundFiles {
  /** Each once, in order of their names. */
  readonly files: readonly DocumentFile[]
  /** Folders that may not be looked into, and files that are gone again. */
  readonly unread: readonly UnreadFile[]
}

/** Folders that hold no documents of anyone's. */
const passedOver = new Set(['node_modules', '.git'])

/**
 * The files that paths name: files, folders with all below them, and patterns such as `docs/**` + `/*.md`. Below a folder, hidden files
 * are passed over, and links too, which may lead round in circles.
 * @throws InvalidInputError for a path that names nothing.
 */
export async function documentFiles(paths: readonly string[]): Promise<FoundFiles> {
  const found = new Map<string, DocumentFile>()
  const unread: UnreadFile[] = []
  for (const path of paths) {
    let any = false
    const before = unread.length
    for await (const file of filesOf(path, unread)) {
      any = true
      try {
        found.set(resolve(file), { path: file, source: nameOf(file), bytes: (await stat(file)).size })
      } catch (error) {
        unread.push(unreadable(file, error))
      }
    }
    if (!any && unread.length === before)
      unread.push({ source: path, error: { code: 'no_files', message: 'There are no files.' } })
  }
  const [first, ...others] = unread
  if (found.size === 0 && others.length === 0 && first?.error.code === 'no_files')
    throw new InvalidInputError(`There are no files at ${first.source}.`, { field: 'paths' })
  return { files: [...found.values()].sort((left, right) => (left.source < right.source ? -1 : 1)), unread }
}

/** Why a file or folder can't be read. */
export function unreadable(path: string, error: unknown): UnreadFile {
  const { code } = error as { code?: string }
  const reason = reasons[code ?? ''] ?? code ?? 'an unknown fault'
  return { source: nameOf(path), error: { code: 'file_unreadable', message: `It can't be read: ${reason}.` } }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it is not there any more',
  EISDIR: 'it is a folder now',
  EMFILE: 'too many files are open',
  EIO: 'the disk fails',
}

function nameOf(path: string): string {
  const whole = resolve(path)
  const fromHere = relative(process.cwd(), whole)
  const isElsewhere = fromHere === '..' || fromHere.startsWith(`..${sep}`)
  return (isElsewhere ? whole : fromHere).split(sep).join('/')
}

async function* filesOf(path: string, unread: UnreadFile[]): AsyncGenerator<string> {
  const kind = await kindOf(path)
  if (kind === 'file') yield path
  else if (kind === 'folder') yield* filesBelow(path, unread)
  else for await (const match of glob(path)) if ((await kindOf(match)) === 'file') yield match
}

async function* filesBelow(folder: string, unread: UnreadFile[]): AsyncGenerator<string> {
  try {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.') || passedOver.has(entry.name)) continue
      if (entry.isFile()) yield join(folder, entry.name)
      else if (entry.isDirectory()) yield* filesBelow(join(folder, entry.name), unread)
    }
  } catch (error) {
    unread.push(unreadable(folder, error))
  }
}

/** Of what a link leads to, too: it was named, or met a pattern. */
async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return 'file'
  return found?.isDirectory() ? 'folder' : undefined
}
