import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { type Call, get } from '../../api/client.ts'
import type { Counted, Overview, RequestFigures } from '../home/overview.ts'

/** What calls of models came to. */
export interface ModelFigures {
  readonly calls: number
  readonly errors: number
  readonly throttled: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

/** What `GET /api/metrics` says. */
export interface Metrics {
  readonly kept: Overview['kept']
  /** Oldest first; the last one goes on. */
  readonly minutes: readonly { readonly at: string; readonly http: RequestFigures; readonly models: ModelFigures }[]
  readonly total: { readonly http: RequestFigures; readonly models: ModelFigures }
  readonly routes: readonly ({ readonly route: string } & RequestFigures)[]
  readonly models: readonly ({ readonly model_id: string } & ModelFigures)[]
  readonly requests: Overview['requests']
  readonly dead_letters: Counted
  readonly open_alerts: Counted
  readonly streams: readonly {
    readonly name: string
    readonly records: number
    readonly lag_ms: number
    readonly last_record_age_ms: number | null
  }[]
}

export const metricsCall: Call = { method: 'GET', path: '/api/metrics' }
const pause = 5_000

export function useMetrics(): UseQueryResult<Metrics> {
  return useQuery({
    queryKey: [metricsCall.path],
    queryFn: ({ signal }) => get<Metrics>(metricsCall.path, signal),
    refetchInterval: pause,
  })
}
