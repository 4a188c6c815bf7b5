import { fromBase64, toBase64 } from '../../base64.ts'
import { hashText } from '../../search/text-hash.ts'

const halves = new Uint32Array(2)

/** So many ids are remembered in a shard, and saved in so many rows. */
const rememberedIds: number = 65_536
const idSegments = 16

/**
 * The ids of the last records that had one. They are hashes of 53 bits: the chance that a new id is taken for one of 65,536 others is
 * below 10⁻¹¹.
 */
export class RecentIds {
  readonly #size: number
  readonly #segments: number
  /** Made with the first id: most streams have none. */
  #ring: Float64Array | undefined
  readonly #known = new Set<number>()
  #next = 0
  readonly #changed = new Set<number>()

  constructor(size: number = rememberedIds, segments: number = idSegments) {
    this.#size = size
    this.#segments = segments
  }

  /** @returns whether it was new; from now on it isn't. */
  add(key: string, id: string): boolean {
    const hash = idHash(key, id)
    if (this.#known.has(hash)) return false
    this.#ring ??= new Float64Array(this.#size)
    this.#known.delete(this.#ring[this.#next] ?? 0)
    this.#ring[this.#next] = hash
    this.#known.add(hash)
    this.#changed.add(Math.floor(this.#next / (this.#size / this.#segments)))
    this.#next = (this.#next + 1) % this.#size
    return true
  }

  /** Where the next one goes, to be kept beside the segments. */
  get next(): number {
    return this.#next
  }

  /** The segments that changed since {@link saved} was called. */
  changes(): readonly { readonly segment: number; readonly text: string }[] {
    const length = this.#size / this.#segments
    const ring = this.#ring ?? new Float64Array(0)
    return [...this.#changed].map((segment) => {
      const part = ring.slice(segment * length, (segment + 1) * length)
      return { segment, text: toBase64(new Uint8Array(part.buffer)) }
    })
  }

  saved(): void {
    this.#changed.clear()
  }

  /** Takes back what {@link changes} gave. */
  restore(next: number, segments: Iterable<{ readonly segment: number; readonly text: string }>): void {
    this.#next = next
    for (const { segment, text } of segments) {
      this.#ring ??= new Float64Array(this.#size)
      this.#ring.set(new Float64Array(fromBase64(text).buffer), segment * (this.#size / this.#segments))
    }
    for (const hash of this.#ring ?? []) if (hash !== 0) this.#known.add(hash)
  }
}

/** Producers number their records for each key, perhaps: an id is the key's. Never 0, which is an empty place. */
function idHash(key: string, id: string): number {
  hashText(`${key.length} ${key}${id}`, halves)
  return ((halves[0] ?? 0) & 0x1fffff) * 0x1_0000_0000 + (halves[1] ?? 0) + 1
}
