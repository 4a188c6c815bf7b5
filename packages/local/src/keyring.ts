/**
 * The keyring file: every key-encryption key, sealed under the master key.
 *
 * `{version, check, keys, mac}` as JSON: `check` is a known text sealed under the master key, to tell a wrong master key from
 * a damaged file; `mac` authenticates `keys`, states included, so that no change of the file goes unnoticed.
 * @module
 */
import { type BigIntStats, closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { type Clock, deriveKey, hmac, InvalidInputError, type KeyDescription, open, PlinthError, seal } from '@plinth/core'
import { storageError, systemCode } from './durable-files.ts'

export interface KeyMaterial {
  readonly generation: number
  /** 32 bytes, sealed under the master key, bound to alias and generation; base64. */
  readonly sealed: string
}

export interface StoredKey {
  readonly state: KeyDescription['state']
  readonly generation: number
  /** Every generation's, until the key is destroyed. */
  readonly materials: readonly KeyMaterial[]
  readonly irrecoverableAt?: number
}

export interface Keyring {
  readonly keys: ReadonlyMap<string, StoredKey>
  /** Tells one content of the file from another. */
  readonly signature: string
}

interface Stored {
  readonly version: number
  readonly check: string
  readonly keys: Readonly<Record<string, StoredKey>>
  readonly mac: string
}

const version = 1
const check = 'plinth keyring'

/** Reads and writes the form of the keyring file, and the material in it, under one master key. */
export class KeyringSeal {
  readonly #sealKey: Uint8Array
  readonly #macKey: Uint8Array
  readonly #clock: Clock

  constructor(masterKey: Uint8Array, clock: Clock) {
    this.#sealKey = deriveKey(masterKey, 'plinth keyring material')
    this.#macKey = deriveKey(masterKey, 'plinth keyring mac')
    this.#clock = clock
  }

  /** New material for a generation of a key. */
  make(alias: string, generation: number): KeyMaterial {
    const sealed = seal(this.#sealKey, this.#clock.randomBytes(12), this.#clock.randomBytes(32), place(alias, generation))
    return { generation, sealed: toBase64(sealed) }
  }

  material(alias: string, { generation, sealed }: KeyMaterial): Uint8Array {
    return open(this.#sealKey, Buffer.from(sealed, 'base64'), place(alias, generation))
  }

  text(keys: ReadonlyMap<string, StoredKey>): string {
    const content = Object.fromEntries(keys)
    const sealedCheck = toBase64(seal(this.#sealKey, this.#clock.randomBytes(12), Buffer.from(check), check))
    const stored: Stored = { version, check: sealedCheck, keys: content, mac: hmac(this.#macKey, JSON.stringify(content)) }
    return `${JSON.stringify(stored, undefined, 1)}\n`
  }

  /** @throws InvalidInputError `master_key_wrong`; PlinthError `keyring_damaged`, which never ends in a new, empty keyring. */
  parse(text: string, path: string): ReadonlyMap<string, StoredKey> {
    const stored = parseStored(text, path)
    try {
      open(this.#sealKey, Buffer.from(stored.check, 'base64'), check)
    } catch (cause) {
      throw new InvalidInputError(
        `The master key is not the one that ${path} was made with. Start with that key (PLINTH_MASTER_KEY, PLINTH_MASTER_KEY_FILE, or master.key in the data folder).`,
        { code: 'master_key_wrong', cause },
      )
    }
    if (hmac(this.#macKey, JSON.stringify(stored.keys)) !== stored.mac) throw damaged(path, 'its content was changed')
    return new Map(Object.entries(stored.keys))
  }
}

/** The file's text and signature; undefined when there is none. */
export function readKeyringFile(path: string): { readonly text: string; readonly signature: string } | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw storageError(error)
  }
  try {
    return { text: readFileSync(file, 'utf8'), signature: signature(fstatSync(file, { bigint: true })) }
  } catch (error) {
    throw storageError(error)
  } finally {
    closeSync(file)
  }
}

/** Every write makes another file, so inode, time and size tell contents apart without reading them. */
export function signature(found: BigIntStats): string {
  return `${found.ino}:${found.mtimeNs}:${found.size}`
}

/** The keyring can't be trusted; nothing is written over it. */
export function damaged(path: string, why: string, cause?: unknown): PlinthError {
  return new PlinthError('keyring_damaged', `The keyring ${path} is damaged: ${why}. Put it back from a backup.`, false, {
    cause,
  })
}

function parseStored(text: string, path: string): Stored {
  let stored: Partial<Stored> | null
  try {
    stored = JSON.parse(text) as Partial<Stored> | null
  } catch (cause) {
    throw damaged(path, 'it is not JSON, or was cut off', cause)
  }
  if (typeof stored?.version === 'number' && stored.version > version)
    throw damaged(path, 'a newer Plinth wrote it, or its version')
  if (stored?.version !== version || typeof stored.check !== 'string' || !stored.keys || typeof stored.mac !== 'string') {
    throw damaged(path, 'fields are missing')
  }
  return stored as Stored
}

function place(alias: string, generation: number): string {
  return `${alias} ${generation}`
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
