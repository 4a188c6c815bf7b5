import type { ReactNode } from 'react'
import { CopyButton } from '../../kit/copy.tsx'
import { Pairs } from '../../kit/figures.tsx'
import { formatCount } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import type { WholeRequest } from './request.ts'

/** What it was asked with, and by which names it is known. */
export function Facts({ request }: { readonly request: WholeRequest }): ReactNode {
  const { result, findings, correlation_id } = request
  const rows: (readonly [name: string, value: ReactNode])[] = [
    ['Model asked for', request.model_id],
    ...(result
      ? ([
          ['Answered by', result.model_id],
          ['Stopped because', result.stop_reason.replaceAll('_', ' ')],
        ] as const)
      : []),
    ['Most tokens', formatCount(request.max_tokens)],
    ['Priority', request.priority],
    ['User', request.user_id],
    ['Accepted', exact(request.accepted_at)],
    ...(request.not_before === null ? [] : ([['Not before', exact(request.not_before)]] as const)),
    ['Expected by', exact(request.estimated_completion_at)],
    [request.ended_at === null ? 'Expires' : 'Ended', exact(request.ended_at ?? request.expires_at)],
    ...(request.round === 1 ? [] : ([['Round', String(request.round)]] as const)),
    ...(request.callback_url === null ? [] : ([['Callback', request.callback_url]] as const)),
    ...findings.map(({ direction, kind, action, count }) => [`Filter on ${direction}`, `${kind}: ${action}, ${count}×`] as const),
    [
      'Correlation id',
      <>
        <code>{correlation_id}</code>
        <CopyButton text={correlation_id} what="the correlation id" />
      </>,
    ],
  ]
  return (
    <Panel title="Details">
      <Pairs of={rows} />
    </Panel>
  )
}

function exact(at: string): ReactNode {
  return <time dateTime={at}>{at.replace('T', ' ').replace('Z', ' UTC')}</time>
}
