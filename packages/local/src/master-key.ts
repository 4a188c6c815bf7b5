import { closeSync, existsSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidInputError } from '@plinth/core'
import { systemClock } from '@plinth/outbound'
import { createFile, makeDirectory, storageError, systemCode } from './durable-files.ts'

export interface MasterKeyOptions {
  /** The data folder. */
  readonly directory: string
  /** PLINTH_MASTER_KEY: 32 bytes as base64, base64url or 64 hexadecimal digits. */
  readonly masterKey?: string | undefined
  /** PLINTH_MASTER_KEY_FILE: a file that holds the same, readable by its owner only. */
  readonly masterKeyFile?: string | undefined
}

export interface MasterKey {
  /** 32 bytes. */
  readonly key: Uint8Array
  /** Where it came from; a key in the data folder protects nothing from who can read the whole folder. */
  readonly source: 'environment' | 'file' | 'folder'
}

const keyBytes = 32
const howTo = 'It is 32 bytes as base64, base64url or 64 hexadecimal digits, such as `openssl rand -base64 32` prints.'

/**
 * The key that seals the keyring: given, or read from a file, or else made once in the data folder (mode 0600), also when
 * two processes start at once.
 * @throws InvalidInputError that names the variable or file and what to do.
 */
export function loadMasterKey(options: MasterKeyOptions): MasterKey {
  const { directory, masterKey, masterKeyFile } = options
  if (masterKey !== undefined && masterKeyFile !== undefined) {
    throw invalid('PLINTH_MASTER_KEY and PLINTH_MASTER_KEY_FILE are both set. Unset one of them.')
  }
  if (masterKey !== undefined) return { key: parse(masterKey, 'PLINTH_MASTER_KEY'), source: 'environment' }
  if (masterKeyFile !== undefined) {
    const text = readKeyFile(masterKeyFile)
    if (text === undefined)
      throw invalid(`PLINTH_MASTER_KEY_FILE names ${masterKeyFile}, which isn't there. Make it, or unset the variable.`)
    return { key: parse(text, masterKeyFile), source: 'file' }
  }
  const path = join(directory, 'master.key')
  let text = readKeyFile(path)
  if (text === undefined) {
    // A new key could open nothing that is there.
    if (existsSync(join(directory, 'keyring.json')))
      throw invalid(
        `No master key is given, and ${path} is missing. Put it back, or set PLINTH_MASTER_KEY or PLINTH_MASTER_KEY_FILE to the master key of this folder.`,
      )
    makeDirectory(directory)
    createFile(path, `${Buffer.from(systemClock.randomBytes(keyBytes)).toString('base64url')}\n`)
    // Whichever process was first: its key is the key.
    text = readKeyFile(path) ?? ''
  }
  return { key: parse(text, path), source: 'folder' }
}

function readKeyFile(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw storageError(error)
  }
  try {
    // Of the open file, so that what is checked is what is read. Windows has no such bits.
    const mode = fstatSync(file).mode
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw invalid(
        `The key file ${path} can be read or changed by others (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${path}`,
      )
    }
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw storageError(error)
  } finally {
    closeSync(file)
  }
}

function parse(text: string, from: string): Uint8Array {
  const trimmed = text.trim()
  const isHex = /^[0-9a-fA-F]{64}$/.test(trimmed)
  // 43 characters of base64 are 32 bytes and two bits, which are 0 unless a character was mistyped.
  const isBase64 = /^[A-Za-z0-9+/_-]{42}[AEIMQUYcgkosw048]=?$/.test(trimmed)
  if (!isHex && !isBase64) throw invalid(`The key in ${from} is not a master key. ${howTo}`)
  return new Uint8Array(Buffer.from(trimmed, isHex ? 'hex' : 'base64'))
}

function invalid(message: string): InvalidInputError {
  return new InvalidInputError(message, { code: 'master_key_invalid' })
}
