import { open, seal } from '../crypto.ts'
import { usualInlineBytes } from '../define/collection.ts'
import { SealError, TooLargeError } from '../errors.ts'
import { uuid } from '../ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { ObjectStore } from '../ports/object-store.ts'
import type { Key } from '../ports/state-store.ts'
import type { DataKey, DataKeys } from './data-keys.ts'

/** The longest text of one sealed field. */
const fieldBytes = 64 * 1024 * 1024

/** Kinds: the text; the name of the object where the text lies; a text that UTF-8 can't hold (lone surrogates), as JSON; bytes. */
const inline = 1
const reference = 2
const escaped = 3
const bytes = 4
const headerBytes = 5
const encoder = new TextEncoder()
// A byte order mark belongs to the text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The tenant, then the rest of what a sealed value is bound to. */
type Context = readonly [tenant: string, ...string[]]

interface Opened {
  readonly kind: number
  readonly content: Uint8Array
}

/**
 * Seals the fields of records, one by one, under the tenant's data key. What authenticates each is {tenant_id, collection,
 * key, field_name, kind, key version} (R107), so that a ciphertext moved to another field, record or tenant doesn't open, and
 * none passes for another kind. Form: kind (1 byte), key version (4 bytes), then what crypto.ts makes.
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

  /** @param inlineBytes a longer text lies in the ObjectStore, and the row keeps a sealed reference. */
  async sealField(place: Key, field: string, text: string, inlineBytes: number = usualInlineBytes): Promise<Uint8Array> {
    const key = await this.#keys.current(place.tenant)
    const kind = text.isWellFormed() ? inline : escaped
    const content = encoder.encode(kind === escaped ? JSON.stringify(text) : text)
    if (content.byteLength > fieldBytes) throw new TooLargeError(`A field holds at most ${fieldBytes} bytes.`, { field })
    const context = fieldContext(place, field)
    if (content.byteLength <= inlineBytes) return this.#seal(key, kind, content, context)
    const name = `${sealedObjectPrefix(place)}${uuid(this.#clock)}`
    await this.#objects.put({ tenant: place.tenant, name }, this.#seal(key, kind, content, [...context, name]))
    return this.#seal(key, reference, encoder.encode(name), context)
  }

  async openField(place: Key, field: string, sealed: Uint8Array): Promise<string> {
    const context = fieldContext(place, field)
    const opened = await this.#open(sealed, context)
    if (opened.kind !== reference) return textOf(opened)
    const name = decoder.decode(opened.content)
    const object = await this.#objects.get({ tenant: place.tenant, name })
    if (!object) throw new SealError()
    return textOf(await this.#open(object, [...context, name]))
  }

  /** The name of the object that holds the text of a field of which {@link liesApart} is true. @throws SealError, KeyUnusableError */
  async nameApart(place: Key, field: string, sealed: Uint8Array): Promise<string> {
    return decoder.decode((await this.#open(sealed, fieldContext(place, field))).content)
  }

  /** Removes that object: its row must refer to it no more. */
  async removeApart(place: Key, field: string, sealed: Uint8Array): Promise<void> {
    await this.#objects.delete({ tenant: place.tenant, name: await this.nameApart(place, field, sealed) })
  }

  /** Seals bytes that stand under a name of their own. */
  async sealBytes(tenant: string, name: string, content: Uint8Array): Promise<Uint8Array> {
    return this.#seal(await this.#keys.current(tenant), bytes, content, [tenant, 'object', name])
  }

  async openBytes(tenant: string, name: string, sealed: Uint8Array): Promise<Uint8Array> {
    return (await this.#open(sealed, [tenant, 'object', name])).content
  }

  /** Seals an entry of a log; it opens in that log alone. */
  async sealEntry(tenant: string, partition: string, content: Uint8Array): Promise<Uint8Array> {
    return this.#seal(await this.#keys.current(tenant), bytes, content, [tenant, 'entry', partition])
  }

  async openEntry(tenant: string, partition: string, sealed: Uint8Array): Promise<Uint8Array> {
    return (await this.#open(sealed, [tenant, 'entry', partition])).content
  }

  /** A value's HMAC under the tenant's key: equality without readability. */
  lookup(tenant: string, purpose: string, value: string): Promise<string> {
    return this.#keys.lookup(tenant, purpose, value)
  }

  #seal(key: DataKey, kind: number, content: Uint8Array, context: Context): Uint8Array {
    const sealed = seal(key.key, this.#clock.randomBytes(12), content, authenticated(context, kind, key), headerBytes)
    sealed[0] = kind
    new DataView(sealed.buffer).setUint32(1, key.version)
    return sealed
  }

  async #open(sealed: Uint8Array, context: Context): Promise<Opened> {
    const kind = sealed[0]
    if (kind === undefined || sealed.byteLength < headerBytes) throw new SealError()
    const key = await this.#keys.version(context[0], new DataView(sealed.buffer, sealed.byteOffset).getUint32(1))
    return { kind, content: open(key.key, sealed.subarray(headerBytes), authenticated(context, kind, key)) }
  }
}

/** Whether the text of a sealed field lies in the ObjectStore, below its record's {@link sealedObjectPrefix}. Takes no key to see. */
export function liesApart(sealed: Uint8Array): boolean {
  return sealed[0] === reference
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

function fieldContext(place: Key, field: string): Context {
  return [place.tenant, place.collection, place.partition, place.sort, field]
}

function authenticated(context: Context, kind: number, key: DataKey): string {
  return JSON.stringify([...context, kind, key.version])
}

function textOf({ kind, content }: Opened): string {
  const text = decoder.decode(content)
  return kind === escaped ? (JSON.parse(text) as string) : text
}
