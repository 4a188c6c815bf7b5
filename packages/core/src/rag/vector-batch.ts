import type { DocumentVectors } from '../ports/search-index.ts'
import type { Uses } from '../scope/scope.ts'
import type { Space } from './spaces.ts'

/** Vectors after which they are put: what a crash would have made anew. */
const mostVectors = 256

/**
 * Vectors of several documents, put into the index together: each put is a segment, and many small ones would have to be merged again.
 */
export class VectorBatch {
  readonly #scope: Uses<'search'>
  readonly #bySpace = new Map<string, { readonly space: Space; readonly documents: DocumentVectors[] }>()
  #vectors = 0
  #afterwards: (() => Promise<void>)[] = []

  constructor(scope: Uses<'search'>) {
    this.#scope = scope
  }

  /** Waits for others, or {@link put}; a document comes once for a space. */
  async add(space: Space, document: DocumentVectors): Promise<void> {
    const waiting = this.#bySpace.get(space.name) ?? { space, documents: [] }
    waiting.documents.push(document)
    this.#bySpace.set(space.name, waiting)
    this.#vectors += document.vectors.length
    if (this.#vectors >= mostVectors) await this.put()
  }

  /** Does something when all that was added until now is in the index: at once, where it is. */
  async afterwards(work: () => Promise<void>): Promise<void> {
    if (this.#vectors === 0) await work()
    else this.#afterwards.push(work)
  }

  async put(): Promise<void> {
    for (const { space, documents } of this.#bySpace.values()) await this.#scope.search.putVectors(space, documents)
    this.#bySpace.clear()
    this.#vectors = 0
    for (const work of this.#afterwards.splice(0)) await work()
  }
}
