import { Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { isUnknown, pathOf } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { CopyButton, CopyCall } from '../../kit/copy.tsx'
import { ConfirmButton } from '../../kit/dialog.tsx'
import { Pairs } from '../../kit/figures.tsx'
import { formatCount, formatCounted, formatName, formatTime } from '../../kit/format.ts'
import { Page, Panel } from '../../kit/page.tsx'
import { Empty, Loaded, Loading, NoPermission, Notice } from '../../kit/states.tsx'
import { Tabs } from '../../kit/tabs.tsx'
import { ChunkList } from './chunk-list.tsx'
import { useDeleteDocument } from './delete-document.ts'
import { type ShownDocument, useDocument } from './document.ts'
import { Standing } from './documents-panel.tsx'
import { useIndexStatus, vectorsOf } from './index-status.ts'
import css from './knowledge.module.css'
import { showValue } from './metadata.ts'
import { SourceText } from './source-text.tsx'
import { stretchIn } from './stretch.ts'

const documentList = { to: '/knowledge', name: 'Documents' }

/** One document: what is known of it, its text, and the chunks that questions find. */
export function DocumentPage(): ReactNode {
  const { id = '' } = useParams()
  const mayRead = useMay('documents:read')
  const query = useDocument(mayRead ? id : undefined)
  if (!mayRead) return <NoPermission permission="documents:read" />
  if (query.data !== undefined) return <Shown document={query.data} />
  const isGone = isUnknown(query.error)
  return (
    <Page title={isGone ? 'No such document' : 'Document'} back={documentList}>
      {isGone ? (
        <Empty title="It isn’t here">It was deleted, or it is for others. The link may also be of another tenant.</Empty>
      ) : (
        <Loaded query={query} what="Loading the document">
          {() => null}
        </Loaded>
      )}
    </Page>
  )
}

function Shown({ document }: { readonly document: ShownDocument }): ReactNode {
  const mayWrite = useMay('documents:write')
  const deleteDocument = useDeleteDocument()
  const navigate = useNavigate()
  const { document_id, source, error, searchable } = document
  return (
    <Page
      title={formatName(source)}
      back={documentList}
      actions={
        <>
          <CopyCall call={{ method: 'GET', path: pathOf('/api/documents/{}', [document_id]) }} />
          {mayWrite && (
            <ConfirmButton
              title={`Delete ${formatName(source)}?`}
              text="It is found and shown no more from now on. This can’t be taken back."
              confirm="Delete"
              onConfirm={() => deleteDocument(document_id, () => navigate('/knowledge'))}
            >
              <Trash2 size={15} aria-hidden="true" /> Delete
            </ConfirmButton>
          )}
        </>
      }
    >
      {error && (
        <Notice tone="bad">
          {error.message} <code>{error.code}</code>
          {searchable
            ? ' The version before is found and cited as before.'
            : ' Mend the file and send it again under the same name.'}
        </Notice>
      )}
      <Panel title="About it">
        <About document={document} />
      </Panel>
      {searchable ? <Contents document={document} /> : error ? null : <Loading what="Reading it" />}
    </Page>
  )
}

function About({ document }: { readonly document: ShownDocument }): ReactNode {
  const { document_id, content_type, version, chunks_count, characters, metadata, acl } = document
  return (
    <div className={css.about}>
      <Pairs
        of={[
          ['Status', <Standing key="status" document={document} />],
          ['Version', version],
          ['Kind', content_type],
          ['Length', `${formatCounted(characters, 'character')} in ${formatCounted(chunks_count, 'chunk')}`],
          ['Vectors', <Vectors key="vectors" document={document} />],
        ]}
      />
      <Pairs
        of={[
          [
            'Id',
            <span key="id">
              <code>{document_id}</code> <CopyButton text={document_id} what="the id" />
            </span>,
          ],
          ['Found by', acl === null ? 'everyone in the tenant' : <Readers key="acl" acl={acl} />],
          ['First sent', formatTime(document.created_at)],
          ['Changed', formatTime(document.updated_at)],
          ...Object.entries(metadata).map(([name, value]) => [name, showValue(value)] as const),
        ]}
      />
    </div>
  )
}

/** Their progress is known of all documents together, which are in turn. */
function Vectors({ document }: { readonly document: ShownDocument }): ReactNode {
  const { embedding, searchable } = document
  const isPending = searchable && embedding === 'pending'
  const { data: index } = useIndexStatus(isPending)
  if (!searchable) return document.status === 'failed' ? 'none, since it could not be read' : 'when it is read'
  if (!isPending) return embedding
  return index ? `pending: ${vectorsOf(index)} of all documents have theirs` : 'pending'
}

function Readers({ acl }: { readonly acl: NonNullable<ShownDocument['acl']> }): ReactNode {
  const parts = [
    acl.users.length > 0 ? `users ${acl.users.join(', ')}` : '',
    acl.groups.length > 0 ? `groups ${acl.groups.join(', ')}` : '',
  ]
  return parts.filter((part) => part !== '').join('; ')
}

function Contents({ document }: { readonly document: ShownDocument }): ReactNode {
  const [query] = useSearchParams()
  const { document_id, characters, version, chunks_count } = document
  return (
    <Tabs
      name="What is in it"
      tabs={[
        {
          id: 'text',
          name: 'Text',
          show: () =>
            characters === 0 ? (
              <Empty title="It has no text" />
            ) : (
              <Panel
                title="Text"
                actions={<CopyCall call={{ method: 'GET', path: pathOf('/api/documents/{}/text', [document_id]) }} />}
              >
                <SourceText document={document} place={stretchIn(query)} />
              </Panel>
            ),
        },
        {
          id: 'chunks',
          name: `Chunks (${formatCount(chunks_count)})`,
          show: () => <ChunkList key={version} document={document} />,
        },
      ]}
    />
  )
}
