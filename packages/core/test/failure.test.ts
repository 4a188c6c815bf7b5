import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import {
  classifyFailure,
  type FailureKind,
  InvalidInputError,
  KeyUnusableError,
  ModelFailure,
  UnavailableError,
} from '../src/index.ts'

const raw = 'raw words of the provider about quota, rate limits and throttling'

/** As the AI SDK's providers throw it. */
function apiError(
  statusCode: number | undefined,
  parts: Partial<ConstructorParameters<typeof APICallError>[0]> = {},
): APICallError {
  return new APICallError({
    message: raw,
    url: 'http://model',
    requestBodyValues: {},
    ...(statusCode === undefined ? {} : { statusCode }),
    ...parts,
  })
}

/** As the AWS SDK throws it: the code is the name, the status lies in the metadata. */
function awsError(name: string, httpStatusCode?: number, parts: object = {}): Error {
  const metadata = {
    requestId: 'r-1',
    attempts: 1,
    totalRetryDelay: 0,
    ...(httpStatusCode === undefined ? {} : { httpStatusCode }),
  }
  return Object.assign(new Error(raw), {
    name,
    $fault: (httpStatusCode ?? 500) < 500 ? 'client' : 'server',
    $metadata: metadata,
    ...parts,
  })
}

/** As fetch throws it. */
function fetchError(code: string): TypeError {
  return Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(raw), { code }) })
}

function circular(parts: object = {}): Error {
  const error = Object.assign(new Error(raw), parts)
  return Object.assign(error, { cause: Object.assign(new Error(raw), { cause: error }) })
}

const openai = (statusCode: number, code: string, type = code): APICallError =>
  apiError(statusCode, { data: { error: { message: raw, code, type } } })
const anthropic = (statusCode: number, type: string): APICallError =>
  apiError(statusCode, { data: { type: 'error', error: { type, message: raw } } })

