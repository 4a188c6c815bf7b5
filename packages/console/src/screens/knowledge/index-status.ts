import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { get } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { formatCount, formatCounted } from '../../kit/format.ts'

/** What questions are asked of, as `GET /api/rag/index` says it. */
export interface IndexStatus {
  readonly documents: number
  readonly chunks: number
  readonly embedding_model: string
  readonly serving: { readonly model_id: string; readonly chunks: number } | null
  readonly dense_weight: number
  readonly reindex_needed: boolean
}

/** @param isWanted nothing is asked otherwise, nor where the token may not ask it. */
export function useIndexStatus(isWanted = true): UseQueryResult<IndexStatus> {
  const may = useMay('rag:read')
  return useQuery({
    queryKey: ['/api/rag/index'],
    queryFn: ({ signal }) => get<IndexStatus>('/api/rag/index', signal),
    enabled: isWanted && may,
    refetchInterval: 5_000,
  })
}

/** How many chunks have their vectors: `4,134 of 27,709 chunks`. */
export function vectorsOf({ chunks, serving }: IndexStatus): string {
  return `${formatCount(Math.min(serving?.chunks ?? 0, chunks))} of ${formatCounted(chunks, 'chunk')}`
}
