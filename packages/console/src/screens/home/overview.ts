import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type Call, get } from '../../api/client.ts'
import { useMay } from '../../api/session.ts'

/** How many there are; with `more` at least so many. */
export interface Counted {
  readonly count: number
  readonly more: boolean
}

/** What requests over HTTP came to. */
export interface RequestFigures {
  readonly requests: number
  readonly errors: number
  readonly refused: number
  readonly throttled: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

export interface PatternHealth extends RequestFigures {
  readonly name: string
  readonly title: string
  readonly summary: string
  readonly status: 'idle' | 'serving' | 'failing'
}

/** What `GET /api/overview` says. */
export interface Overview {
  readonly platform: string
  readonly region: string
  readonly version: string
  readonly models: {
    readonly default_model: string
    readonly is_extractive: boolean
  }
  readonly patterns: readonly PatternHealth[]
  readonly requests_per_minute: number
  readonly last_hour: RequestFigures
  readonly spending: {
    readonly today_usd: number
    readonly month_usd: number
    readonly monthly_budget_usd: number | null
  }
  readonly requests: Counted & { readonly oldest_age_ms: number | null }
  readonly dead_letters: Counted
  readonly open_alerts: Counted
  readonly kept: { readonly since: string; readonly minutes: number }
}

export const overviewCall: Call = { method: 'GET', path: '/api/overview' }
const pause = 4_000

/** Anew every few seconds; nothing is asked for without the permission. */
export function useOverview(): UseQueryResult<Overview> {
  return useQuery({
    queryKey: [overviewCall.path],
    queryFn: ({ signal }) => get<Overview>(overviewCall.path, signal),
    refetchInterval: pause,
    enabled: useMay('metrics:read'),
  })
}

/** `100+` where there are more than were counted. */
export function shownCount({ count, more }: Counted): string {
  return more ? `${count}+` : String(count)
}