const table: readonly (readonly [name: string, error: unknown, kind: FailureKind, code: string])[] = [
  // Amazon Bedrock, by the AWS SDK
  ['ThrottlingException', awsError('ThrottlingException', 429), 'throttle', 'model_throttled'],
  ['ThrottlingException without a status', awsError('ThrottlingException'), 'throttle', 'model_throttled'],
  ['TooManyRequestsException', awsError('TooManyRequestsException', 429), 'throttle', 'model_throttled'],
  ['an unknown name with 429', awsError('SomethingNewException', 429), 'throttle', 'model_throttled'],
  ['ServiceQuotaExceededException', awsError('ServiceQuotaExceededException', 400), 'quota', 'model_quota'],
  ['ModelTimeoutException', awsError('ModelTimeoutException', 408), 'transient', 'model_unavailable'],
  ['ModelErrorException', awsError('ModelErrorException', 424), 'transient', 'model_unavailable'],
  ['ModelNotReadyException', awsError('ModelNotReadyException'), 'transient', 'model_unavailable'],
  ['InternalServerException', awsError('InternalServerException', 500), 'transient', 'model_unavailable'],
  ['ServiceUnavailableException', awsError('ServiceUnavailableException', 503), 'transient', 'model_unavailable'],
  ['ValidationException', awsError('ValidationException', 400), 'permanent', 'model_request_refused'],
  ['ValidationException without a status', awsError('ValidationException'), 'permanent', 'model_request_refused'],
  ['ResourceNotFoundException', awsError('ResourceNotFoundException', 404), 'permanent', 'model_gone'],
  ['ResourceNotFoundException without a status', awsError('ResourceNotFoundException'), 'permanent', 'model_gone'],
  ['AccessDeniedException', awsError('AccessDeniedException', 403), 'permanent', 'model_access_denied'],
  ['AccessDeniedException without a status', awsError('AccessDeniedException'), 'permanent', 'model_access_denied'],
  ['UnrecognizedClientException', awsError('UnrecognizedClientException', 403), 'permanent', 'model_access_denied'],
  ['a smithy TimeoutError', awsError('TimeoutError'), 'transient', 'model_failed'],
  [
    'Bedrock by HTTP, its code in a header',
    apiError(400, { responseHeaders: { 'x-amzn-errortype': 'ThrottlingException:http://internal.amazon.com/' } }),
    'throttle',
    'model_throttled',
  ],
  [
    'Bedrock by HTTP, its code in the body',
    apiError(400, { data: { __type: 'com.amazon.coral#ThrottlingException', message: raw } }),
    'throttle',
    'model_throttled',
  ],
  // OpenAI and what is compatible with it
  ['insufficient_quota', openai(429, 'insufficient_quota'), 'quota', 'model_quota'],
  ['billing_hard_limit_reached', openai(400, 'billing_hard_limit_reached', 'invalid_request_error'), 'quota', 'model_quota'],
  ['402', apiError(402), 'quota', 'model_quota'],
  ['rate_limit_exceeded', openai(429, 'rate_limit_exceeded', 'tokens'), 'throttle', 'model_throttled'],
  [
    'rate_limit_exceeded in a stream, without a status',
    apiError(undefined, { data: { error: { code: 'rate_limit_exceeded' } } }),
    'throttle',
    'model_throttled',
  ],
  ['content_filter', openai(400, 'content_filter', 'invalid_request_error'), 'content', 'model_content_refused'],
  ['content_policy_violation', openai(400, 'content_policy_violation'), 'content', 'model_content_refused'],
  ['invalid_api_key', openai(401, 'invalid_api_key'), 'permanent', 'model_access_denied'],
  ['context_length_exceeded', openai(400, 'context_length_exceeded'), 'permanent', 'model_request_refused'],
  ["an SDK's own error with `status`", Object.assign(new Error(raw), { status: 429 }), 'throttle', 'model_throttled'],
  [
    "an SDK's own error with `statusCode`",
    Object.assign(new Error(raw), { statusCode: 400 }),
    'permanent',
    'model_request_refused',
  ],
  // Anthropic
  ['overloaded_error', anthropic(529, 'overloaded_error'), 'throttle', 'model_throttled'],
  ['overloaded_error in a stream, as 200', anthropic(200, 'overloaded_error'), 'throttle', 'model_throttled'],
  ['529 alone', apiError(529), 'throttle', 'model_throttled'],
  ['rate_limit_error', anthropic(429, 'rate_limit_error'), 'throttle', 'model_throttled'],
  ['billing_error', anthropic(400, 'billing_error'), 'quota', 'model_quota'],
  ['invalid_request_error', anthropic(400, 'invalid_request_error'), 'permanent', 'model_request_refused'],
  // HTTP alone
  ['408', apiError(408), 'transient', 'model_unavailable'],
  ['409', apiError(409), 'transient', 'model_unavailable'],
  ['413', apiError(413), 'permanent', 'model_request_refused'],
  ['500', apiError(500), 'transient', 'model_unavailable'],
  [
    'a gateway page with 502',
    apiError(502, { responseBody: '<html>insufficient_quota</html>' }),
    'transient',
    'model_unavailable',
  ],
  // Networks
  ...[
    'ECONNRESET',
    'ECONNREFUSED',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'UND_ERR_SOCKET',
  ].map((code) => [`fetch failed: ${code}`, fetchError(code), 'transient', 'model_unavailable'] as const),
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'].map(
    (code) => [`fetch failed: ${code}`, fetchError(code), 'transient', 'model_unavailable'] as const,
  ),
  [
    'fetch failed inside an API error',
    apiError(undefined, { cause: fetchError('ECONNRESET') }),
    'transient',
    'model_unavailable',
  ],
  ['AbortError', new DOMException('aborted', 'AbortError'), 'transient', 'model_failed'],
  // Prose decides nothing
  [
    'a throttle that speaks of quota',
    apiError(429, { message: 'You exceeded your quota, insufficient_quota' }),
    'throttle',
    'model_throttled',
  ],
  [
    'an AWS throttle that speaks of quota',
    awsError('ThrottlingException', 429, { message: 'Your quota is exceeded' }),
    'throttle',
    'model_throttled',
  ],
  ['a bare error that speaks of throttling', new Error('ThrottlingException: rate_limit_exceeded'), 'transient', 'model_failed'],
  // Our own
  [
    'a model that left the catalogue',
    new InvalidInputError('There is no such model.', { code: 'model_unknown' }),
    'permanent',
    'model_unknown',
  ],
  ['a key that is disabled', new KeyUnusableError('alias/x', 'disabled'), 'permanent', 'key_disabled'],
  ['a platform that does not answer', new UnavailableError('no_answer', 'The service did not answer.'), 'transient', 'no_answer'],
  // Nonsense
  ['a text', 'thrown text', 'transient', 'model_failed'],
  ['undefined', undefined, 'transient', 'model_failed'],
  ['null', null, 'transient', 'model_failed'],
  ['a number', 429, 'transient', 'model_failed'],
  [
    'codes of odd types',
    { code: 429, name: {}, data: { error: [1] }, $metadata: 'x', status: '429', statusCode: Number.NaN },
    'transient',
    'model_failed',
  ],
  ['a circle of causes', circular(), 'transient', 'model_failed'],
  ['a circle of causes with a code', circular({ code: 'ECONNRESET' }), 'transient', 'model_unavailable'],
]

