import { APICallError } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { classifyFailure, type FailureKind } from '../../src/index.ts'

/** A provider's answer as the AI SDK hands it on. */
function answer(statusCode: number | undefined, data: unknown, responseHeaders: Record<string, string> = {}): APICallError {
  const status = statusCode === undefined ? {} : { statusCode }
  return new APICallError({ message: '', url: '', requestBodyValues: {}, data, responseHeaders, ...status })
}

/** As the AWS SDK throws it, its answer attached. */
function aws(name: string, httpStatusCode: number | undefined, message: string, parts: object = {}): Error {
  return Object.assign(new Error(message), {
    name,
    $fault: 'client',
    $metadata: { ...(httpStatusCode === undefined ? {} : { httpStatusCode }), attempts: 3 },
    ...parts,
  })
}

/** Bodies in the forms that providers send; the words in them say what they like, often the contrary. */
const bodies: readonly (readonly [provider: string, error: unknown, kind: FailureKind])[] = [
  // Limits by the minute whose words speak of a quota
  [
    'Scaleway: the word is no code',
    answer(429, { status: 429, error: 'INSUFFICIENT QUOTA', message: 'You exceeded your current limit of concurrent requests.' }),
    'throttle',
  ],
  [
    'Gemini by its OpenAI form: "exceeded your current quota, check your plan and billing"',
    answer(429, {
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message: 'You exceeded your current quota, check your plan and billing.',
      },
    }),
    'throttle',
  ],
  [
    'Gemini in a stream, without a status',
    answer(undefined, { error: { code: 'x', status: 'RESOURCE_EXHAUSTED', message: 'Check quota.' } }),
    'throttle',
  ],
  [
    'Bedrock: a day of tokens is still a throttle by its name',
    aws('ThrottlingException', 429, 'Too many tokens per day. Request a quota increase.'),
    'throttle',
  ],
  ['Bedrock in a stream', { name: 'throttlingException', message: 'Service quota exceeded' }, 'throttle'],
  ['an AWS service that says so only by a flag', aws('Busy', 400, 'Invalid', { $retryable: { throttling: true } }), 'throttle'],
  [
    'OpenAI: tokens of a minute, with a link to billing',
    answer(429, {
      error: {
        message: 'Rate limit reached. Add to your billing quota.',
        type: 'tokens',
        param: null,
        code: 'rate_limit_exceeded',
      },
    }),
    'throttle',
  ],
  ['OpenAI: slow down', answer(503, { error: { message: 'x', type: 'server_error', code: 'slow_down' } }), 'throttle'],
  [
    'Anthropic by an OpenAI form: its type says invalid request',
    answer(429, {
      error: {
        code: 'rate_limit_error',
        type: 'invalid_request_error',
        message: 'Contact sales about your account.',
        param: null,
      },
    }),
    'throttle',
  ],
  [
    'Anthropic: overloaded, which is 529, and 200 in a stream',
    answer(200, { type: 'error', error: { details: null, type: 'overloaded_error', message: 'Overloaded' }, request_id: 'r' }),
    'throttle',
  ],
  ['Anthropic in a stream, as it came', { type: 'overloaded_error', message: 'insufficient_quota' }, 'throttle'],
  [
    'Azure: retry in a day',
    answer(429, {
      error: { code: '429', message: 'exceeded token rate limit of your pricing tier. Retry after 86400 seconds.' },
    }),
    'throttle',
  ],
  ['Azure: its other code', answer(undefined, { error: { code: 'RateLimitReached', message: 'quota' } }), 'throttle'],
  [
    'Moonshot: overloaded',
    answer(429, { error: { type: 'engine_overloaded_error', message: 'exceeded_current_quota_error?' } }),
    'throttle',
  ],
  // A spent allowance whose words or status speak of a rate
  [
    'OpenAI: a spent quota with the status of a throttle',
    answer(429, {
      error: {
        message: 'Too many requests, slow down and try again later.',
        type: 'insufficient_quota',
        param: null,
        code: null,
      },
    }),
    'quota',
  ],
  [
    'OpenAI: an account without billing',
    answer(429, { error: { message: 'Rate limit', type: 'billing_not_active', code: 'billing_not_active' } }),
    'quota',
  ],
  [
    'Bedrock: a service quota, by the SDK',
    aws('ServiceQuotaExceededException', 400, 'Too many requests, please wait before trying again.'),
    'quota',
  ],
  [
    'Bedrock: a service quota, by HTTP',
    answer(400, { message: 'Throttled.' }, { 'x-amzn-errortype': 'ServiceQuotaExceededException:http://internal.amazon.com/' }),
    'quota',
  ],
  ['Anthropic: billing', answer(403, { type: 'error', error: { type: 'billing_error', message: 'rate_limit_error' } }), 'quota'],
  [
    'Moonshot: a spent quota with the status of a denial',
    answer(403, { error: { message: 'Your account is not active, slow down.', type: 'exceeded_current_quota_error' } }),
    'quota',
  ],
  ['DashScope: arrears', answer(400, { error: { code: 'Arrearage', type: 'Arrearage', message: 'Access denied.' } }), 'quota'],
  [
    'DeepSeek: 402',
    answer(402, { error: { message: 'Insufficient Balance', type: 'unknown_error', code: 'invalid_request_error' } }),
    'quota',
  ],
  // What will never fit
  [
    'Groq: larger than the limit of a minute',
    answer(413, {
      error: { message: 'Request too large: Limit 6000, Requested 12328', type: 'tokens', code: 'rate_limit_exceeded' },
    }),
    'permanent',
  ],
  // Neither
  [
    'Anthropic: an internal error that says overloaded',
    answer(500, { type: 'error', error: { type: 'api_error', message: 'Overloaded: rate limit' } }),
    'transient',
  ],
  [
    'Anthropic: no credit, which it only says in words, with the type of a bad request',
    answer(400, { type: 'error', error: { type: 'invalid_request_error', message: 'Your credit balance is too low.' } }),
    'permanent',
  ],
  ['Bedrock in a stream: the model broke off', { name: 'modelStreamErrorException', message: 'throttled' }, 'transient'],
  ['Anthropic in a stream: no such key', { type: 'authentication_error', message: 'rate limit' }, 'permanent'],
  ['a page of a proxy', answer(429, 'insufficient_quota'), 'throttle'],
]

describe('what a provider answers', () => {
  it.each(bodies)('is sorted by its codes, whatever its words say: %s [X9]', (_, error, kind) => {
    const failure = classifyFailure(error)
    expect([failure.kind, failure.retryable]).toEqual([kind, kind === 'throttle' || kind === 'transient'])
  })

  it.each<[Record<string, string>, number | undefined]>([
    [{ 'retry-after-ms': '1500', 'retry-after': '2' }, 1.5],
    [{ 'retry-after-ms': 'soon', 'retry-after': '2' }, 2],
    [{ 'retry-after-ms': 'soon' }, undefined],
    [{ 'retry-after': '20' }, 20],
  ])('says how long to wait: %j', (headers, seconds) => {
    expect(classifyFailure(answer(429, {}, headers)).retryAfter).toBe(seconds)
    expect(classifyFailure(aws('ThrottlingException', 429, '', { $response: { headers } })).retryAfter).toBe(seconds)
  })
})
