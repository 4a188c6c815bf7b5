import { ModelFailure, PlinthError } from '@plinth/core'
import { statusOf } from '../problem.ts'

/**
 * Why a call isn't answered, as far as clients can act on it; each protocol has its own words and statuses for these, chosen so that its
 * clients wait and try again (`rate_limited`, `upstream_throttled`, `unavailable`), or stop (all others but upstream's faults).
 */
export type RefusalKind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  /** The tenant was suspended or has left. */
  | 'closed'
  | 'not_found'
  | 'model_unknown'
  | 'method_not_allowed'
  | 'too_large'
  /** The body came packed. */
  | 'encoding'
  | 'rate_limited'
  | 'budget'
  /** By the tenant's filters, or the provider's. */
  | 'content'
  | 'upstream_throttled'
  /** 502: the provider failed, or answered what makes no sense. */
  | 'upstream_failed'
  /** 504: it did not answer in time. */
  | 'upstream_timeout'
  /** 503: this Plinth can't serve now. */
  | 'unavailable'
  | 'internal'

export interface Refusal {
  readonly kind: RefusalKind
  /** Stable, ours. */
  readonly code: string
  /** For people; holds nothing of a provider's own text, nor of other tenants. */
  readonly message: string
  /** Which field of the body is wrong. */
  readonly field?: string
  /** Seconds. */
  readonly retryAfter?: number
  /** The same again would end the same, whatever its kind says. */
  readonly final?: true
}

const kinds: Readonly<Record<string, RefusalKind>> = {
  model_unknown: 'model_unknown',
  model_not_allowed: 'forbidden',
  budget_exhausted: 'budget',
  content_blocked: 'content',
  model_content_refused: 'content',
  tenant_suspended: 'closed',
  tenant_offboarded: 'closed',
  model_throttled: 'upstream_throttled',
  model_timeout: 'upstream_timeout',
  // Nobody was asked: whoever waits as long as it says is served.
  model_resting: 'unavailable',
  model_request_refused: 'invalid',
  // It was known here, but its provider doesn't have it.
  model_gone: 'model_unknown',
  // What a provider's package can't take is told in our words.
  invalid_input: 'invalid',
}

const byStatus: Readonly<Record<number, RefusalKind>> = {
  400: 'invalid',
  401: 'unauthorized',
  402: 'budget',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'too_large',
  415: 'encoding',
  429: 'rate_limited',
  502: 'upstream_failed',
  503: 'unavailable',
  504: 'upstream_timeout',
}

/** What whatever was thrown means to a client. Nothing of an unknown error is told. */
export function refusalOf(error: unknown): Refusal {
  const kind = kindOf(error)
  if (kind === 'internal' || !PlinthError.is(error))
    return { kind: 'internal', code: 'internal', message: 'Something went wrong on our side.' }
  const { code, message, field, retryAfter } = error
  return {
    kind,
    code,
    message,
    ...(field === undefined ? {} : { field }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    ...(error instanceof ModelFailure && !error.retryable ? { final: true } : {}),
  }
}

function kindOf(error: unknown): RefusalKind {
  const known = PlinthError.is(error) ? kinds[error.code] : undefined
  if (known) return known
  return error instanceof ModelFailure ? 'upstream_failed' : (byStatus[statusOf(error)] ?? 'internal')
}
