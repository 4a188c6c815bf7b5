import type { ReactNode } from 'react'
import { isUnknown } from '../../api/client.ts'
import { StatusBadge } from '../../kit/badge.tsx'
import { ButtonLink } from '../../kit/button.tsx'
import { CopyButton, CopyCall } from '../../kit/copy.tsx'
import { Cost } from '../../kit/cost.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { formatCount, formatCounted, formatDuration, formatTime } from '../../kit/format.ts'
import { Columns, Page, Panel } from '../../kit/page.tsx'
import { Empty, Loaded, Notice } from '../../kit/states.tsx'
import { Facts } from './facts.tsx'
import { LogPanel } from './log-panel.tsx'
import { ageOf, readCall, type WholeRequest } from './request.ts'
import { RequestActions } from './request-actions.tsx'
import css from './requests.module.css'
import { SendDialog } from './send-dialog.tsx'
import { PromptPanel, ResultPanel } from './texts.tsx'
import { useRequest } from './use-request.ts'
import { Waterfall } from './waterfall.tsx'

const back = { to: '/requests', name: 'Requests' }

/** Everything about one request. */
export function RequestPage({ id }: { readonly id: string }): ReactNode {
  const { query, text } = useRequest(id)
  const request = query.data
  if (request === undefined && isUnknown(query.error)) return <Missing />
  return (
    <Page
      title={id}
      back={back}
      about={request && <Standing request={request} />}
      actions={
        request && (
          <>
            <CopyCall call={readCall(id)} />
            <RequestActions request={request} />
          </>
        )
      }
    >
      <Loaded query={query} what="Loading the request">
        {(loaded) => <Whole request={loaded} text={text} />}
      </Loaded>
      <SendDialog of={id} />
    </Page>
  )
}

function Missing(): ReactNode {
  return (
    <Page title="No such request" back={back}>
      <Empty title="No request has this id.">
        <span>It may be another tenant’s, or it ended so long ago that it isn’t kept any more.</span>
        <ButtonLink to="/requests">To the list</ButtonLink>
      </Empty>
    </Page>
  )
}

function Standing({ request }: { readonly request: WholeRequest }): ReactNode {
  const { request_id, status, user_id, accepted_at } = request
  return (
    <span className={css.standing}>
      <StatusBadge status={status} />
      <span>
        accepted <time dateTime={accepted_at}>{formatTime(accepted_at)}</time> from {user_id}
      </span>
      <CopyButton text={request_id} what="the request id" />
    </span>
  )
}

function Whole({ request, text }: { readonly request: WholeRequest; readonly text: string }): ReactNode {
  return (
    <>
      {request.error !== null && request.status === 'failed' && (
        <Notice tone="bad">
          <div>{request.error.message}</div>
          <div>
            <code>{request.error.code}</code>
            {request.error.retryable
              ? ', which may pass: redrive it.'
              : ', which won’t pass by itself: mend the cause, then redrive it.'}
          </div>
        </Notice>
      )}
      <KeyFigures request={request} />
      <Panel title="Timeline">
        <Waterfall request={request} />
      </Panel>
      <Columns>
        <PromptPanel id={request.request_id} />
        <ResultPanel request={request} text={text} />
      </Columns>
      <Columns>
        <Facts request={request} />
        <LogPanel request={request} />
      </Columns>
    </>
  )
}

function KeyFigures({ request }: { readonly request: WholeRequest }): ReactNode {
  const { usage, attempts, status, accepted_at, timeline, model_id, result } = request
  const started = timeline.find(({ type }) => type === 'started')?.at
  return (
    <Figures>
      <Figure
        name={status === 'processing' ? 'Expected within' : 'From acceptance to end'}
        value={status === 'processing' ? request.estimated_completion : formatDuration(ageOf(request))}
        hint={status === 'processing' ? 'as acknowledged' : `expected within ${request.estimated_completion}`}
      />
      <Figure
        name="Waited for its first attempt"
        value={started === undefined ? '–' : formatDuration(Date.parse(started) - Date.parse(accepted_at))}
        hint={started === undefined ? 'none began yet' : `${attempts} attempt${attempts === 1 ? '' : 's'} in all`}
      />
      <Figure
        name="Tokens"
        value={usage ? formatCount(usage.input_tokens + usage.output_tokens) : '–'}
        hint={usage ? `${formatCount(usage.input_tokens)} in, ${formatCount(usage.output_tokens)} out` : 'none used'}
      />
      <Figure
        name="Cost"
        value={usage ? <Cost usd={usage.usd} modelId={model_id} /> : '–'}
        hint={
          usage ? `the model took ${formatDuration(usage.latency_ms)}` : `up to ${formatCounted(request.max_tokens, 'token')} out`
        }
      />
      <Figure
        name="Model"
        value={<span className={css.modelName}>{result?.model_id ?? model_id}</span>}
        hint={`priority ${request.priority}`}
      />
    </Figures>
  )
}
