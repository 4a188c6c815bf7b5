import { sha256 } from '../crypto.ts'
import { ConflictError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import {
  checkObjectBytes,
  checkObjectName,
  checkObjectQuery,
  cutRange,
  type ObjectHead,
  type ObjectKey,
  type ObjectPage,
  type ObjectQuery,
  type ObjectRange,
  type ObjectStore,
} from '../ports/object-store.ts'

interface Kept {
  readonly head: ObjectHead
  readonly content: Uint8Array
}

const pieceBytes = 64 * 1024

/** Objects in memory: keeps every promise of the port but outliving the process. */
export class MemoryObjectStore implements ObjectStore {
  readonly #clock: Clock
  readonly #tenants = new Map<string, Map<string, Kept>>()

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock
  }

  async put(
    key: ObjectKey,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options: { readonly ifAbsent?: boolean } = {},
  ): Promise<ObjectHead> {
    checkObjectName(key)
    // A constructor copies; `slice` of a Buffer wouldn't.
    const copy = content instanceof Uint8Array ? new Uint8Array(content) : await collect(content)
    checkObjectBytes(copy.byteLength)
    // From here on nothing waits, so that of several puts at once each sees all before it.
    const objects = this.#objects(key.tenant)
    if (options.ifAbsent && objects.has(key.name)) throw new ConflictError(`objects/${key.tenant}/${key.name}`)
    const head = { name: key.name, bytes: copy.byteLength, sha256: sha256(copy), modified: this.#clock.now() }
    objects.set(key.name, { head, content: copy })
    return head
  }

  async get(key: ObjectKey, range?: ObjectRange): Promise<Uint8Array | undefined> {
    const kept = this.#kept(key)
    const { start, end } = cutRange(range, kept?.head.bytes ?? 0)
    return kept?.content.slice(start, end)
  }

  async stream(key: ObjectKey): Promise<AsyncIterable<Uint8Array> | undefined> {
    const kept = this.#kept(key)
    return kept && pieces(kept.content)
  }

  async head(key: ObjectKey): Promise<ObjectHead | undefined> {
    return this.#kept(key)?.head
  }

  async list(query: ObjectQuery): Promise<ObjectPage> {
    checkObjectQuery(query)
    const { prefix = '', after = '', limit } = query
    const names = [...this.#objects(query.tenant).values()]
      .map(({ head }) => head)
      .filter(({ name }) => name.startsWith(prefix) && name > after)
      .sort((left, right) => (left.name < right.name ? -1 : 1))
    const items = names.slice(0, limit)
    const last = items.at(-1)
    return last && names.length > limit ? { items, after: last.name } : { items }
  }

  async delete(key: ObjectKey): Promise<void> {
    checkObjectName(key)
    this.#objects(key.tenant).delete(key.name)
  }

  #kept(key: ObjectKey): Kept | undefined {
    checkObjectName(key)
    return this.#objects(key.tenant).get(key.name)
  }

  #objects(tenant: string): Map<string, Kept> {
    const objects = this.#tenants.get(tenant) ?? new Map<string, Kept>()
    this.#tenants.set(tenant, objects)
    return objects
  }
}

async function collect(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of content) {
    bytes += part.byteLength
    checkObjectBytes(bytes)
    parts.push(new Uint8Array(part))
  }
  const whole = new Uint8Array(bytes)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}

async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.byteLength; start += pieceBytes) yield content.slice(start, start + pieceBytes)
}
