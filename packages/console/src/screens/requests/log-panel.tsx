import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { type Call, get, pathOf } from '../../api/client.ts'
import type { ListPage } from '../../api/lists.ts'
import { StatusBadge } from '../../kit/badge.tsx'
import { CopyCall, Json } from '../../kit/copy.tsx'
import { formatTime } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { Empty, Loaded } from '../../kit/states.tsx'
import type { LogEvent, WholeRequest } from './request.ts'
import css from './requests.module.css'

interface Delivery {
  readonly delivery_id: string
  readonly status: string
  readonly attempts: number
  readonly error: { readonly code: string } | null
}

/** What others were told of it: the events of the log, and the calls of its callback. */
export function LogPanel({ request }: { readonly request: WholeRequest }): ReactNode {
  const { request_id, status, round, callback_url } = request
  const call: Call = { method: 'GET', path: pathOf('/api/requests/{}/log', [request_id]) }
  const query = useQuery({
    // Another round or end has another event.
    queryKey: [call.path, status, round],
    queryFn: ({ signal }) => get<ListPage<LogEvent>>(call.path, signal),
    placeholderData: (before) => before,
  })
  return (
    <Panel title="Events" actions={<CopyCall call={call} />}>
      <Loaded query={query} what="Looking through the log">
        {({ items }) => (items.length === 0 ? <Empty title="The log has none of it any more." /> : <Events events={items} />)}
      </Loaded>
      {callback_url !== null && <Deliveries id={request_id} />}
    </Panel>
  )
}

function Events({ events }: { readonly events: readonly LogEvent[] }): ReactNode {
  return (
    <ol className={css.events} aria-label="Events">
      {events.map((event) => (
        <li key={event.id}>
          <details className={css.details}>
            <summary>
              <code>{event.type}</code>
              <span className={css.following}>
                <time dateTime={event.time}>{formatTime(event.time)}</time> · #{event.sequence}
              </span>
            </summary>
            <Json value={event} what={`the event ${event.type}`} />
          </details>
        </li>
      ))}
    </ol>
  )
}

function Deliveries({ id }: { readonly id: string }): ReactNode {
  const path = pathOf('/api/requests/{}/deliveries', [id])
  const query = useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => get<ListPage<Delivery>>(path, signal),
    refetchInterval: 5_000,
  })
  return (
    <Loaded query={query} what="Looking for deliveries">
      {({ items }) => (
        <div className={css.deliveries}>
          <h3>Callback</h3>
          {items.length === 0 && <span className={css.muted}>It isn’t called before the request ends.</span>}
          {items.map(({ delivery_id, status, attempts, error }) => (
            <div key={delivery_id} className={css.standing}>
              <StatusBadge status={status} />
              <span>
                {attempts} attempt{attempts === 1 ? '' : 's'}
              </span>
              {error && <code>{error.code}</code>}
            </div>
          ))}
        </div>
      )}
    </Loaded>
  )
}
