import { useQueryClient } from '@tanstack/react-query'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'react-router'
import { useAction } from '../../api/action.ts'
import { type Call, pathOf, send } from '../../api/client.ts'
import { itemsOf, useList } from '../../api/lists.ts'
import { useMay } from '../../api/session.ts'
import { Badge, StatusBadge } from '../../kit/badge.tsx'
import { Button } from '../../kit/button.tsx'
import { CopyCall } from '../../kit/copy.tsx'
import { formatTime } from '../../kit/format.ts'
import kit from '../../kit/kit.module.css'
import { Panel } from '../../kit/page.tsx'
import { Loaded } from '../../kit/states.tsx'
import { tell } from '../../kit/toasts.tsx'
import { rulesAddress, streamAddress } from './addresses.ts'
import type { Alert } from './answers.ts'
import css from './streams.module.css'
import { useRules } from './use-rules.ts'

/** The types of the rules that every Plinth has; the user's own follow. */
const builtIn = ['high_priority', 'high_risk', 'anomaly_detected']
const shownInLane = 20

/** Alerts, a lane for each type: what meets several rules has one in several lanes, and each says of which rule it is. Which ones stands in the address. */
export function AlertLanes({ stream }: { readonly stream?: string }): ReactNode {
  const [query, setQuery] = useSearchParams()
  const status = query.get('alerts') ?? 'open'
  const conditions = { stream, status: status === 'all' ? undefined : status }
  const list = useList<Alert>('/api/alerts', conditions, { limit: 200, refetchInterval: 4_000 })
  const call: Call = { method: 'GET', path: pathOf('/api/alerts', [], conditions) }
  return (
    <Panel
      title={stream === undefined ? 'Alerts of all streams' : 'Alerts'}
      actions={
        <>
          <select
            className={kit.input}
            style={{ width: 'auto' }}
            aria-label="Which alerts"
            value={status}
            onChange={({ target }) =>
              setQuery((before) => {
                before.set('alerts', target.value)
                return before
              })
            }
          >
            {['open', 'acknowledged', 'recovered', 'all'].map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
          <CopyCall call={call} />
        </>
      }
    >
      <Loaded query={list}>
        {() => {
          const alerts = itemsOf(list)
          const lanes = Map.groupBy(alerts, ({ alert_type }) => alert_type)
          const own = [...lanes.keys()].filter((type) => !builtIn.includes(type)).toSorted()
          return (
            <>
              <div className={css.lanes}>
                {[...builtIn, ...own].map((type) => (
                  <Lane key={type} type={type} alerts={lanes.get(type) ?? []} status={status} isOfAll={stream === undefined} />
                ))}
              </div>
              {list.hasNextPage && (
                <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                  Show earlier ones
                </Button>
              )}
            </>
          )
        }}
      </Loaded>
    </Panel>
  )
}

function Lane(props: {
  readonly type: string
  readonly alerts: readonly Alert[]
  readonly status: string
  readonly isOfAll: boolean
}): ReactNode {
  const { type, alerts, status, isOfAll } = props
  return (
    <section className={css.lane} aria-label={type}>
      <h3>
        {type.replaceAll('_', ' ')}{' '}
        <Badge tone={alerts.length > 0 && status === 'open' ? 'bad' : 'neutral'}>{alerts.length}</Badge>
      </h3>
      {alerts.length === 0 && <p className={css.note}>{status === 'all' ? 'None yet.' : `None ${status}.`}</p>}
      <ul className={css.cards}>
        {alerts.slice(0, shownInLane).map((alert) => (
          <li key={alert.alert_id}>
            <Card alert={alert} isOfAll={isOfAll} />
          </li>
        ))}
      </ul>
      {alerts.length > shownInLane && <p className={css.note}>and {alerts.length - shownInLane} earlier ones</p>}
    </section>
  )
}

function Card({ alert, isOfAll }: { readonly alert: Alert; readonly isOfAll: boolean }): ReactNode {
  const { stream, key, rule_id, severity, status, timestamp, recommended_actions, evidence, findings, acknowledged_by } = alert
  const rule = useRules().data?.items.find((each) => each.rule_id === rule_id)
  const mayWrite = useMay('alerts:write')
  const mayFollow = useMay('streams:read')
  const to = streamAddress(stream, { tab: 'incidents', of: key })
  return (
    <article className={css.alert} data-severity={severity} aria-label={`${alert.alert_type} of ${key}`}>
      <div className={css.happeningHead}>
        <StatusBadge status={severity} />
        {status !== 'open' && <StatusBadge status={status} />}
        <span className={css.note}>{formatTime(timestamp)}</span>
      </div>
      <div className={css.alertKey}>
        {mayFollow ? <Link to={to}>{key}</Link> : key}
        {isOfAll && <span className={css.note}> in {stream}</span>}
      </div>
      <p className={css.note}>
        Rule: <Link to={rulesAddress}>{rule?.name ?? rule_id}</Link>
      </p>
      {evidence.finding && <p>{evidence.finding.reason}</p>}
      {recommended_actions[0] !== undefined && <p className={css.note}>{recommended_actions[0]}</p>}
      <div className={css.happeningHead}>
        {findings > 1 && <span className={css.note}>{findings} findings</span>}
        {acknowledged_by !== null && <span className={css.note}>taken on by {acknowledged_by}</span>}
        {status === 'open' && mayWrite && <Acknowledge alert={alert} />}
      </div>
    </article>
  )
}

function Acknowledge({ alert }: { readonly alert: Alert }): ReactNode {
  const queries = useQueryClient()
  const take = useAction({
    mutationFn: () => send<Alert>({ method: 'POST', path: pathOf('/api/alerts/{}/acknowledge', [alert.alert_id]) }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['/api/alerts'] }),
    onError: (error) => tell(error.message),
  })
  return (
    <Button size="small" busy={take.isPending} onClick={() => take.mutate()}>
      <Check size={14} aria-hidden="true" /> Acknowledge
    </Button>
  )
}
