import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { pathOf } from '../../api/client.ts'
import { itemsOf } from '../../api/lists.ts'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { formatCount } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { Empty, Loading, ProblemNotice } from '../../kit/states.tsx'
import { documentPath, type ShownDocument, useChunks } from './document.ts'
import css from './knowledge.module.css'

/** The chunks that a document was cut into: what questions are compared with. */
export function ChunkList({ document }: { readonly document: ShownDocument }): ReactNode {
  const { document_id, chunks_count, revision } = document
  const query = useChunks(document)
  const chunks = itemsOf(query)
  const path = pathOf('/api/documents/{}/chunks', [document_id], { limit: 50 })
  return (
    <Panel title="Chunks" actions={<CopyCall call={{ method: 'GET', path }} />}>
      {query.error !== null && <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading what="Loading chunks" />}
      {query.isSuccess && chunks.length === 0 && <Empty title="It has no chunks" />}
      <ol className={css.chunks} aria-label="Chunks">
        {chunks.map(({ ordinal, start, end, page, context, content }) => (
          <li key={ordinal} className={css.chunk}>
            <div className={css.chunkHead}>
              <strong>{ordinal + 1}</strong>
              {context !== '' && <span>{context}</span>}
              <Link to={documentPath(document_id, { start, end, revision })}>
                {page !== undefined && `page ${page}, `}
                {formatCount(start)}–{formatCount(end)}
              </Link>
            </div>
            <div className={css.text}>{content}</div>
          </li>
        ))}
      </ol>
      {query.hasNextPage && (
        <div className={css.more}>
          <Button size="small" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
          <small>
            {formatCount(chunks.length)} of {formatCount(chunks_count)}
          </small>
        </div>
      )}
    </Panel>
  )
}
