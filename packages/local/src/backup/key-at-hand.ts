import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PlinthError } from '@plinth/core'
import { loadMasterKey, type MasterKey, type MasterKeyOptions } from '../master-key.ts'

/** The master key of a folder, when it is given or lies there. One that can't be read counts as absent, and none is made. */
export function keyAtHand(options: MasterKeyOptions): MasterKey | undefined {
  if (!existsSync(join(options.directory, 'keyring.json'))) return undefined
  try {
    return loadMasterKey(options)
  } catch (error) {
    if (PlinthError.is(error)) return undefined
    throw error
  }
}
