import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get, Problem, pathOf } from '../../api/client.ts'
import { type ListQuery, useList } from '../../api/lists.ts'
import type { Stretch } from './stretch.ts'

export type Metadata = Readonly<Record<string, unknown>>

/** A document as the API shows it. */
export interface ShownDocument {
  readonly document_id: string
  readonly source: string
  readonly content_type: string
  readonly status: 'processing' | 'processed' | 'failed'
  readonly chunks_count: number
  readonly embedding: 'pending' | 'done'
  readonly version: number
  /** Whether questions find it, be it by an earlier version. */
  readonly searchable: boolean
  /** Names the text that is found; absent until a version is read. */
  readonly revision?: string
  readonly characters: number
  readonly metadata: Metadata
  readonly acl: { readonly users: readonly string[]; readonly groups: readonly string[] } | null
  readonly error?: { readonly code: string; readonly message: string }
  readonly created_at: string
  readonly updated_at: string
}

export interface Chunk {
  readonly ordinal: number
  readonly start: number
  readonly end: number
  readonly content: string
  readonly context: string
  readonly page?: number
}

/** Lists of documents are kept under it, with their queries. */
export const documentLists = '/api/documents'

/** How often what may change is looked at again, milliseconds. */
const soon = 1_500
const later = 10_000

/** Whether something is still done about a document. */
function isUnderWay({ status, embedding }: ShownDocument): boolean {
  return status === 'processing' || (status === 'processed' && embedding === 'pending')
}

export function useDocuments(status: string | undefined): ListQuery<ShownDocument> {
  return useList<ShownDocument>(
    documentLists,
    { status },
    {
      limit: 100,
      refetchInterval: ({ state: { data } }) => (data?.pages.some(({ items }) => items.some(isUnderWay)) ? soon : later),
    },
  )
}

export function useDocument(id: string | undefined): UseQueryResult<ShownDocument> {
  return useQuery({
    queryKey: [documentLists, 'one', id],
    queryFn: ({ signal }) => get<ShownDocument>(pathOf('/api/documents/{}', [id ?? '']), signal),
    enabled: id !== undefined,
    // What was deleted doesn't come back.
    refetchInterval: ({ state: { data, error } }) =>
      error instanceof Problem && error.isForGood ? false : data && isUnderWay(data) ? soon : later,
  })
}

export function useChunks(document: ShownDocument): ListQuery<Chunk> {
  // Another version has other chunks.
  return useList<Chunk>(pathOf('/api/documents/{}/chunks', [document.document_id]), {}, { limit: 50 })
}

/** Where a document is shown, with a stretch of it marked. */
export function documentPath(id: string, stretch?: Stretch): string {
  return pathOf('/knowledge/documents/{}', [id], { ...stretch })
}
