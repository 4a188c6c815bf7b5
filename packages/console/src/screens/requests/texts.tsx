import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get, pathOf } from '../../api/client.ts'
import { Button } from '../../kit/button.tsx'
import { CopyButton } from '../../kit/copy.tsx'
import { formatCounted } from '../../kit/format.ts'
import { Markdown } from '../../kit/markdown.tsx'
import { Panel } from '../../kit/page.tsx'
import { Empty, Loaded, Loading } from '../../kit/states.tsx'
import type { WholeRequest } from './request.ts'
import css from './requests.module.css'

/** What was asked. */
export function PromptPanel({ id }: { readonly id: string }): ReactNode {
  const query = useQuery({
    queryKey: ['/api/requests/prompt', id],
    queryFn: ({ signal }) => get<{ readonly text: string }>(pathOf('/api/requests/{}/prompt', [id]), signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Panel title="Prompt" actions={query.data && <Size text={query.data.text} what="the prompt" />}>
      <Loaded query={query} what="Fetching the prompt">
        {({ text }) => <Text text={text} what="Prompt" />}
      </Loaded>
    </Panel>
  )
}

/** What came of it. @param text of the answer while it comes. */
export function ResultPanel({ request, text }: { readonly request: WholeRequest; readonly text: string }): ReactNode {
  const { result, status } = request
  const [isRendered, setRendered] = useState(false)
  const dueAt = Date.parse(request.not_before ?? '')
  const isScheduled = dueAt > Date.now()
  const shown = result?.text ?? (status === 'processing' ? text : '')
  const actions = result && (
    <>
      <Button size="small" look="quiet" aria-pressed={isRendered} onClick={() => setRendered(!isRendered)}>
        {isRendered ? 'Show as text' : 'Show as Markdown'}
      </Button>
      <Size text={result.text} what="the result" />
    </>
  )
  return (
    <Panel title="Result" actions={actions}>
      {shown !== '' && (isRendered && result ? <Markdown text={shown} /> : <Text text={shown} what="Result" />)}
      {shown === '' && status === 'processing' && isScheduled && <Empty title={`Due on ${new Date(dueAt).toLocaleString()}.`} />}
      {shown === '' && status === 'processing' && !isScheduled && <Loading what="No answer yet" />}
      {shown === '' && status !== 'processing' && <Empty title={nothing[status] ?? ''} />}
    </Panel>
  )
}

const nothing: Readonly<Record<string, string>> = {
  completed: 'The model answered with nothing.',
  failed: 'It failed before there was an answer.',
  cancelled: 'It was cancelled before there was an answer.',
}

/** A text as somebody wrote it, in letters made for reading. */
function Text({ text, what }: { readonly text: string; readonly what: string }): ReactNode {
  return (
    <pre className={css.text} tabIndex={0} role="group" aria-label={what}>
      {text}
    </pre>
  )
}

function Size({ text, what }: { readonly text: string; readonly what: string }): ReactNode {
  return (
    <>
      <span className={css.following}>{formatCounted(text.length, 'character')}</span>
      <CopyButton text={text} what={what} />
    </>
  )
}
