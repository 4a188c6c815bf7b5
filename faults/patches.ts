import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A change of a source that takes a behaviour out of it. */
export interface Patch {
  /** From the checkout's root. */
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
}

/**
 * @param folder of a copy of the sources.
 * @throws Error when one no longer applies: then it must be written anew, or nobody knows whether its fault would be found.
 */
export function applyPatches(folder: string, name: string, patches: readonly Patch[]): void {
  for (const { file, find, replace } of patches) {
    const path = join(folder, file)
    const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
    const times = text.split(find).length - 1
    if (times !== 1)
      throw new Error(`mutation no longer applies: ${name}: ${file} has ${times} times what it looks for:\n${find}`)
    // A function, since $ means something in a text.
    writeFileSync(
      path,
      text.replace(find, () => replace),
    )
  }
}
