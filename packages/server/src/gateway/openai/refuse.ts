/** Refusals in OpenAI's words: https://platform.openai.com/docs/guides/error-codes. @module */
import type { Answer } from '../../exchange.ts'
import { endOfTries, refusedAnswer } from '../json-answer.ts'
import type { Refusal, RefusalKind } from '../refusal.ts'

interface Words {
  readonly status: number
  readonly type: string
  /** OpenAI's own; ours where it has none. */
  readonly code?: string
  /** Clients of OpenAI try statuses of 429 and from 500 on again, unless they are told not to. */
  readonly final?: true
}

const request = 'invalid_request_error'
const server = 'server_error'

const words: Readonly<Record<RefusalKind, Words>> = {
  invalid: { status: 400, type: request },
  unauthorized: { status: 401, type: request, code: 'invalid_api_key' },
  forbidden: { status: 403, type: request },
  closed: { status: 403, type: request },
  not_found: { status: 404, type: request },
  model_unknown: { status: 404, type: request, code: 'model_not_found' },
  method_not_allowed: { status: 405, type: request },
  too_large: { status: 413, type: request },
  encoding: { status: 415, type: request },
  rate_limited: { status: 429, type: 'rate_limit_exceeded', code: 'rate_limit_exceeded' },
  budget: { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', final: true },
  content: { status: 400, type: request, code: 'content_filter' },
  upstream_throttled: { status: 429, type: server },
  upstream_failed: { status: 502, type: server },
  upstream_timeout: { status: 504, type: server },
  unavailable: { status: 503, type: server },
  internal: { status: 500, type: server, final: true },
}

export interface OpenAiError {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string
  }
}

export function errorOf({ kind, code, message, field }: Refusal): OpenAiError {
  const known = words[kind]
  return { error: { message, type: known.type, param: field ?? null, code: known.code ?? code } }
}

/** A refusal before anything was answered. Its headers say whether, and when, it is worth trying again. */
export function refuseOpenAi(refusal: Refusal, requestId: string): Answer {
  const { status, final = false } = words[refusal.kind]
  const { retryAfter } = refusal
  return refusedAnswer({
    status,
    body: errorOf(refusal),
    headers: { 'x-request-id': requestId, ...endOfTries(final || refusal.final === true, retryAfter) },
    wait: retryAfter,
  })
}
