import type { ReactNode } from 'react'
import { formatCounted } from '../../kit/format.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useIndexStatus, vectorsOf } from './index-status.ts'
import css from './knowledge.module.css'

/** What questions are asked of. */
export function IndexFacts(): ReactNode {
  const { data, error } = useIndexStatus()
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
          {formatCounted(data.documents, 'document')}, {formatCounted(data.chunks, 'chunk')}
        </span>
        <span>vectors by {data.serving?.model_id ?? data.embedding_model}</span>
        {(data.serving?.chunks ?? 0) < data.chunks && <span>{vectorsOf(data)} have theirs so far</span>}
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
