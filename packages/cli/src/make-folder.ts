import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { InvalidInputError } from '@plinth/core'

/**
 * Makes a folder with those above it, one part after the other: where none can be made, as below /proc, Node.js would try for ever to make
 * them all.
 * @throws InvalidInputError with this message and field.
 */
export function makeFolder(folder: string, message: string, field: string): void {
  try {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
    makeFolder(dirname(folder), message, field)
    mkdirSync(folder)
  } catch (cause) {
    if (cause instanceof InvalidInputError) throw cause
    throw new InvalidInputError(message, { field, cause })
  }
}
