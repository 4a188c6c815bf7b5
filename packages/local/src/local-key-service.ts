import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Clock,
  checkAlias,
  checkDataKey,
  contextText,
  type EncryptionContext,
  type KeyDescription,
  type KeyService,
  KeyUnusableError,
  open,
  SealError,
  seal,
  UnavailableError,
} from '@plinth/core'
import { createFile, makeDirectory, replaceFile, storageError } from './durable-files.ts'
import { damaged, type Keyring, KeyringSeal, readKeyringFile, type StoredKey, signature } from './keyring.ts'

export interface LocalKeyServiceOptions {
  /** The data folder; the keys are its `keyring.json`. */
  readonly directory: string
  /** 32 bytes. */
  readonly masterKey: Uint8Array
  readonly clock: Clock
  /** For a process that reads a folder while another runs on it: wraps and unwraps, and never writes. */
  readonly readOnly?: boolean
}

const fileName = 'keyring.json'
const leftover = /^(?:keyring\.json|master\.key)\..+\.new$/
const form = 1
const headerBytes = 5

/**
 * Keys in a file of the data folder, sealed under the master key. Every change writes the file anew (some 200 bytes a key
 * and generation), one after the other; every call looks whether another process changed it.
 *
 * `destroy` removes the material from the file and overwrites the file's old content, and so is irrecoverable at once: as
 * far as this folder goes. A backup or snapshot of the folder from before still holds the material for whoever has the
 * master key, as may blocks that a copying file system or an SSD hasn't reused.
 *
 * Wrapped bytes: form (1 byte), generation (4 bytes), then what crypto.ts makes.
 * @throws InvalidInputError `master_key_wrong` or PlinthError `keyring_damaged`, from the constructor on; nothing is changed then.
 */
export class LocalKeyService implements KeyService {
  readonly #path: string
  readonly #seal: KeyringSeal
  readonly #clock: Clock
  readonly #readOnly: boolean
  #keyring: Keyring | undefined
  #writing: Promise<unknown> = Promise.resolve()

