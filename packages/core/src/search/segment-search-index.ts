import type { Clock } from '../ports/clock.ts'
import {
  checkDocuments,
  checkSearch,
  checkSpaceName,
  checkVectors,
  checkVersions,
  type DocumentVectors,
  type DocumentVersion,
  type Found,
  type IndexedDocument,
  type IndexStatus,
  type SearchIndex,
  type SearchQuery,
  type VectorSpace,
} from '../ports/search-index.ts'
import type { Objects } from '../scope/objects.ts'
import type { State } from '../scope/state.ts'
import { countVectors, dropSpace, putDocuments, putVectors, removeDocuments } from './changes.ts'
import { searchRemovals, searchSegments } from './collections.ts'
import { findInView } from './find.ts'
import { markOf, readHead, wholeIndex } from './head.ts'
import { maintainOnce } from './maintain.ts'
import { Slices } from './slices.ts'
import { TenantIndex } from './tenant-index.ts'
import { Places } from './turns.ts'

const usualMemory = 1024 ** 3
const usualExactBelow = 10_000
const loadsAtATime = 4
const usualRemovalTime = 24 * 3_600_000
const usualIdleTime = 30 * 60_000

export interface SegmentSearchIndexOptions {
  /** One tenant's records and objects, sealed under its key. */
  state(tenant: string): State
  objects(tenant: string): Objects
  readonly clock: Clock
  /** Bytes of segments in memory; the tenants that were searched longest ago go first. One tenant may take more. Default 1 GiB. */
  readonly memory?: number
  /** Milliseconds after which segments that nobody used leave memory, when the index is next used by anyone. Default half an hour. */
  readonly idleTime?: number
  /** Default 10,000: scoring so many vectors of 512 numbers takes as long as a search may. */
  readonly exactBelow?: number
  /**
   * Milliseconds for which a removed document may wait to be taken out of storage together with others; it is found no more at once. Default
   * a day. One in a small segment, or in one of which a fifth was removed, doesn't wait.
   */
  readonly removalTime?: number
}

/**
 * A search index in sealed objects, searched in memory: immutable segments of words and of vectors, listed in records that one commit
 * changes. Several processes may work on one index. Who dies at any moment leaves nothing that is half visible, and objects without a
 * record in no list only within an hour: what is about to be written is put down before, and maintain removes what never came.
 */
export class SegmentSearchIndex implements SearchIndex {
  readonly capabilities: SearchIndex['capabilities']
  readonly #options: SegmentSearchIndexOptions
  readonly #memory: number
  readonly #removalTime: number
  readonly #loads = new Places(loadsAtATime)
  /** The one used last stands last. */
  readonly #tenants = new Map<string, { readonly index: TenantIndex; uses: number; at: number }>()

  constructor(options: SegmentSearchIndexOptions) {
    this.#options = options
    this.#memory = options.memory ?? usualMemory
    this.#removalTime = options.removalTime ?? usualRemovalTime
    this.capabilities = { lexical: true, exactBelow: options.exactBelow ?? usualExactBelow }
  }

  /** Bytes of segments in memory now. */
  get bytesInMemory(): number {
    let bytes = 0
    for (const { index } of this.#tenants.values()) bytes += index.bytes
    return bytes
  }

  async put(tenant: string, documents: readonly IndexedDocument[]): Promise<void> {
    checkDocuments(documents)
    await this.#use(tenant, (index) => putDocuments(index, documents))
  }

  async putVectors(tenant: string, space: VectorSpace, documents: readonly DocumentVectors[]): Promise<void> {
    checkVectors(space, documents)
    await this.#use(tenant, (index) => putVectors(index, space, documents))
  }

  async vectorsOf(tenant: string, space: string, version: DocumentVersion): Promise<number> {
    checkSpaceName(space)
    checkVersions([version])
    return this.#use(tenant, (index) => countVectors(index, space, version))
  }

  async remove(tenant: string, versions: readonly DocumentVersion[]): Promise<void> {
    checkVersions(versions)
    await this.#use(tenant, (index) => removeDocuments(index, versions))
  }

  async dropSpace(tenant: string, space: string): Promise<void> {
    checkSpaceName(space)
    await this.#use(tenant, (index) => dropSpace(index, space))
  }

  async search(tenant: string, query: SearchQuery): Promise<Found> {
    checkSearch(query)
    const { exactBelow } = this.capabilities
    return this.#use(tenant, (index) => index.look((view) => findInView(view, query, exactBelow)))
  }

  async mark(tenant: string): Promise<string> {
    return markOf(await readHead(this.#options.state(tenant)))
  }

  async status(tenant: string): Promise<IndexStatus> {
    return this.#use(tenant, async (index) => {
      const head = await index.head()
      let bytes = 0
      let segments = 0
      for await (const { fields } of index.state.read(searchSegments, wholeIndex)) {
        bytes += fields.bytes
        segments++
      }
      const { documents = 0, chunks = 0, spaces = [] } = head?.fields ?? {}
      const removed = await firstRemoval(index.state)
      return {
        documents,
        chunks,
        bytes,
        segments,
        ...(removed === undefined ? {} : { removalsDue: removed + this.#removalTime }),
        spaces: spaces.map(({ name, dimensions, chunks: count, recall }) => ({
          name,
          dimensions,
          chunks: count,
          ...(recall === null || count < this.capabilities.exactBelow ? {} : { recall }),
        })),
      }
    })
  }

  async maintain(tenant: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<boolean> {
    try {
      signal?.throwIfAborted()
      const options = { exactBelow: this.capabilities.exactBelow, removalTime: this.#removalTime }
      return await this.#use(tenant, (index) => maintainOnce(index, options, new Slices(signal)))
    } catch (error) {
      if (signal?.aborted && error === signal.reason) return true
      throw error
    }
  }

  async #use<Result>(tenant: string, work: (index: TenantIndex) => Promise<Result>): Promise<Result> {
    const used = this.#tenants.get(tenant) ?? { index: this.#open(tenant), uses: 0, at: 0 }
    this.#tenants.delete(tenant)
    this.#tenants.set(tenant, used)
    used.uses++
    used.at = this.#options.clock.now()
    try {
      return await work(used.index)
    } finally {
      used.uses--
      this.#makeRoom(tenant)
    }
  }

  #open(tenant: string): TenantIndex {
    const { clock } = this.#options
    const parts = { state: this.#options.state(tenant), objects: this.#options.objects(tenant), clock, loads: this.#loads }
    return new TenantIndex(parts)
  }

  #makeRoom(latest: string): void {
    let bytes = this.bytesInMemory
    const idleSince = this.#options.clock.now() - (this.#options.idleTime ?? usualIdleTime)
    for (const [tenant, { index, uses, at }] of this.#tenants) {
      const idle = uses === 0 && at < idleSince
      if (bytes <= this.#memory && !idle) return
      if (tenant === latest) continue
      bytes -= index.bytes
      index.forget()
      if (uses === 0) this.#tenants.delete(tenant)
    }
  }
}

/** When the first of those was that are in storage still. */
async function firstRemoval(state: State): Promise<number | undefined> {
  for await (const { fields } of state.read(searchRemovals, wholeIndex)) return fields.removed
  return undefined
}
