import { type ErrorOptions, PlinthError } from '../errors.ts'
import { type Asked, goneMessage, ownEntry } from './lifecycle.ts'

/**
 * What a failed call means for what comes next:
 * throttle: too fast, later it works, and it costs no retry · quota: the account's allowance is spent, retrying won't help ·
 * transient: a fault that may pass · permanent: this request will never work · content: refused for what it says.
 */
export type FailureKind = 'throttle' | 'quota' | 'transient' | 'permanent' | 'content'

/** A model call that failed. The message is ours: a provider's raw text never leaves `cause` (X19). */
export class ModelFailure extends PlinthError {
  readonly kind: FailureKind
  constructor(kind: FailureKind, code: string, message: string, options: ErrorOptions = {}) {
    super(code, message, kind === 'throttle' || kind === 'transient', options)
    this.kind = kind
  }
}

const codes = (...words: readonly string[]): ReadonlySet<string> => new Set(words.map((word) => word.toLowerCase()))

/** Codes that mean a spent allowance, though their status is that of a throttle (structured fields decide, prose never). */
const quotaCodes = codes(
  ...['insufficient_quota', 'quota_exceeded', 'billing_hard_limit_reached', 'billing_not_active', 'billing_error'],
  ...['exceeded_current_quota_error', 'Arrearage', 'ServiceQuotaExceededException'],
)
const throttleCodes = codes(
  ...['rate_limit_exceeded', 'rate_limit_error', 'rate_limit_reached_error', 'RateLimitReached', 'TooManyRequests'],
  ...['overloaded_error', 'engine_overloaded_error', 'slow_down', 'RESOURCE_EXHAUSTED'],
  // Names that the AWS SDKs take for throttles.
  ...['ThrottlingException', 'Throttling', 'ThrottledException', 'RequestThrottled', 'RequestThrottledException'],
  ...['TooManyRequestsException', 'RequestLimitExceeded', 'ProvisionedThroughputExceededException', 'SlowDown'],
)
const contentCodes = codes('content_filter', 'content_policy_violation', 'ContentFilteredException')
const accessCodes = codes('AccessDeniedException', 'UnrecognizedClientException', 'authentication_error', 'permission_error')
const refusedCodes = codes('ValidationException')
/**
 * Bedrock's word for a model at its end ("has reached the end of its life"), and for a legacy one that the account hasn't asked for a
 * while ("marked by provider as Legacy"): aws-solutions-library-samples/accelerated-intelligent-document-processing-on-aws#708.
 */
const goneCodes = codes('ResourceNotFoundException')
const transientCodes = codes(
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
  // In the middle of a stream these come without a status.
  ...['ModelNotReadyException', 'ModelStreamErrorException', 'ModelTimeoutException', 'ModelErrorException'],
  ...['InternalServerException', 'ServiceUnavailableException', 'api_error', 'server_error', 'timeout_error'],
)

/** Seconds. */
const longestRetryAfter = 3_600

/**
 * Sorts whatever a provider threw. Unknown faults count as transient: they are retried a few times, then given up.
 * @param asked what was asked, where that is known: of a model that is gone it is told what to ask instead.
 */
export function classifyFailure(error: unknown, asked?: Asked): ModelFailure {
  const known = knownFailure(error)
  if (known) return known
  // Ours already, such as a model that left the catalogue: it says itself whether to try again.
  if (PlinthError.is(error))
    return new ModelFailure(error.retryable ? 'transient' : 'permanent', error.code, error.message, {
      cause: error,
      ...(error.field === undefined ? {} : { field: error.field }),
    })
  const status = statusOf(error)
  const codes = codesOf(error)
  const options = { cause: error, ...retryAfterOf(error) }
  if (has(codes, quotaCodes) || status === 402) {
    return new ModelFailure('quota', 'model_quota', "The provider's allowance for this account is spent.", options)
  }
  if (has(codes, contentCodes))
    return new ModelFailure('content', 'model_content_refused', 'The provider refused the content.', options)
  // Larger than the limit of a minute, or than any request may be: some say so with the code of a throttle, but it never fits.
  if (status === 413) return refusal(status, options)
  if (status === 429 || status === 529 || has(codes, throttleCodes) || field(field(error, '$retryable'), 'throttling') === true) {
    return new ModelFailure('throttle', 'model_throttled', 'The provider asks to slow down.', options)
  }
  if (status === 401 || status === 403 || has(codes, accessCodes)) {
    return new ModelFailure('permanent', 'model_access_denied', 'The provider denies access to the model.', options)
  }
  const refused = status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409 && status !== 424
  const entry = ownEntry(asked)
  // One that is retired is refused in many ways, and no other request would do.
  const retired = entry?.lifecycle.status === 'retired'
  if (has(codes, goneCodes) || (retired && (refused || has(codes, refusedCodes))))
    return new ModelFailure('permanent', 'model_gone', goneMessage(entry), options)
  if (refused || has(codes, refusedCodes)) return refusal(status, options)
  if (has(codes, transientCodes) || status !== undefined) {
    return new ModelFailure('transient', 'model_unavailable', 'The model could not be reached.', options)
  }
  return new ModelFailure('transient', 'model_failed', 'The model call failed.', options)
}

