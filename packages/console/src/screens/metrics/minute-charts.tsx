import type { ReactNode } from 'react'
import { useCost } from '../../kit/cost.tsx'
import { formatCount, formatDuration, formatUsd } from '../../kit/format.ts'
import { Panel } from '../../kit/page.tsx'
import { TimeChart, type TimeSeries } from '../../kit/time-chart.tsx'
import css from './metrics.module.css'
import type { Metrics } from './metrics.ts'
import { shownTime } from './shown-time.ts'

const height = 180

type Minute = Metrics['minutes'][number]

interface Chart {
  readonly title: string
  /** What the canvas shows, for those who don't see it, and in one line for those who do. */
  readonly words: string
  readonly series: readonly TimeSeries[]
}

/** Requests and models, minute by minute. */
export function MinuteCharts({ metrics }: { readonly metrics: Metrics }): ReactNode {
  const times = metrics.minutes.map(({ at }) => Date.parse(at))
  return (
    <div className={css.charts}>
      {chartsOf(metrics, useCost()).map(({ title, words, series }) => (
        <Panel key={title} title={title}>
          <p className={css.words}>{words}</p>
          <TimeChart name={`${title}: ${words}`} {...{ times, series, height }} fromZero />
        </Panel>
      ))}
    </div>
  )
}

/** An axis of a few has places between them, which are no counts. */
function formatWhole(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : ''
}

function chartsOf({ minutes, total: { http, models } }: Metrics, costOf: (usd: number) => string): readonly Chart[] {
  const line = (
    name: string,
    colour: 1 | 2 | 3 | 4,
    of: (minute: Minute) => number | null,
    format: (value: number) => string = formatWhole,
  ): TimeSeries => ({ name, colour: `--chart-${colour}`, values: minutes.map(of), format })
  const percentiles = (part: 'http' | 'models'): TimeSeries[] => [
    line('p50', 1, (minute) => minute[part].p50_ms, formatDuration),
    line('p95', 2, (minute) => minute[part].p95_ms, formatDuration),
    line('p99', 4, (minute) => minute[part].p99_ms, formatDuration),
  ]
  const timesOf = ({ p50_ms, p95_ms, p99_ms }: { p50_ms: number | null; p95_ms: number | null; p99_ms: number | null }): string =>
    `p50 ${shownTime(p50_ms)}, p95 ${shownTime(p95_ms)}, p99 ${shownTime(p99_ms)}`
  return [
    {
      title: 'Requests',
      words: `${formatCount(http.requests)} in the hour`,
      series: [line('requests', 1, (minute) => minute.http.requests)],
    },
    { title: 'Latency of requests', words: timesOf(http), series: percentiles('http') },
    {
      title: 'Errors and throttles of requests',
      words: `${formatCount(http.errors)} failed, ${formatCount(http.refused)} refused, ${formatCount(http.throttled)} throttled`,
      series: [
        line('errors', 2, (minute) => minute.http.errors),
        line('refused', 1, (minute) => minute.http.refused),
        line('throttled', 4, (minute) => minute.http.throttled),
      ],
    },
    {
      title: 'Calls of models',
      words: `${formatCount(models.calls)} in the hour`,
      series: [line('calls', 1, (minute) => minute.models.calls)],
    },
    { title: 'Duration of model calls', words: timesOf(models), series: percentiles('models') },
    {
      title: 'Tokens of models',
      words: `${formatCount(models.input_tokens)} in, ${formatCount(models.output_tokens)} out`,
      series: [line('in', 1, (minute) => minute.models.input_tokens), line('out', 3, (minute) => minute.models.output_tokens)],
    },
    {
      title: 'Model calls that failed',
      words: `${formatCount(models.errors)} of ${formatCount(models.calls)} failed, ${formatCount(models.throttled)} of them throttled`,
      series: [line('failed', 2, (minute) => minute.models.errors), line('throttled', 4, (minute) => minute.models.throttled)],
    },
    {
      title: 'Cost of models',
      words: `${costOf(models.usd)} at list prices`,
      series: [line('USD', 3, (minute) => minute.models.usd, formatUsd)],
    },
  ]
}
