import type {
  DocumentVectors,
  DocumentVersion,
  Found,
  IndexedDocument,
  IndexStatus,
  SearchIndex,
  SearchQuery,
  VectorSpace,
} from '../ports/search-index.ts'
import type { Caller } from './caller.ts'

/** One tenant's index, searched as the caller: what isn't for them isn't there. */
export interface Search {
  readonly capabilities: SearchIndex['capabilities']
  put(documents: readonly IndexedDocument[]): Promise<void>
  putVectors(space: VectorSpace, documents: readonly DocumentVectors[]): Promise<void>
  /** Absent where the index doesn't tell it. */
  vectorsOf?(space: string, version: DocumentVersion): Promise<number>
  remove(versions: readonly DocumentVersion[]): Promise<void>
  dropSpace(space: string): Promise<void>
  search(query: Omit<SearchQuery, 'reader'>): Promise<Found>
  /** Absent where the index doesn't tell it. */
  mark?(): Promise<string>
  status(): Promise<IndexStatus>
  maintain(options?: { readonly signal?: AbortSignal }): Promise<boolean>
}

/** Binds a tenant and who asks to the SearchIndex. */
export function tenantSearch({ tenant, user, groups }: Caller, index: SearchIndex): Search {
  return {
    capabilities: index.capabilities,
    put: (documents) => index.put(tenant, documents),
    putVectors: (space, documents) => index.putVectors(tenant, space, documents),
    ...(index.vectorsOf ? { vectorsOf: async (space, version) => index.vectorsOf?.(tenant, space, version) ?? 0 } : {}),
    remove: (versions) => index.remove(tenant, versions),
    dropSpace: (space) => index.dropSpace(tenant, space),
    search: (query) => index.search(tenant, { ...query, reader: { user, groups } }),
    ...(index.mark ? { mark: async () => index.mark?.(tenant) ?? '' } : {}),
    status: () => index.status(tenant),
    maintain: (options) => index.maintain(tenant, options),
  }
}