describe('a failed model call', () => {
  it.each(table)('is sorted by what is structured in it: %s [X9, X19]', (_, error, kind, code) => {
    const failure = classifyFailure(error)
    expect([failure.kind, failure.code]).toEqual([kind, code])
    expect(failure.retryable).toBe(kind === 'throttle' || kind === 'transient')
    expect(failure.message).not.toContain('raw words')
    if (error !== undefined) expect(failure.cause).toBe(error)
  })

  it('stays what it is when it was sorted before', () => {
    const failure = new ModelFailure('quota', 'model_quota', 'Spent.')
    expect(classifyFailure(failure)).toBe(failure)
  })

  it.each([
    ['30', 30],
    ['0.5', 0.5],
    ['999999', 3_600],
    ['0', undefined],
    ['-5', undefined],
    ['', undefined],
    ['soon', undefined],
    ['Infinity', undefined],
    [undefined, undefined],
  ])('takes over for how long to wait: %s [X9]', (header, seconds) => {
    const responseHeaders: Record<string, string> = header === undefined ? {} : { 'retry-after': header }
    expect(classifyFailure(apiError(429, { responseHeaders })).retryAfter).toBe(seconds)
  })

  const sent = 'Wed, 25 Nov 2026 10:00:00 GMT'
  it.each([
    ['Wed, 25 Nov 2026 10:00:07 GMT', sent, 7],
    ['Wed, 25 Nov 2026 23:00:00 GMT', sent, 3_600],
    ['Wed, 25 Nov 2026 10:00:00 GMT', sent, undefined],
    ['Wed, 25 Nov 2026 09:59:00 GMT', sent, undefined],
    ['Wed, 25 Nov 2026 10:00:07', sent, undefined],
    ['2026-11-25', sent, undefined],
    ['Wed, 99 Nov 2026 10:00:07 GMT', sent, undefined],
    ['Wed, 25 Nov 2026 10:00:07 GMT', undefined, undefined],
    ['Wed, 25 Nov 2026 10:00:07 GMT', 'today', undefined],
  ])("takes a date for how long to wait from the answer's own: %s, sent %s [X9]", (header, date, seconds) => {
    const responseHeaders: Record<string, string> = { 'retry-after': header, ...(date === undefined ? {} : { date }) }
    expect(classifyFailure(apiError(429, { responseHeaders })).retryAfter).toBe(seconds)
  })
})
