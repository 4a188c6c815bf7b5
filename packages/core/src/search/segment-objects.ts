import { uuid } from '../ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Objects } from '../scope/objects.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import { insert, remove, type State } from '../scope/state.ts'
import { searchUnlisted, type UnlistedFields } from './collections.ts'
import { wholeIndex } from './head.ts'
import type { Built } from './lexical-builder.ts'
import { Slices } from './slices.ts'

/** Sealing and hashing a piece takes a few milliseconds. */
const pieceBytes = 2 * 1024 * 1024
/** What is written takes a place in the list within this time, milliseconds, or never. */
const writingTime = 3_600_000

/** Segments that were written and are on no list yet. */
export interface Written {
  readonly unlisted: StoredRecord<UnlistedFields, Record<never, never>>
  readonly segments: readonly WrittenSegment[]
}

export interface WrittenSegment {
  readonly id: string
  readonly pieces: number
  readonly rows: number
  readonly packed: Uint8Array<ArrayBuffer>
}

/** One tenant's objects of segments. */
export class SegmentObjects {
  readonly #state: State
  readonly #objects: Objects
  readonly #clock: Clock

  constructor(parts: { readonly state: State; readonly objects: Objects; readonly clock: Clock }) {
    this.#state = parts.state
    this.#objects = parts.objects
    this.#clock = parts.clock
  }

  /** Says first, durably, what it is going to write, so that {@link removeUnlisted} finds what a process that died left behind. */
  async write(built: readonly Built[], slices: Slices): Promise<Written> {
    const segments = built.map(({ packed, rows }) => ({
      id: uuid(this.#clock),
      pieces: Math.ceil(packed.byteLength / pieceBytes),
      rows,
      packed,
    }))
    const fields = {
      objects: segments.map(({ id, pieces }) => ({ id, pieces })),
      removable: this.#clock.now() + writingTime,
    }
    const place = { partition: wholeIndex, sort: uuid(this.#clock) }
    const [unlisted] = await retryConflicts(() => this.#state.commit({ writes: [insert(searchUnlisted, place, fields)] }))
    for (const { id, pieces, packed } of segments) {
      for (let piece = 0; piece < pieces; piece++) {
        await slices.turn()
        await this.#objects.put(pieceName(id, piece), packed.subarray(piece * pieceBytes, (piece + 1) * pieceBytes))
      }
    }
    return { unlisted: unlisted as Written['unlisted'], segments }
  }

  /** A segment's bytes; undefined when it is gone. */
  async read(id: string, pieces: number, bytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const whole = new Uint8Array(bytes)
    const slices = new Slices()
    for (let piece = 0; piece < pieces; piece++) {
      const part = await this.#objects.get(pieceName(id, piece))
      if (!part) return undefined
      whole.set(part, piece * pieceBytes)
      await slices.turn()
    }
    return whole
  }

  /** Gives up what was written, as far as that goes now; else {@link removeUnlisted} does it later. */
  async discard({ unlisted }: Written): Promise<void> {
    await this.#remove(unlisted).catch(() => {})
  }

  /** Removes the objects of one write that no list names. @returns false when none is left whose time has come. */
  async removeUnlisted(): Promise<boolean> {
    for await (const record of this.#state.read(searchUnlisted, wholeIndex)) {
      if (record.fields.removable > this.#clock.now()) continue
      await this.#remove(record)
      return true
    }
    return false
  }

  async #remove(record: Written['unlisted']): Promise<void> {
    for (const { id, pieces } of record.fields.objects)
      for (let piece = 0; piece < pieces; piece++) await this.#objects.delete(pieceName(id, piece))
    await retryConflicts(async () => {
      const there = await this.#state.get(searchUnlisted, { partition: record.partition, sort: record.sort })
      if (there) await this.#state.commit({ writes: [remove(searchUnlisted, there)] })
    })
  }
}

function pieceName(id: string, piece: number): string {
  return `search/${id}/${piece}`
}
