import { glob, lstat, readdir } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { InvalidInputError } from '@plinth/core'

export interface DocumentFile {
  readonly path: string
  /** The document's name: the path as seen from here, with `/` between its parts. */
  readonly source: string
  readonly bytes: number
}

/** Folders that hold no documents of anyone's. */
const passedOver = new Set(['node_modules', '.git'])

/**
 * The files that paths name: files, folders with all below them, and patterns such as `docs/**` + `/*.md`; hidden ones below a folder
 * are passed over. Each once, in order of their names.
 * @throws InvalidInputError for a path that names nothing.
 */
export async function documentFiles(paths: readonly string[]): Promise<readonly DocumentFile[]> {
  const found = new Map<string, DocumentFile>()
  for (const path of paths) {
    let any = false
    for await (const file of filesOf(path)) {
      any = true
      const source = relative(process.cwd(), resolve(file)).split(sep).join('/')
      found.set(resolve(file), { path: file, source, bytes: (await lstat(file)).size })
    }
    if (!any) throw new InvalidInputError(`There are no files at ${path}.`, { field: 'paths' })
  }
  return [...found.values()].sort((left, right) => (left.source < right.source ? -1 : 1))
}

async function* filesOf(path: string): AsyncGenerator<string> {
  const kind = await kindOf(path)
  if (kind === 'file') yield path
  else if (kind === 'folder') yield* filesBelow(path)
  else for await (const match of glob(path)) if ((await kindOf(match)) === 'file') yield match
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || passedOver.has(entry.name)) continue
    if (entry.isFile()) yield join(folder, entry.name)
    else if (entry.isDirectory()) yield* filesBelow(join(folder, entry.name))
  }
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isFile()) return 'file'
  return found?.isDirectory() ? 'folder' : undefined
}
