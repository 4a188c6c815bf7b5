import { Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'react-router'
import { pathOf } from '../../api/client.ts'
import { itemsOf, loadMore } from '../../api/lists.ts'
import { useMay } from '../../api/session.ts'
import { Badge, StatusBadge } from '../../kit/badge.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { Choice } from '../../kit/field.tsx'
import { formatCount, formatName, formatTime } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { Empty, Loading, ProblemNotice } from '../../kit/states.tsx'
import { VirtualTable } from '../../kit/virtual-table.tsx'
import { useDeleteDocument } from './delete-document.ts'
import { documentPath, type ShownDocument, useDocuments } from './document.ts'
import css from './knowledge.module.css'

const statuses = [
  { value: '', name: 'All' },
  { value: 'processed', name: 'Processed' },
  { value: 'processing', name: 'Processing' },
  { value: 'failed', name: 'Failed' },
]

/** The tenant's documents as far as the token's holder may see them. */
export function DocumentsPanel(): ReactNode {
  const [query, setQuery] = useSearchParams()
  const status = query.get('status') ?? ''
  const documents = useDocuments(status || undefined)
  const rows = itemsOf(documents)
  const choose = (value: string): void =>
    setQuery(
      (before) => {
        if (value === '') before.delete('status')
        else before.set('status', value)
        return before
      },
      { replace: true },
    )
  return (
    <Panel
      title="Documents"
      flush
      actions={
        <>
          <div className={css.inlineChoice}>
            <Choice label="Status" options={statuses} value={status} onChange={({ target }) => choose(target.value)} />
          </div>
          <CopyCall call={{ method: 'GET', path: pathOf('/api/documents', [], { status, limit: 100 }) }} />
        </>
      }
    >
      {documents.error !== null && <ProblemNotice error={documents.error} onRetry={() => void documents.refetch()} />}
      {documents.isPending && <Loading what="Loading documents" />}
      {documents.isSuccess && rows.length === 0 && <NoDocuments isFiltered={status !== ''} />}
      {rows.length > 0 && <DocumentTable rows={rows} onNearEnd={() => loadMore(documents)} />}
    </Panel>
  )
}

function NoDocuments({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  const mayWrite = useMay('documents:write')
  if (isFiltered) return <Empty title="No documents of this status">Choose another status above.</Empty>
  return (
    <Empty title="No documents yet">
      {mayWrite
        ? 'Drop some files above, or paste a text. Then ask about them.'
        : 'This token may not add any: that takes documents:write.'}
    </Empty>
  )
}

function DocumentTable(props: { readonly rows: readonly ShownDocument[]; readonly onNearEnd: () => void }): ReactNode {
  const mayWrite = useMay('documents:write')
  const deleteDocument = useDeleteDocument()
  return (
    <VirtualTable
      name="Documents"
      rows={props.rows}
      keyOf={({ document_id }) => document_id}
      onNearEnd={props.onNearEnd}
      columns={[
        {
          name: 'Name',
          width: 'minmax(110px, 2.4fr)',
          show: ({ document_id, source }) => (
            <Link to={documentPath(document_id)} title={formatName(source)}>
              {formatName(source)}
            </Link>
          ),
        },
        { name: 'Status', width: 'minmax(110px, 2fr)', show: (document) => <Standing document={document} withReason /> },
        { name: 'Version', isSecondary: true, width: '64px', isNumber: true, show: ({ version }) => version },
        {
          name: 'Chunks',
          isSecondary: true,
          width: '70px',
          isNumber: true,
          show: ({ chunks_count }) => formatCount(chunks_count),
        },
        { name: 'For', isSecondary: true, width: 'minmax(80px, 0.8fr)', show: ({ acl }) => readersOf(acl) },
        { name: 'Updated', isSecondary: true, width: '110px', isNumber: true, show: ({ updated_at }) => formatTime(updated_at) },
        ...(mayWrite
          ? [
              {
                name: 'Delete',
                width: '52px',
                isNumber: true,
                show: ({ document_id, source }: ShownDocument) => (
                  <ConfirmButton
                    look="quiet"
                    size="small"
                    title={`Delete ${formatName(source)}?`}
                    text="It is found and shown no more from now on. This can’t be taken back."
                    confirm="Delete"
                    onConfirm={() => deleteDocument(document_id)}
                  >
                    <Trash2 size={15} aria-hidden="true" />
                    <span className="visually-hidden">Delete {formatName(source)}</span>
                  </ConfirmButton>
                ),
              },
            ]
          : []),
      ]}
    />
  )
}

/** What a document's state means for whoever asks questions. */
export function Standing(props: { readonly document: ShownDocument; readonly withReason?: boolean }): ReactNode {
  const { document, withReason = false } = props
  const { status, embedding, searchable, error } = document
  return (
    <span className={css.standing}>
      <StatusBadge status={status} />
      {status === 'processed' && embedding === 'pending' && (
        <span className={css.pending}>
          <Badge tone="info">vectors pending</Badge>
        </span>
      )}
      {status !== 'processed' && searchable && <Badge>earlier version found</Badge>}
      {withReason && error && <span title={error.message}>{error.message}</span>}
    </span>
  )
}

function readersOf(acl: ShownDocument['acl']): string {
  return acl === null ? 'everyone' : [...acl.users, ...acl.groups].join(', ')
}
