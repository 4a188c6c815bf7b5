import { open, seal } from '../crypto.ts'
import { SealError, TooLargeError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Key } from '../ports/state-store.ts'
import { uuid } from '../ids.ts'
import type { DataKey, DataKeys } from './data-keys.ts'

/** Sealed values above this size lie in the ObjectStore, and the row keeps a sealed reference; rows stay small. */
const inlineBytes = 32 * 1024
/** The longest text of one sealed field. */
const fieldBytes = 64 * 1024 * 1024

const inline = 1
const reference = 2
const headerBytes = 5
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Seals the fields of records, one by one, under the tenant's data key. What authenticates each is {tenant_id, collection,
 * key, field_name, key version} (R107), so that a ciphertext moved to another field, record or tenant doesn't open.
 * Form: kind (1 byte), key version (4 bytes), then what crypto.ts makes.
 */
export class Sealing {
  readonly #keys: DataKeys
  readonly #objects: ObjectStore
  readonly #clock: Clock

  constructor(parts: { readonly keys: DataKeys; readonly objects: ObjectStore; readonly clock: Clock }) {
    this.#keys = parts.keys
    this.#objects = parts.objects
    this.#clock = parts.clock
  }

  async sealField(place: Key, field: string, text: string): Promise<Uint8Array> {
    const key = await this.#keys.current(place.tenant)
    const content = encoder.encode(text)
    if (content.byteLength > fieldBytes) throw new TooLargeError(`A field holds at most ${fieldBytes} bytes.`, { field })
    if (content.byteLength <= inlineBytes) return this.#seal(key, content, context(place, field, key.version), inline)
    const name = `${sealedObjectPrefix(place)}${uuid(this.#clock)}`
    await this.#objects.put({ tenant: place.tenant, name }, this.#seal(key, content, `${context(place, field, key.version)}${name}`, inline))
    return this.#seal(key, encoder.encode(name), context(place, field, key.version), reference)
  }

  async openField(place: Key, field: string, sealed: Uint8Array): Promise<string> {
    const key = await this.#keys.version(place.tenant, keyVersion(sealed))
    const content = open(key.key, sealed.subarray(headerBytes), context(place, field, key.version))
    if (sealed[0] === inline) return decoder.decode(content)
    const name = decoder.decode(content)
    const object = await this.#objects.get({ tenant: place.tenant, name })
    if (!object) throw new SealError()
    const objectKey = await this.#keys.version(place.tenant, keyVersion(object))
    return decoder.decode(open(objectKey.key, object.subarray(headerBytes), `${context(place, field, objectKey.version)}${name}`))
  }

  /** Seals bytes that stand under a name of their own. */
  async sealBytes(tenant: string, name: string, content: Uint8Array): Promise<Uint8Array> {
    const key = await this.#keys.current(tenant)
    return this.#seal(key, content, JSON.stringify([tenant, 'object', name, key.version]), inline)
  }

  async openBytes(tenant: string, name: string, sealed: Uint8Array): Promise<Uint8Array> {
    const key = await this.#keys.version(tenant, keyVersion(sealed))
    return open(key.key, sealed.subarray(headerBytes), JSON.stringify([tenant, 'object', name, key.version]))
  }

  /** A value's HMAC under the tenant's key: equality without readability. */
  lookup(tenant: string, purpose: string, value: string): Promise<string> {
    return this.#keys.lookup(tenant, purpose, value)
  }

  #seal(key: DataKey, content: Uint8Array, authenticated: string, kind: number): Uint8Array {
    const sealed = seal(key.key, this.#clock.randomBytes(12), content, authenticated)
    const framed = new Uint8Array(headerBytes + sealed.byteLength)
    framed[0] = kind
    new DataView(framed.buffer).setUint32(1, key.version)
    framed.set(sealed, headerBytes)
    return framed
  }
}

/** Where the spilled fields of a record lie. The sweeper finds the record from it. */
export function sealedObjectPrefix(place: Key): string {
  return `sealed/${[place.collection, place.partition, place.sort].map(nameSafe).join('/')}/`
}

/** The record that an object of {@link sealedObjectPrefix} belongs to. */
export function sealedObjectOwner(tenant: string, name: string): Key | undefined {
  const [root, collection, partition, sort] = name.split('/')
  if (root !== 'sealed' || !collection || !partition || !sort) return undefined
  return { tenant, collection: nameUnsafe(collection), partition: nameUnsafe(partition), sort: nameUnsafe(sort) }
}

// Keys hold any printable character, names of objects don't: others become `_` and two digits.
function nameSafe(part: string): string {
  return part.replace(/[^A-Za-z0-9-]/g, (character) => `_${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}

function nameUnsafe(part: string): string {
  return part.replace(/_([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function context(place: Key, field: string, version: number): string {
  return JSON.stringify([place.tenant, place.collection, place.partition, place.sort, field, version])
}

function keyVersion(sealed: Uint8Array): number {
  if (sealed.byteLength < headerBytes) throw new SealError()
  return new DataView(sealed.buffer, sealed.byteOffset).getUint32(1)
}