function refusal(status: number | undefined, options: ErrorOptions): ModelFailure {
  const message = `The provider refused the request (status ${status ?? 'unknown'}).`
  return new ModelFailure('permanent', 'model_request_refused', message, options)
}

/** A failure that was recognised underneath, such as in the body that a provider's package was reading. */
function knownFailure(error: unknown): ModelFailure | undefined {
  for (let current: unknown = error, depth = 0; current && depth < 5; current = field(current, 'cause'), depth++)
    if (current instanceof ModelFailure) return current
  return undefined
}

function has(found: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  for (const code of found) if (wanted.has(code)) return true
  return false
}

/** The HTTP status, where the AI SDK, other SDKs and the AWS SDK keep it. */
function statusOf(error: unknown): number | undefined {
  const candidates = [field(error, 'statusCode'), field(error, 'status'), field(field(error, '$metadata'), 'httpStatusCode')]
  return candidates.find((candidate): candidate is number => typeof candidate === 'number' && candidate >= 100 && candidate < 600)
}

/** The structured codes on an error, its causes, and the parsed body of a provider's answer; in lower case, as some are spelled two ways. */
function codesOf(error: unknown): Set<string> {
  const codes = new Set<string>()
  for (let current: unknown = error, depth = 0; current && depth < 5; current = field(current, 'cause'), depth++) {
    add(codes, field(current, 'name'))
    const data = field(current, 'data')
    for (const holder of [current, data, field(data, 'error')])
      for (const name of ['code', 'type', 'status', '__type']) add(codes, field(holder, name))
    add(codes, header(current, 'x-amzn-errortype'))
  }
  return codes
}

function add(codes: Set<string>, value: unknown): void {
  // AWS writes error types as `name:url` and `prefix#name`.
  if (typeof value === 'string') codes.add((value.split(':')[0]?.split('#').at(-1) ?? value).toLowerCase())
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** A header of the answer, where the AI SDK and the AWS SDK keep them. */
function header(error: unknown, name: string): unknown {
  return field(field(error, 'responseHeaders'), name) ?? field(field(field(error, '$response'), 'headers'), name)
}

/** How long the provider asks to wait: milliseconds, seconds, or until a date, which counts from the answer's own. */
function retryAfterOf(error: unknown): { retryAfter?: number } {
  const after = header(error, 'retry-after')
  const until = dateOf(after) - dateOf(header(error, 'date'))
  const found = [Number(header(error, 'retry-after-ms')) / 1000, Number(after), until / 1000]
  const seconds = found.find((each) => Number.isFinite(each) && each > 0)
  return seconds === undefined ? {} : { retryAfter: Math.min(seconds, longestRetryAfter) }
}

/** The one form of dates that HTTP sends (RFC 9110, 5.6.7). */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

function dateOf(value: unknown): number {
  return typeof value === 'string' && httpDate.test(value) ? Date.parse(value) : Number.NaN
}

/** Whether another model may answer: it is this one that can't, or not for this account, and nothing is wrong with what was asked. */
export function mayAskAnother({ kind, code }: ModelFailure): boolean {
  if (kind === 'permanent') return code === 'model_access_denied' || code === 'model_gone'
  return kind !== 'content'
}

/**
 * Whether a call that failed may have to be paid for: it was left because it took too long, or its stream broke off. A provider that
 * answers with an error asks nothing for it.
 */
export function mayHaveUsed(failure: ModelFailure, shown: string): boolean {
  return shown !== '' || failure.code === 'model_timeout' || hasTimedOut(failure.cause)
}

/** Codes of Node's own HTTP client, which waits as long for an answer as we do, and may be the first to give up. */
const timeouts: ReadonlySet<unknown> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])

function hasTimedOut(cause: unknown): boolean {
  for (let current = cause, depth = 0; current instanceof Error && depth < 5; current = current.cause, depth++)
    if ('code' in current && timeouts.has(current.code)) return true
  return false
}
