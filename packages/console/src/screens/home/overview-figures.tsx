import type { ReactNode } from 'react'
import { useMay } from '../../api/session.ts'
import { useCost } from '../../kit/cost.tsx'
import { Figure, Figures } from '../../kit/figures.tsx'
import { formatCount, formatDuration, formatShare, formatTime, formatUsd } from '../../kit/format.ts'
import { type Overview, shownCount } from './overview.ts'

/** The figures that say whether something needs a look, each leading to where it comes from. */
export function OverviewFigures({ overview }: { readonly overview: Overview }): ReactNode {
  const { last_hour: hour, requests, dead_letters, open_alerts, kept } = overview
  const mayRequests = useMay('requests:read')
  const mayAlerts = useMay('alerts:read')
  return (
    <Figures>
      <Figure
        name="Requests per minute"
        value={formatRate(overview.requests_per_minute)}
        hint={`over the last 60 seconds; ${formatCount(hour.requests)} since ${formatTime(sinceOf(kept))}`}
        to="/metrics"
      />
      <Figure
        name="p95 of responses"
        value={hour.p95_ms === null ? '–' : formatDuration(hour.p95_ms)}
        hint={hour.p50_ms === null ? 'no requests yet' : `p50 ${formatDuration(hour.p50_ms)}, ${failures(hour)}`}
        to="/metrics"
      />
      <SpendingFigure spending={overview.spending} />
      <Figure
        name="In the queue"
        value={shownCount(requests)}
        hint={requests.oldest_age_ms === null ? 'nothing waits' : `oldest ${formatDuration(requests.oldest_age_ms)}`}
        {...(mayRequests ? { to: '/requests?status=processing' } : {})}
      />
      <Figure
        name="Dead letters"
        value={shownCount(dead_letters)}
        hint={dead_letters.count === 0 ? 'nothing was given up' : 'given up, can be redriven'}
        {...(mayRequests ? { to: '/requests/dead-letters' } : {})}
      />
      <Figure
        name="Open alerts"
        value={shownCount(open_alerts)}
        hint={open_alerts.count === 0 ? 'all is quiet' : 'nobody has acknowledged them'}
        {...(mayAlerts ? { to: '/streams' } : {})}
      />
    </Figures>
  )
}

function SpendingFigure({ spending }: { readonly spending: Overview['spending'] }): ReactNode {
  const costOf = useCost()
  const { today_usd, month_usd, monthly_budget_usd: budget } = spending
  const hint =
    budget === null
      ? `${costOf(month_usd)} this month, no budget set`
      : `${costOf(month_usd)} of ${formatUsd(budget)} this month${budget > 0 ? ` (${formatShare(month_usd / budget)})` : ''}`
  const isSpent = budget !== null && month_usd >= budget
  return (
    <Figure
      name="Spent today"
      value={costOf(today_usd)}
      hint={isSpent ? `${hint}: used up, calls of models are refused` : hint}
    />
  )
}

function failures({ errors, throttled }: Overview['last_hour']): string {
  if (errors + throttled === 0) return 'no errors'
  return [errors > 0 ? `${errors} failed` : '', throttled > 0 ? `${throttled} throttled` : ''].filter(Boolean).join(', ')
}

/** The figures go back an hour, or to the start of the process. */
function sinceOf({ since, minutes }: Overview['kept']): string {
  return new Date(Math.max(Date.parse(since), Date.now() - minutes * 60_000)).toISOString()
}

function formatRate(rate: number): string {
  return rate < 10 && rate > 0 ? rate.toFixed(1) : formatCount(rate)
}
