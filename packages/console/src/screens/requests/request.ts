/** What the API says of requests, and the calls of it that these screens make. @module */
import { type Call, pathOf } from '../../api/client.ts'

export type Priority = 'high' | 'normal' | 'low'
export type Status = 'processing' | 'completed' | 'failed' | 'cancelled'

export const statuses: readonly Status[] = ['processing', 'completed', 'failed', 'cancelled']
export const priorities: readonly Priority[] = ['high', 'normal', 'low']

export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
  readonly latency_ms: number
}

export interface Failure {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
}

export interface Entry {
  readonly at: string
  readonly type: string
  readonly attempt?: number
  readonly detail?: string
}

/** As lists show it. */
export interface RequestRow {
  readonly request_id: string
  readonly user_id: string
  readonly model_id: string
  readonly max_tokens: number
  readonly priority: Priority
  readonly status: Status
  readonly round: number
  readonly attempts: number
  readonly error: Failure | null
  readonly usage: Usage | null
  readonly findings: readonly {
    readonly direction: 'input' | 'output'
    readonly kind: string
    readonly action: string
    readonly count: number
  }[]
  readonly correlation_id: string
  readonly accepted_at: string
  readonly not_before: string | null
  readonly expires_at: string
  readonly ended_at: string | null
  readonly estimated_completion: string
  readonly estimated_completion_at: string
  readonly timeline: readonly Entry[]
}

export interface WholeRequest extends RequestRow {
  readonly result: { readonly text: string; readonly stop_reason: string; readonly model_id: string } | null
  readonly callback_url: string | null
}

/** An event of the log. */
export interface LogEvent {
  readonly id: string
  readonly type: string
  readonly time: string
  readonly sequence: number
  readonly subject: string
  readonly detail: Readonly<Record<string, unknown>>
}

export interface DeadLetter {
  readonly dead_letter_id: string
  readonly kind: 'request' | 'delivery'
  readonly request_id: string
  readonly target?: string
  readonly reason: string
  readonly message: string
  readonly attempts: number
  readonly round: number
  readonly at: string
}

export const listPath = '/api/requests'
export const deadLettersPath = '/api/dead-letters'

export function readCall(id: string): Call {
  return { method: 'GET', path: pathOf('/api/requests/{}', [id]) }
}

export function cancelCall(id: string): Call {
  return { method: 'DELETE', path: pathOf('/api/requests/{}', [id]) }
}

export function redriveCall(deadLetterId: string): Call {
  return { method: 'POST', path: pathOf('/api/dead-letters/{}/redrive', [deadLetterId]) }
}

export const redriveAllCall: Call = { method: 'POST', path: '/api/dead-letters/redrive' }

/** Where the dead letters stand, beside the requests. A request of this name has a longer address. */
export const deadLettersAddress = '/requests/dead-letters'

/** Where the console shows a request. */
export function addressOfRequest(id: string): string {
  return id === 'dead-letters' ? `${deadLettersAddress}/request` : pathOf('/requests/{}', [id])
}

/** Milliseconds from its acceptance to its end, or to a time while it has none. */
export function ageOf({ accepted_at, ended_at }: RequestRow, now = Date.now()): number {
  return Math.max(0, (ended_at === null ? now : Date.parse(ended_at)) - Date.parse(accepted_at))
}
