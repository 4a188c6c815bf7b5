import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'react-router'
import { Badge } from '../../kit/badge.tsx'
import { formatTime } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { Empty } from '../../kit/states.tsx'
import type { StreamFeed } from './feed.ts'
import css from './streams.module.css'

/** What was told of since the page was opened, the newest first. */
export function Happenings({ feed }: { readonly feed: StreamFeed }): ReactNode {
  const [query] = useSearchParams()
  return (
    <Panel title="Anomalies as they come">
      {feed.anomalies.length === 0 ? (
        <Empty title="Nothing was told since you opened this page.">
          What is much like an anomaly of the last hour is marked in its chart, and not told again. Earlier ones stand under
          Incidents.
        </Empty>
      ) : (
        <ol className={css.happenings} aria-live="polite">
          {feed.anomalies.slice(0, 12).map(({ key, field, timestamp, kind, score, reason }) => {
            const to = new URLSearchParams(query)
            to.set('key', key)
            return (
              <li key={`${timestamp} ${key} ${field} ${kind}`}>
                <div className={css.happeningHead}>
                  <Link to={`?${to}`}>{key}</Link>
                  <Badge tone={kind === 'silence' ? 'warn' : 'bad'}>{kind === 'silence' ? `${field}: silence` : field}</Badge>
                  <span className={css.note}>
                    {formatTime(timestamp)}, score {score.toFixed(2)}
                  </span>
                </div>
                <div>{reason}</div>
              </li>
            )
          })}
        </ol>
      )}
    </Panel>
  )
}
