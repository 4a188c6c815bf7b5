/** Retrievals that were made before (X35): what was found and how it was ranked, without any of its text. @module */
import { sha256 } from '../crypto.ts'
import { canonicalJson, type JsonObject } from '../json.ts'
import type { DocumentVersion } from '../ports/search-index.ts'
import type { Uses } from '../scope/scope.ts'
import type { RetrievalSignals } from './answer/retrieval-signals.ts'
import { type BoundedCache, cacheByClock } from './bounded-cache.ts'

/** A passage's place in its revision, and its score. */
export interface RankedPlace extends DocumentVersion {
  readonly start: number
  readonly end: number
  readonly score: number
}

/** A version that the index found, and whether it was the one that counts, for this caller. */
export interface Examined extends DocumentVersion {
  readonly counts: boolean
}

export interface KeptRetrieval {
  /** What the ranking hangs on beside the index: where one of them counts otherwise now, it isn't what would be found now. */
  readonly examined: readonly Examined[]
  readonly places: readonly RankedPlace[]
  readonly signals: RetrievalSignals
}

/** Of all tenants in a process together; each takes some kilobytes. */
const keptRetrievals = cacheByClock<KeptRetrieval>({ entries: 2_000, bytes: 16 * 1024 * 1024, keptFor: 4 * 60_000 })

/** Where the retrievals of one question of one caller are kept, as long as the index is the same. */
export class RetrievalPlace {
  readonly #cache: BoundedCache<KeptRetrieval>
  readonly #asked: string

  /** @param asked all that the ranking depends on, but for the caller and the index. */
  constructor({ caller, clock }: Uses<never>, asked: JsonObject) {
    this.#cache = keptRetrievals(clock)
    const { tenant, user, groups } = caller
    this.#asked = canonicalJson([tenant, user, [...groups].sort(), asked])
  }

  /** @param mark of the index as it is now. */
  find(mark: string): KeptRetrieval | undefined {
    return this.#cache.get(this.#key(mark))
  }

  /** @param mark of the index as it was searched. */
  keep(mark: string, kept: KeptRetrieval): void {
    this.#cache.set(this.#key(mark), kept, sizeOf(kept))
  }

  /** A hash: neither questions nor users' names stay in memory. */
  #key(mark: string): string {
    return sha256(`${mark}\n${this.#asked}`)
  }
}

/** Bytes, about: what objects and numbers take, and names at one byte a character. */
function sizeOf({ examined, places }: KeptRetrieval): number {
  const names = [...examined, ...places].reduce((sum, { document, version }) => sum + document.length + version.length, 0)
  return 500 + names + examined.length * 80 + places.length * 120
}
