import { NewerSchemaError } from '../scope/record.ts'
import type { Slices } from './slices.ts'

/** A stretch of one kind of number. */
export type Section = Uint8Array | Int8Array | Uint16Array | Uint32Array | Float32Array

const magic = 0x50535831
/** Of the layout of all segments. */
const layout = 1
const headWords = 4
const alignment = 8

/**
 * Puts sections one behind the other, so that they can be used where they lie: a head of 32-bit words (magic, layout, kind, how many
 * sections; then where each begins and how many bytes it has), then the sections on multiples of eight bytes, in the machine's order
 * of bytes, which is little-endian wherever Node.js runs on common hardware.
 */
export async function packSections(kind: number, sections: readonly Section[], slices: Slices): Promise<Uint8Array<ArrayBuffer>> {
  let end = align((headWords + sections.length * 2) * 4)
  const places = sections.map(({ byteLength }) => {
    const start = end
    end = align(end + byteLength)
    return [start, byteLength] as const
  })
  const packed = new Uint8Array(end)
  const head = new Uint32Array(packed.buffer, 0, headWords + sections.length * 2)
  head.set([magic, layout, kind, sections.length, ...places.flat()])
  for (const [index, { buffer, byteOffset, byteLength }] of sections.entries()) {
    const bytes = new Uint8Array(buffer, byteOffset, byteLength)
    const [start = 0] = places[index] ?? []
    // Memory that is touched for the first time makes most of what it costs.
    await slices.over(byteLength, 1, (from, to) => packed.set(bytes.subarray(from, to), start + from))
  }
  return packed
}

/** What {@link packSections} made, as views: nothing is copied or parsed. */
export class Sections {
  readonly bytes: number
  readonly #buffer: ArrayBuffer
  readonly #head: Uint32Array

  /** @throws NewerSchemaError for another layout. */
  constructor(packed: Uint8Array<ArrayBuffer>, kind: number) {
    const aligned = packed.byteOffset === 0 ? packed : new Uint8Array(packed)
    this.#buffer = aligned.buffer
    this.bytes = aligned.byteLength
    const count = new Uint32Array(this.#buffer, 0, headWords)
    if (count[0] !== magic || count[1] !== layout || count[2] !== kind) throw new NewerSchemaError('search-segments')
    this.#head = new Uint32Array(this.#buffer, 0, headWords + (count[3] ?? 0) * 2)
  }

  u8(section: number): Uint8Array {
    return new Uint8Array(this.#buffer, ...this.#place(section, 1))
  }

  i8(section: number): Int8Array {
    return new Int8Array(this.#buffer, ...this.#place(section, 1))
  }

  u16(section: number): Uint16Array {
    return new Uint16Array(this.#buffer, ...this.#place(section, 2))
  }

  u32(section: number): Uint32Array {
    return new Uint32Array(this.#buffer, ...this.#place(section, 4))
  }

  f32(section: number): Float32Array {
    return new Float32Array(this.#buffer, ...this.#place(section, 4))
  }

  #place(section: number, width: number): [start: number, length: number] {
    const at = headWords + section * 2
    return [this.#head[at] ?? 0, (this.#head[at + 1] ?? 0) / width]
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment
}
