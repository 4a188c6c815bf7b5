import { Inbox } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Call, get, pathOf, send } from '../../api/client.ts'
import { StatusBadge } from '../../kit/badge.tsx'
import { Cost } from '../../kit/cost.tsx'
import { TextField } from '../../kit/field.tsx'
import { formatDuration } from '../../kit/format.ts'
import { addressOfRequest } from '../requests/request.ts'
import css from './home.module.css'
import { type Tried, TryCard, untilFound } from './try-card.tsx'
import { Words } from './words.tsx'

interface Request {
  readonly request_id: string
  readonly status: string
  readonly result: { readonly text: string; readonly model_id: string } | null
  readonly error: { readonly code: string; readonly message: string } | null
  readonly attempts: number
  readonly usage: {
    readonly input_tokens: number
    readonly output_tokens: number
    readonly usd: number
    readonly latency_ms: number
  } | null
}

const sample =
  'Summarise in one sentence: A queue takes what comes, and a worker takes what it can. When the worker fails, the work waits and is tried again. Nothing that was accepted is lost.'

/** Event-driven: accepted at once, worked in the background. */
export function TryRequest({ round, permissions }: Tried): ReactNode {
  const [prompt, setPrompt] = useState(sample)
  const call: Call = { method: 'POST', path: '/api/requests', body: { prompt } }
  return (
    <TryCard<Request>
      title="Send a prompt"
      about="Event-driven: acknowledged at once, kept, worked in the background, told of by events."
      icon={Inbox}
      permissions={permissions}
      steps={() => [{ ...call, follows: true }]}
      round={round}
      run={async (running) => {
        const { request_id } = await send<{ readonly request_id: string }>(call, running.signal)
        running.tell('Accepted, in work')
        return untilFound(running, 'answer', async () => {
          const request = await get<Request>(pathOf('/api/requests/{}', [request_id]), running.signal)
          return request.status === 'processing' ? undefined : request
        })
      }}
      show={({ status, result, error, attempts, usage }) => (
        <>
          <div className={css.facts}>
            <StatusBadge status={status} />
            <span>{attempts === 1 ? '1 attempt' : `${attempts} attempts`}</span>
            {usage && (
              <span>
                {usage.input_tokens} + {usage.output_tokens} tokens, <Cost usd={usage.usd} />, {formatDuration(usage.latency_ms)}
              </span>
            )}
          </div>
          <Words name="Answer">{result?.text ?? error?.message}</Words>
        </>
      )}
      link={(request) =>
        request
          ? { to: addressOfRequest(request.request_id), name: 'Its timeline, attempt by attempt' }
          : { to: '/requests', name: 'Requests' }
      }
    >
      <TextField label="Prompt" rows={4} value={prompt} onChange={(event) => setPrompt(event.target.value)} />
    </TryCard>
  )
}
