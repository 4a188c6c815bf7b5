import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Problem } from '../../api/client.ts'
import { Button } from '../../kit/button.tsx'
import { formatBytes, formatCounted, formatName, formatShare } from '../../kit/format.ts'
import { documentPath, type ShownDocument, useDocument } from './document.ts'
import css from './knowledge.module.css'
import type { Sending } from './sending.ts'
import { type Stage, Stages } from './stages.tsx'

/** What was sent since the page was opened, each with how far it is. */
export function SendingList(props: { readonly sendings: readonly Sending[]; readonly onClear: () => void }): ReactNode {
  const { sendings, onClear } = props
  if (sendings.length === 0) return null
  return (
    <div className={css.stack}>
      <ul className={css.sendings} aria-label="Sent from here" aria-live="polite">
        {sendings.map((sending) => (
          <SendingRow key={sending.key} sending={sending} />
        ))}
      </ul>
      <div>
        <Button size="small" look="quiet" onClick={onClear}>
          Clear what has arrived
        </Button>
      </div>
    </div>
  )
}

function SendingRow({ sending }: { readonly sending: Sending }): ReactNode {
  const { name, bytes, documentId, version = 1, problem } = sending
  const shown = formatName(name)
  const { data: document, error } = useDocument(documentId)
  const isHidden = sending.isRestricted && error instanceof Problem && error.status === 404
  const reason =
    problem ?? (isHidden ? undefined : error) ?? (document?.status === 'failed' ? new Error(document.error?.message) : undefined)
  return (
    <li className={css.sending}>
      <div className={css.sendingName}>
        {documentId === undefined || isHidden ? <span>{shown}</span> : <Link to={documentPath(documentId)}>{shown}</Link>}
        <small>
          {formatBytes(bytes)}
          {version > 1 && `, version ${version}`}
          {document && document.version > version && ', replaced since'}
        </small>
      </div>
      <Stages name={shown} stages={isHidden ? [sent] : stagesOf(sending, document)} />
      {isHidden && <p className={css.muted}>It is there, but not for you: it is for the users and groups that you named.</p>}
      {reason !== undefined && <p className={css.fault}>{reasonOf(reason)}</p>}
    </li>
  )
}

const sent: Stage = { name: 'Sent', state: 'done' }

function stagesOf({ share, documentId, problem }: Sending, document: ShownDocument | undefined): readonly Stage[] {
  const isTaken = documentId !== undefined
  const isRead = document?.status === 'processed'
  const hasFailed = document?.status === 'failed'
  return [
    {
      name: isTaken ? 'Sent' : problem === undefined && share < 1 ? `Sending ${formatShare(share)}` : 'Sending',
      state: problem === undefined ? (isTaken ? 'done' : 'now') : 'failed',
    },
    {
      name: isRead ? `Read, ${formatCounted(document.chunks_count, 'chunk')}` : 'Read',
      state: hasFailed ? 'failed' : isRead ? 'done' : isTaken ? 'now' : 'waiting',
    },
    { name: 'Vectors', state: isRead ? (document.embedding === 'done' ? 'done' : 'now') : 'waiting' },
  ]
}

function reasonOf(error: unknown): string {
  const code = error instanceof Problem ? ` (${error.code})` : ''
  return `${error instanceof Error ? error.message : String(error)}${code}`
}
