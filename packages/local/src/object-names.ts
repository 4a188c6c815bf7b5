/**
 * How names of objects lie on the disk: as a tree of folders, so that a listing reads only the folders on its way, in
 * order, and needs no index that could disagree with what is there. (Files named by a hash would put every listing of a
 * tenant through all its files' headers.)
 *
 * A part of a name becomes `part=d` (a folder) or, the last one, `part=o` (the object), so that `a` and `a/b` live side by
 * side. Capitals become `+` and the small letter, for file systems that don't tell them apart. A part of 100 characters or
 * more is cut: its first 100 become a folder `…=c`, the rest (perhaps nothing) lies inside; so no component passes 202 of
 * the 255 bytes that file systems take. Neither `=` nor `+` is allowed in a name, hence nothing can be mistaken, and no
 * component is `.` or `..`. The longest path below the store has about 1,300 characters (Linux takes 4,096; of macOS's
 * 1,024 a name of 512 capitals, or of 256 parts, is too long).
 * @module
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isObjectName } from '@plinth/core'
import { storageError, systemCode } from './durable-files.ts'

const pieceLength = 100

export interface NamedFile {
  readonly name: string
  readonly path: string
}

/** A tenant's folder; no suffix, so that other folders (with one) can lie beside. */
export function tenantDirectory(directory: string, tenant: string): string {
  return join(directory, encode(tenant))
}

/** Where the object of a valid name lies, below its tenant's folder. */
export function objectPath(tenantPath: string, name: string): string {
  return join(tenantPath, ...components(name, 'o'))
}

/**
 * The names below a tenant's folder in byte order, those that begin with `prefix` and come after `after`. Holds one folder's
 * entries in memory for each level: about 100 bytes an entry, 100 MB for a million objects in one folder.
 */
export async function* objectNames(tenantPath: string, prefix: string, after: string): AsyncGenerator<NamedFile> {
  // Straight to the folder that the prefix names in full; what isn't a name has nothing below it.
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  if (folder === '') yield* walk(tenantPath, '', prefix, after)
  else if (isObjectName(folder.slice(0, -1)))
    yield* walk(join(tenantPath, ...components(folder.slice(0, -1), 'd')), folder, prefix, after)
}

async function* walk(directory: string, base: string, prefix: string, after: string): AsyncGenerator<NamedFile> {
  const entries = (await entriesOf(directory)).map(decode).filter((entry) => entry !== undefined)
  // A folder sorts with its slash, so its names come where they belong among names such as `a-b` (before `a/`) and `a0` (after).
  entries.sort((left, right) => (left.text < right.text ? -1 : 1))
  for (const { text, file, isObject } of entries) {
    const name = base + text
    const path = join(directory, file)
    if (isObject) {
      if (name.startsWith(prefix) && name > after) yield { name, path }
    } else if ((name.startsWith(prefix) || prefix.startsWith(name)) && (name > after || after.startsWith(name))) {
      yield* walk(path, name, prefix, after)
    }
  }
}

async function entriesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    // Not there, or removed a moment ago with its last object.
    if (systemCode(error) === 'ENOENT') return []
    throw storageError(error)
  }
}

function components(name: string, last: 'o' | 'd'): string[] {
  const parts = name.split('/')
  return parts.flatMap((part, index) => {
    const pieces: string[] = []
    let rest = part
    for (; rest.length >= pieceLength; rest = rest.slice(pieceLength)) pieces.push(`${encode(rest.slice(0, pieceLength))}=c`)
    pieces.push(`${encode(rest)}=${index === parts.length - 1 ? last : 'd'}`)
    return pieces
  })
}

function encode(text: string): string {
  return text.replace(/[A-Z]/g, (capital) => `+${capital.toLowerCase()}`)
}

/** What an entry adds to the name; undefined for what isn't ours. */
function decode(file: string): { readonly text: string; readonly file: string; readonly isObject: boolean } | undefined {
  const kind = file.slice(-2)
  if (kind !== '=o' && kind !== '=d' && kind !== '=c') return undefined
  const part = file.slice(0, -2).replace(/\+([a-z])/g, (_, letter: string) => letter.toUpperCase())
  return { text: kind === '=d' ? `${part}/` : part, file, isObject: kind === '=o' }
}
