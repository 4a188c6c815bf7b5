import { z } from 'zod'
import { fromBase64, toBase64 } from '../base64.ts'
import { sha256 } from '../crypto.ts'
import { type Collection, defineCollection, type NoFields } from '../define/collection.ts'
import { uuid } from '../ids.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { check, insert, remove } from '../scope/state.ts'
import { documents, partName } from './documents.ts'
import type { Space } from './spaces.ts'

/**
 * Vectors of a document's chunks by what they were made of: another version with the same chunks, such as one with other metadata, costs no
 * model. They are as exact as the index keeps them, and go with the document.
 */
export const chunkVectors: Collection<NoFields, { readonly vectors: string }> = defineCollection<
  NoFields,
  { readonly vectors: string }
>({
  name: 'document-vectors',
  schema: 1,
  plain: z.strictObject({}),
  sealed: ['vectors'],
  lists: {},
})

/** A document of more chunks is embedded anew: all of them would be in memory. */
export const mostKept = 5_000
/** Of one row, before it is sealed. */
const rowBytes = 120_000
/** In one commit. */
const rowsAtATime = 16
/** Hexadecimal digits of a text's hash: enough to tell the chunks of one document apart. */
const hashLength = 24

/** One document's vectors in one space. */
export class KeptVectors {
  readonly #scope: Uses<'state'>
  readonly #documentId: string
  readonly #space: Space
  readonly #known = new Map<string, Uint8Array>()
  readonly #used = new Map<string, Uint8Array>()

  private constructor(scope: Uses<'state'>, documentId: string, space: Space) {
    this.#scope = scope
    this.#documentId = documentId
    this.#space = space
  }

  static async read(scope: Uses<'state'>, documentId: string, space: Space): Promise<KeptVectors> {
    const kept = new KeptVectors(scope, documentId, space)
    const length = hashLength + 4 + space.dimensions
    for await (const record of scope.state.read(chunkVectors, documentId)) {
      if (!record.sort.startsWith(prefixOf(space))) continue
      const bytes = fromBase64((await record.open('vectors')) ?? '')
      for (let at = 0; at + length <= bytes.length; at += length)
        kept.#known.set(decoder.decode(bytes.subarray(at, at + hashLength)), bytes.subarray(at + hashLength, at + length))
    }
    return kept
  }

  get(text: string): Float32Array | undefined {
    const hash = hashOf(text)
    const packed = this.#known.get(hash)
    if (!packed) return undefined
    this.#used.set(hash, packed)
    return unpack(packed)
  }

  add(text: string, vector: Float32Array): void {
    this.#used.set(hashOf(text), pack(vector))
  }

  /** Keeps what was got and added in the place of all that there was, of any space, as long as this revision is the one that is found. */
  async keep(revision: string): Promise<void> {
    if (this.#used.size === this.#known.size && [...this.#used.keys()].every((hash) => this.#known.has(hash))) return
    const rows = this.#rows()
    for (let from = 0; from < rows.length; from += rowsAtATime) {
      const some = rows.slice(from, from + rowsAtATime)
      const isKept = await retryConflicts(async () => {
        const record = await this.#scope.state.get(documents, { partition: this.#documentId })
        if (record?.fields.live !== revision) return false
        const writes = some.map(({ sort, vectors }) =>
          insert(chunkVectors, { partition: this.#documentId, sort }, {}, { vectors }),
        )
        // Not behind its deletion: nobody would remove it.
        await this.#scope.state.commit({ writes: [check(documents, record), ...writes], durability: 'relaxed' })
        return true
      })
      if (!isKept) break
    }
    const own = new Set(rows.map(({ sort }) => sort))
    await removeRows(this.#scope, this.#documentId, ({ sort }) => !own.has(sort))
  }

  #rows(): { readonly sort: string; readonly vectors: string }[] {
    // No row of before has it.
    const mark = uuid(this.#scope.clock)
    const length = hashLength + 4 + this.#space.dimensions
    const inOne = Math.max(1, Math.floor(rowBytes / length))
    const entries = [...this.#used]
    return Array.from({ length: Math.ceil(entries.length / inOne) }, (_, row) => {
      const some = entries.slice(row * inOne, (row + 1) * inOne)
      const bytes = new Uint8Array(some.length * length)
      for (const [index, [hash, packed]] of some.entries()) {
        bytes.set(encoder.encode(hash), index * length)
        bytes.set(packed, index * length + hashLength)
      }
      return { sort: `${prefixOf(this.#space)}${mark}.${partName(row)}`, vectors: toBase64(bytes) }
    })
  }
}

/** Forgets a document's vectors, of all spaces. */
export async function dropKeptVectors(scope: Uses<'state'>, documentId: string): Promise<void> {
  await removeRows(scope, documentId, () => true)
}

type Row = StoredRecord<NoFields, { readonly vectors: string }>

async function removeRows(scope: Uses<'state'>, documentId: string, isGone: (row: Row) => boolean): Promise<void> {
  for await (const record of scope.state.read(chunkVectors, documentId)) {
    if (!isGone(record)) continue
    await retryConflicts(async () => {
      const there = await scope.state.get(chunkVectors, record)
      if (there) await scope.state.commit({ writes: [remove(chunkVectors, there)], durability: 'relaxed' })
    })
  }
}

function prefixOf({ name }: Space): string {
  return `${name}.`
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function hashOf(text: string): string {
  return sha256(text).slice(0, hashLength)
}

/** A vector in bytes: its greatest number, and each as a 127th of that. */
function pack(vector: Float32Array): Uint8Array {
  const greatest = vector.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const bytes = new Uint8Array(4 + vector.length)
  new DataView(bytes.buffer).setFloat32(0, greatest)
  const values = new Int8Array(bytes.buffer, 4)
  for (const [index, value] of vector.entries()) values[index] = greatest === 0 ? 0 : Math.round((value / greatest) * 127)
  return bytes
}

function unpack(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const greatest = view.getFloat32(0)
  return Float32Array.from({ length: bytes.byteLength - 4 }, (_, index) => (view.getInt8(4 + index) * greatest) / 127)
}
