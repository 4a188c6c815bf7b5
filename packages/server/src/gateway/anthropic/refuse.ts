/** Refusals as Anthropic's clients know them. @module */
import type { Answer } from '../../exchange.ts'
import { endOfTries, refusedAnswer } from '../json-answer.ts'
import type { Refusal, RefusalKind } from '../refusal.ts'

export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'api_error'
  | 'timeout_error'
  | 'overloaded_error'

export interface ErrorBody {
  readonly type: 'error'
  readonly error: {
    readonly type: ErrorType
    readonly message: string
    /** Clients show it as `errorCode`. */
    readonly details: { readonly error_code: string }
  }
  readonly request_id: string
}

/**
 * The official clients try 408, 409, 429 and all of 500 and above again, twice, waiting as long as `retry-after-ms` or `retry-after` says, else
 * 0.5 and 1 seconds with jitter; `x-should-retry` goes before the status. So:
 * - what the tenant's own limits throttle is 429;
 * - what the provider throttles is 529, the API's own word for it: clients wait just the same, and nobody takes it for their limit;
 * - what we can't serve now is 503, which proxies between us and the client understand too; they hold 529 for a fault;
 * - our own faults would come again, so `x-should-retry` ends the matter, as it does with a spent budget.
 */
const answers: Readonly<Record<RefusalKind, readonly [status: number, type: ErrorType]>> = {
  invalid: [400, 'invalid_request_error'],
  unauthorized: [401, 'authentication_error'],
  forbidden: [403, 'permission_error'],
  closed: [403, 'permission_error'],
  not_found: [404, 'not_found_error'],
  model_unknown: [404, 'not_found_error'],
  method_not_allowed: [405, 'invalid_request_error'],
  too_large: [413, 'request_too_large'],
  encoding: [415, 'invalid_request_error'],
  rate_limited: [429, 'rate_limit_error'],
  budget: [402, 'billing_error'],
  content: [400, 'invalid_request_error'],
  upstream_throttled: [529, 'overloaded_error'],
  upstream_failed: [502, 'api_error'],
  upstream_timeout: [504, 'timeout_error'],
  unavailable: [503, 'overloaded_error'],
  internal: [500, 'api_error'],
}

const worthWaiting: ReadonlySet<RefusalKind> = new Set(['rate_limited', 'upstream_throttled', 'unavailable'])
const final: ReadonlySet<RefusalKind> = new Set(['budget', 'internal'])

export function refuseAnthropic(refusal: Refusal, requestId: string): Answer {
  const { kind, retryAfter = kind === 'rate_limited' ? 1 : undefined } = refusal
  return refusedAnswer({
    status: answers[kind][0],
    body: errorBody(refusal, requestId),
    headers: { 'request-id': requestId, ...endOfTries(final.has(kind) || refusal.final === true, retryAfter) },
    wait: worthWaiting.has(kind) ? retryAfter : undefined,
  })
}

/** Also what ends a stream that fails after it began. */
export function errorBody({ kind, code, message, field }: Refusal, requestId: string): ErrorBody {
  return {
    type: 'error',
    error: {
      type: answers[kind][1],
      message: field === undefined ? message : `${field}: ${message}`,
      details: { error_code: code },
    },
    request_id: requestId,
  }
}