  constructor(options: LocalKeyServiceOptions) {
    this.#path = join(options.directory, fileName)
    this.#seal = new KeyringSeal(options.masterKey, options.clock)
    this.#clock = options.clock
    this.#readOnly = options.readOnly ?? false
    this.#refresh()
    if (this.#readOnly) return
    if (!this.#keyring) {
      makeDirectory(options.directory)
      createFile(this.#path, this.#seal.text(new Map()))
      this.#refresh()
    }
    removeLeftovers(options.directory)
  }

  async ensure(alias: string): Promise<KeyDescription> {
    checkAlias(alias)
    return this.#change(alias, (key) => {
      if (key?.state === 'destroyed') throw new KeyUnusableError(alias, 'destroyed')
      return key ?? { state: 'enabled', generation: 1, materials: [this.#seal.make(alias, 1)] }
    })
  }

  async describe(alias: string): Promise<KeyDescription | undefined> {
    checkAlias(alias)
    const key = this.#keys().get(alias)
    return key && description(alias, key)
  }

  async wrap(alias: string, dataKey: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    checkAlias(alias)
    checkDataKey(dataKey)
    const key = usable(alias, this.#keys().get(alias))
    const { generation } = key
    const sealed = seal(
      this.#material(alias, key, generation),
      this.#clock.randomBytes(12),
      dataKey,
      bound(alias, generation, context),
    )
    const wrapped = new Uint8Array(headerBytes + sealed.byteLength)
    wrapped[0] = form
    new DataView(wrapped.buffer).setUint32(1, generation)
    wrapped.set(sealed, headerBytes)
    return wrapped
  }

  async unwrap(alias: string, wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    checkAlias(alias)
    const key = usable(alias, this.#keys().get(alias))
    if (wrapped.byteLength < headerBytes || wrapped[0] !== form) throw new SealError()
    const generation = new DataView(wrapped.buffer, wrapped.byteOffset).getUint32(1)
    const material = this.#material(alias, key, generation)
    // A plain array: crypto.ts gives a Buffer, whose slice shares its memory.
    return new Uint8Array(open(material, wrapped.subarray(headerBytes), bound(alias, generation, context)))
  }

  async rotate(alias: string): Promise<KeyDescription> {
    checkAlias(alias)
    return this.#change(alias, (found) => {
      const key = usable(alias, found)
      const generation = key.generation + 1
      return { ...key, generation, materials: [...key.materials, this.#seal.make(alias, generation)] }
    })
  }

  async disable(alias: string): Promise<void> {
    checkAlias(alias)
    await this.#change(alias, (key) => ({ ...living(alias, key), state: 'disabled' }))
  }

  async enable(alias: string): Promise<void> {
    checkAlias(alias)
    await this.#change(alias, (key) => ({ ...living(alias, key), state: 'enabled' }))
  }

  async destroy(alias: string): Promise<{ readonly irrecoverableAt: number }> {
    checkAlias(alias)
    let irrecoverableAt = this.#clock.now()
    const destroy = (key: StoredKey | undefined): StoredKey => {
      const { generation, ...before } = existing(alias, key)
      irrecoverableAt = before.irrecoverableAt ?? this.#clock.now()
      return { state: 'destroyed', generation, materials: [], irrecoverableAt }
    }
    await this.#change(alias, destroy, { erase: true })
    return { irrecoverableAt }
  }

  /** One change after the other. What is in memory follows the file, so a write that fails changes nothing in either. */
  #change(
    alias: string,
    next: (key: StoredKey | undefined) => StoredKey,
    options: { readonly erase?: boolean } = {},
  ): Promise<KeyDescription> {
    const change = this.#writing.then(async () => {
      const keys = this.#keys()
      const before = keys.get(alias)
      const after = next(before)
      if (JSON.stringify(after) !== JSON.stringify(before)) {
        if (this.#readOnly) throw new UnavailableError('read_only', 'This process only reads the data folder.')
        await replaceFile(this.#path, this.#seal.text(new Map(keys).set(alias, after)), options)
      }
      return description(alias, after)
    })
    this.#writing = change.catch(() => undefined)
    return change
  }

  #material(alias: string, key: StoredKey, generation: number): Uint8Array {
    const sealed = key.materials.find((one) => one.generation === generation)
    if (!sealed) throw new SealError()
    return this.#seal.material(alias, sealed)
  }

  #keys(): ReadonlyMap<string, StoredKey> {
    this.#refresh()
    return this.#keyring?.keys ?? new Map()
  }

  /** Reads the file when it isn't the one that was read last. */
  #refresh(): void {
    if (this.#keyring && this.#keyring.signature === this.#signature()) return
    for (let attempt = 1; ; attempt++) {
      const file = readKeyringFile(this.#path)
      if (!file && !this.#keyring) return
      if (!file) throw damaged(this.#path, 'it is gone')
      try {
        this.#keyring = { keys: this.#seal.parse(file.text, this.#path), signature: file.signature }
        return
      } catch (error) {
        // Replaced, and its old content overwritten, between opening and reading it: the new one is under its name by now.
        if (attempt === 3 || file.signature === this.#signature()) throw error
      }
    }
  }

  #signature(): string | undefined {
    try {
      const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false })
      return found && signature(found)
    } catch (error) {
      throw storageError(error)
    }
  }
}

function bound(alias: string, generation: number, context: EncryptionContext): string {
  return `${alias}\n${generation}\n${contextText(context)}`
}

function description(alias: string, { state, generation, irrecoverableAt }: StoredKey): KeyDescription {
  return { alias, state, generation, ...(irrecoverableAt === undefined ? {} : { irrecoverableAt }) }
}

function usable(alias: string, found: StoredKey | undefined): StoredKey {
  const key = living(alias, found)
  if (key.state === 'disabled') throw new KeyUnusableError(alias, 'disabled')
  return key
}

function living(alias: string, found: StoredKey | undefined): StoredKey {
  const key = existing(alias, found)
  if (key.state === 'destroyed') throw new KeyUnusableError(alias, 'destroyed')
  return key
}

function existing(alias: string, key: StoredKey | undefined): StoredKey {
  if (!key) throw new KeyUnusableError(alias, 'absent')
  return key
}

/** What a crash left beside the keyring and the master key; it may hold material that was destroyed since, or the key above it. */
function removeLeftovers(directory: string): void {
  try {
    for (const name of readdirSync(directory)) {
      if (leftover.test(name)) rmSync(join(directory, name), { force: true })
    }
  } catch (error) {
    throw storageError(error)
  }
}
