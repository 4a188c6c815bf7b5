import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { get } from '../../api/client.ts'
import { formatCount } from '../../kit/format.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import css from './knowledge.module.css'

interface IndexStatus {
  readonly documents: number
  readonly chunks: number
  readonly embedding_model: string
  readonly serving: { readonly model_id: string } | null
  readonly dense_weight: number
  readonly reindex_needed: boolean
}

/** What questions are asked of. */
export function IndexFacts(): ReactNode {
  const { data, error } = useQuery({
    queryKey: ['/api/rag/index'],
    queryFn: ({ signal }) => get<IndexStatus>('/api/rag/index', signal),
    refetchInterval: 5_000,
  })
  if (data === undefined) return error === null ? null : <ProblemNotice error={error} />
  if (data.documents === 0)
    return (
      <div className={css.indexFacts}>
        <Notice>There are no documents to ask yet. Add some under Documents; until then every question is abstained from.</Notice>
      </div>
    )
  return (
    <>
      <p className={css.indexFacts}>
        <span>
          {formatCount(data.documents)} {data.documents === 1 ? 'document' : 'documents'}, {formatCount(data.chunks)} chunks
        </span>
        <span>vectors by {data.serving?.model_id ?? data.embedding_model}</span>
        <span>weight {data.dense_weight} beside words</span>
      </p>
      {data.reindex_needed && (
        <div className={css.indexFacts}>
          <Notice tone="warn">
            The vectors are another model’s than {data.embedding_model}. <code>POST /api/rag/reindex</code> makes new ones.
          </Notice>
        </div>
      )}
    </>
  )
}
