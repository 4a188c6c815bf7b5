import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { CopyCall } from '../../kit/copy.tsx'
import { Cost } from '../../kit/cost.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { formatCount, formatDuration, formatTime } from '../../kit/format.ts'
import { Page, Panel } from '../../kit/page.tsx'
import { Empty, Loaded, Notice } from '../../kit/states.tsx'
import { type Column, Table } from '../../kit/table.tsx'
import { shownCount } from '../home/overview.ts'
import { FindTrace } from './find-trace.tsx'
import css from './metrics.module.css'
import { type Metrics, metricsCall, useMetrics } from './metrics.ts'
import { MinuteCharts } from './minute-charts.tsx'
import { shownTime } from './shown-time.ts'

/** The last hour of the tenant, by minute; the same panels as the dashboards on CloudWatch have. */
export function MetricsPage(): ReactNode {
  const metrics = useMetrics()
  return (
    <Page
      title="Metrics"
      about="The last hour of this tenant, by minute."
      actions={
        <>
          <FindTrace />
          <CopyCall call={metricsCall} />
        </>
      }
    >
      <Loaded query={metrics}>{(data) => <Hour metrics={data} />}</Loaded>
    </Page>
  )
}

function Hour({ metrics }: { readonly metrics: Metrics }): ReactNode {
  const { kept, total } = metrics
  return (
    <>
      <Notice>
        Kept in the memory of this process, since {formatTime(kept.since)}: a restart forgets it, and other processes have their
        own. The calls that this page and Home make to watch are not counted.
      </Notice>
      <Standing metrics={metrics} />
      {total.http.requests + total.models.calls === 0 ? (
        <Empty title="Nothing was asked for in the last hour">
          <span>
            Run something on <Link to="/">Home</Link>, and it shows here.
          </span>
        </Empty>
      ) : (
        <MinuteCharts metrics={metrics} />
      )}
      <Panel title="By route" flush>
        <ByRoute rows={metrics.routes} />
      </Panel>
      <Panel title="By model" flush>
        <ByModel rows={metrics.models} />
      </Panel>
      <Panel title="Streams" flush>
        <Streams rows={metrics.streams} />
      </Panel>
    </>
  )
}

function Standing({ metrics }: { readonly metrics: Metrics }): ReactNode {
  const { requests, dead_letters, open_alerts, streams } = metrics
  const lags = streams.map(({ lag_ms }) => lag_ms)
  return (
    <Figures>
      <Figure
        name="Queue age"
        value={shownTime(requests.oldest_age_ms, '0')}
        hint={`of the oldest of ${shownCount(requests)} that wait or run`}
        to="/requests?status=processing"
      />
      <Figure name="Dead letters" value={shownCount(dead_letters)} hint="can be redriven" to="/requests/dead-letters" />
      <Figure
        name="Stream lag"
        value={lags.length === 0 ? '–' : formatDuration(Math.max(...lags))}
        hint={lags.length === 0 ? 'no streams' : 'iterator age of the slowest, last batch'}
        to="/streams"
      />
      <Figure name="Open alerts" value={shownCount(open_alerts)} hint="not acknowledged yet" to="/streams" />
    </Figures>
  )
}

const times = [
  { name: 'p50', isNumber: true, show: (row: Times) => shownTime(row.p50_ms) },
  { name: 'p95', isNumber: true, show: (row: Times) => shownTime(row.p95_ms) },
  { name: 'p99', isNumber: true, show: (row: Times) => shownTime(row.p99_ms) },
] as const

type Times = Pick<Metrics['total']['http'], 'p50_ms' | 'p95_ms' | 'p99_ms'>
type RouteRow = Metrics['routes'][number]
type ModelRow = Metrics['models'][number]
type StreamRow = Metrics['streams'][number]

const routeColumns: readonly Column<RouteRow>[] = [
  { name: 'Route', show: ({ route }) => <code className={css.route}>{route}</code> },
  { name: 'Requests', isNumber: true, show: ({ requests }) => formatCount(requests) },
  { name: 'Errors', isNumber: true, show: ({ errors }) => formatCount(errors) },
  { name: 'Refused', isNumber: true, show: ({ refused }) => formatCount(refused) },
  { name: 'Throttled', isNumber: true, show: ({ throttled }) => formatCount(throttled) },
  ...times,
]

function ByRoute({ rows }: { readonly rows: readonly RouteRow[] }): ReactNode {
  if (rows.length === 0) return <Empty title="No route was asked yet" />
  return <Table name="By route" columns={routeColumns} rows={rows} keyOf={({ route }) => route} />
}

const modelColumns: readonly Column<ModelRow>[] = [
  { name: 'Model', show: ({ model_id }) => <code className={css.route}>{model_id}</code> },
  { name: 'Calls', isNumber: true, show: ({ calls }) => formatCount(calls) },
  { name: 'Errors', isNumber: true, show: ({ errors }) => formatCount(errors) },
  { name: 'Throttled', isNumber: true, show: ({ throttled }) => formatCount(throttled) },
  { name: 'Tokens in', isNumber: true, show: ({ input_tokens }) => formatCount(input_tokens) },
  { name: 'Tokens out', isNumber: true, show: ({ output_tokens }) => formatCount(output_tokens) },
  { name: 'Cost', isNumber: true, show: ({ usd, model_id }) => <Cost usd={usd} modelId={model_id} /> },
  ...times,
]

function ByModel({ rows }: { readonly rows: readonly ModelRow[] }): ReactNode {
  if (rows.length === 0) return <Empty title="No model was called yet" />
  return <Table name="By model" columns={modelColumns} rows={rows} keyOf={({ model_id }) => model_id} />
}

const streamColumns: readonly Column<StreamRow>[] = [
  { name: 'Stream', show: ({ name }) => <Link to={`/streams/${encodeURIComponent(name)}`}>{name}</Link> },
  { name: 'Records', isNumber: true, show: ({ records }) => formatCount(records) },
  { name: 'Lag of the last batch', isNumber: true, show: ({ lag_ms }) => formatDuration(lag_ms) },
  {
    name: 'Newest record',
    isNumber: true,
    show: ({ last_record_age_ms: age }) => (age === null ? '–' : `${shownTime(age)} ago`),
  },
]

function Streams({ rows }: { readonly rows: readonly StreamRow[] }): ReactNode {
  if (rows.length === 0)
    return (
      <Empty title="No streams">
        <span>
          A stream begins with its first record: send one on <Link to="/streams">Streams</Link>.
        </span>
      </Empty>
    )
  return <Table name="Streams" columns={streamColumns} rows={rows} keyOf={({ name }) => name} />
}
