import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Link } from 'react-router'
import { get, pathOf } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'
import { Button } from '../../kit/button.tsx'
import { CopyButton } from '../../kit/copy.tsx'
import { formatName } from '../../kit/format.ts'
import { Markdown } from '../../kit/markdown.tsx'
import { Panel } from '../../kit/page.tsx'
import { saveFile } from '../../kit/save-file.ts'
import { Empty } from '../../kit/states.tsx'
import { documentPath, useDocument } from '../knowledge/document.ts'
import css from './agents.module.css'
import type { Citation, Workflow } from './workflow.ts'

/** What came of it, and what each claim rests on. */
export function ResultPanel({ workflow }: { readonly workflow: Workflow }): ReactNode {
  const { result } = workflow
  if (!result) return null
  const { text, sources, citations } = result
  return (
    <div className={css.result}>
      <Panel
        title="Report"
        actions={
          <>
            <CopyButton text={text} what="the report" />
            <Button size="small" look="quiet" onClick={() => saveFile('report.md', text, 'text/markdown')}>
              Download
            </Button>
          </>
        }
      >
        <div className={css.report}>
          <Markdown text={text} />
        </div>
      </Panel>
      <Panel title={`Sources (${sources.length})`}>
        {sources.length === 0 ? (
          <Empty title="It names no source">No document was cited, so nothing in it can be checked against one.</Empty>
        ) : (
          <ul className={css.sources}>
            {sources.map((source) => (
              <li key={source}>
                <h3>{formatName(source)}</h3>
                <Citations text={text} citations={distinct(text, citations, source)} />
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </div>
  )
}

/** Of one source: the same claim by the same passage stands there once, wherever the report says it. */
function distinct(text: string, citations: readonly Citation[], source: string): readonly Citation[] {
  const own = citations.filter((one) => one.source === source)
  const claimOf = ({ claim_start, claim_end, document_id, start, end }: Citation): string =>
    `${text.slice(claim_start, claim_end)} ${document_id} ${start} ${end}`
  return [...new Map(own.map((one) => [claimOf(one), one])).values()]
}

function Citations({ text, citations }: { readonly text: string; readonly citations: readonly Citation[] }): ReactNode {
  if (citations.length === 0) return <p className={css.note}>Named, without a passage.</p>
  return (
    <ul className={css.citations}>
      {citations.map((citation) => (
        <li key={`${citation.claim_start} ${citation.document_id} ${citation.start}`}>
          <Cited claim={text.slice(citation.claim_start, citation.claim_end)} citation={citation} />
        </li>
      ))}
    </ul>
  )
}

/** One claim, with the passage that it rests on when it is opened. */
function Cited({ claim, citation }: { readonly claim: string; readonly citation: Citation }): ReactNode {
  const [open, setOpen] = useState(false)
  const mayRead = useMay('documents:read')
  const { document_id: id, start, end, revision } = citation
  if (!mayRead) return <q>{claim}</q>
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>
        <q>{claim}</q>
      </summary>
      {open && <Passage citation={citation} />}
      <Link to={documentPath(id, { start, end, revision })}>Open the document there</Link>
    </details>
  )
}

/** Characters around a passage, so that it can be understood. */
const around = 160

/** The passage, in the text that it was cited from; the document may have another by now, or be gone, or not be for this person. */
function Passage({ citation }: { readonly citation: Citation }): ReactNode {
  const { document_id: id, start, end, revision } = citation
  const document = useDocument(id)
  const first = Math.max(0, start - around)
  const path = pathOf('/api/documents/{}/text', [id], { start: first, end: end + around })
  const isSame = document.data?.revision === revision
  const text = useQuery({
    queryKey: [path, revision],
    queryFn: ({ signal }) => get<string>(path, signal),
    enabled: isSame,
    retry: false,
  })
  const error = document.error ?? text.error
  if (error !== null) return <p className={css.bad}>{error.message}</p>
  if (document.data && !isSame)
    return <p className={css.note}>The document has changed since it was cited: the passage was in an earlier version.</p>
  if (text.data === undefined) return <p className={css.note}>Looking for the passage …</p>
  const shown = text.data
  return (
    <blockquote className={css.passage}>
      {first > 0 && '… '}
      {shown.slice(0, start - first)}
      <mark>{shown.slice(start - first, end - first)}</mark>
      {shown.slice(end - first)}
      {end + around < (document.data?.characters ?? 0) && ' …'}
    </blockquote>
  )
}
