/** Answers that are whole JSON texts. @module */
import type { Answer } from '../exchange.ts'
import { acceptedEncodings } from '../problem.ts'

/** @param headers more of them. */
export function jsonAnswer(body: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
}

export interface RefusedAnswer {
  readonly status: number
  readonly body: object
  /** More than all refusals have. */
  readonly headers: Readonly<Record<string, string>>
  /** Seconds until it is worth trying again; where nobody knows, a client's own back-off is better: it grows, and spreads. */
  readonly wait?: number | undefined
}

export function refusedAnswer({ status, body, headers, wait }: RefusedAnswer): Answer {
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      ...(status === 401 && { 'www-authenticate': 'Bearer' }),
      ...(status === 415 && acceptedEncodings),
      ...(wait !== undefined && {
        'retry-after': String(Math.max(1, Math.ceil(wait))),
        'retry-after-ms': String(Math.max(1, Math.ceil(wait * 1000))),
      }),
      ...headers,
    },
    body: JSON.stringify(body),
  }
}

/** Seconds. Told of a longer wait, the clients of OpenAI and Anthropic sit there for hours, or come back at once. */
const longestWait = 60

/** What those clients are told so that they don't try again: that it is final, or that it takes too long. */
export function endOfTries(isFinal: boolean, wait: number | undefined): Readonly<Record<string, string>> {
  return isFinal || (wait !== undefined && wait > longestWait) ? { 'x-should-retry': 'false' } : {}
}
