/** Refusals as Bedrock Runtime gives them. @module */
import type { Answer } from '../../exchange.ts'
import { refusedAnswer } from '../json-answer.ts'
import type { Refusal, RefusalKind } from '../refusal.ts'
import { requestHeader } from './answer.ts'
import { frame } from './frames.ts'

/**
 * Names and statuses are the service model's, chosen by what clients do. Of AWS's SDKs, boto3 and the one for JavaScript try again on
 * 429, 500 and 503, and on nothing else here.
 *
 * - No or a bad token is 401 everywhere in Plinth; Bedrock has 403. The type is the one that Bedrock gives for a bad key.
 * - A spent budget is `ServiceQuotaExceededException`: waiting a second doesn't help, so no client should.
 * - What the provider does wrong has words of its own in place of 502 and 504: `ModelErrorException` (424) and `ModelTimeoutException`
 *   (408). 503 would have clients try again at once, up to five times, what the gateway has tried again already.
 */
const answers: Readonly<Record<RefusalKind, readonly [status: number, type: string]>> = {
  invalid: [400, 'ValidationException'],
  unauthorized: [401, 'AccessDeniedException'],
  forbidden: [403, 'AccessDeniedException'],
  closed: [403, 'AccessDeniedException'],
  not_found: [404, 'ResourceNotFoundException'],
  model_unknown: [404, 'ResourceNotFoundException'],
  method_not_allowed: [405, 'UnknownOperationException'],
  too_large: [413, 'ValidationException'],
  encoding: [415, 'ValidationException'],
  rate_limited: [429, 'ThrottlingException'],
  budget: [400, 'ServiceQuotaExceededException'],
  content: [400, 'ValidationException'],
  upstream_throttled: [429, 'ThrottlingException'],
  upstream_failed: [424, 'ModelErrorException'],
  upstream_timeout: [408, 'ModelTimeoutException'],
  unavailable: [503, 'ServiceUnavailableException'],
  internal: [500, 'InternalServerException'],
}

/** Seconds, where nobody knows better. */
const shortWait = 1

export function refuseBedrock(refusal: Refusal, requestId: string): Answer {
  const [status, type] = answers[refusal.kind]
  return refusedAnswer({
    status,
    body: { message: messageOf(refusal) },
    headers: { ...requestHeader(requestId), 'x-amzn-errortype': type },
    wait: status === 429 || status === 503 ? (refusal.retryAfter ?? shortWait) : undefined,
  })
}

/** The protocol has no place for a field but the message. */
function messageOf({ message, field }: Refusal): string {
  return field === undefined ? message : `${field}: ${message}`
}

/** What may end a stream, by its operation. Neither knows a refusal of access or of a budget in the middle of an answer. */
export type StreamOperation = 'converse' | 'invoke'

const exceptions: Readonly<Record<RefusalKind, string>> = {
  invalid: 'validationException',
  unauthorized: 'validationException',
  forbidden: 'validationException',
  closed: 'validationException',
  not_found: 'validationException',
  model_unknown: 'validationException',
  method_not_allowed: 'validationException',
  too_large: 'validationException',
  encoding: 'validationException',
  rate_limited: 'throttlingException',
  budget: 'validationException',
  content: 'validationException',
  upstream_throttled: 'throttlingException',
  upstream_failed: 'modelStreamErrorException',
  upstream_timeout: 'modelTimeoutException',
  unavailable: 'serviceUnavailableException',
  internal: 'internalServerException',
}

/** The last frame of a stream that fails. */
export function exceptionFrame(refusal: Refusal, operation: StreamOperation): Uint8Array {
  const type = exceptions[refusal.kind]
  // The stream of Converse has no exception of its own for a model that took too long.
  const known = type === 'modelTimeoutException' && operation === 'converse' ? 'modelStreamErrorException' : type
  return frame('exception', known, JSON.stringify({ message: messageOf(refusal) }))
}
