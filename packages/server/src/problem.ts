import {
  AlreadyThereError,
  BudgetExhaustedError,
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  KeyUnusableError,
  LimitError,
  ModelFailure,
  NotFoundError,
  PlinthError,
  ReusedError,
  TooLargeError,
  UnauthorizedError,
  UnavailableError,
  WrongStateError,
} from '@plinth/core'
import type { Answer } from './exchange.ts'

/** The path exists, but not for this method. */
export class MethodNotAllowedError extends PlinthError {
  readonly allowed: string
  constructor(allowed: readonly string[]) {
    super('method_not_allowed', `This path takes ${allowed.join(', ')}.`, false)
    this.allowed = allowed.join(', ')
  }
}

/** What a body is packed in isn't unpacked here. */
export class UnsupportedEncodingError extends PlinthError {
  constructor() {
    super('content_encoding_unsupported', 'Content-Encoding is not supported: send the body as it is.', false)
  }
}

/** Of a 415: in what bodies may come (RFC 9110, 15.5.16). */
export const acceptedEncodings: { readonly 'accept-encoding': 'identity' } = { 'accept-encoding': 'identity' }

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
}

/** The HTTP status of an error; 500 for what nobody threw on purpose. */
export function statusOf(error: unknown): number {
  if (error instanceof InvalidInputError) return 400
  if (error instanceof UnauthorizedError) return 401
  if (error instanceof BudgetExhaustedError) return 402
  if (error instanceof ForbiddenError || error instanceof KeyUnusableError) return 403
  if (error instanceof NotFoundError) return 404
  if (error instanceof MethodNotAllowedError) return 405
  if (error instanceof ReusedError || error instanceof WrongStateError || error instanceof ConflictError) return 409
  if (error instanceof AlreadyThereError) return 412
  if (error instanceof TooLargeError) return 413
  if (error instanceof UnsupportedEncodingError) return 415
  if (error instanceof LimitError) return 429
  if (error instanceof UnavailableError) return 503
  return error instanceof ModelFailure ? ofModel(error) : 500
}

/** A model that fails for now; one that refuses what the caller wrote; one that nobody can ask as it is set up. */
function ofModel({ kind, retryable }: ModelFailure): number {
  if (retryable) return 503
  return kind === 'content' ? 400 : 502
}

/** The body of {@link problem}. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  /** Stable. */
  readonly code: string
  readonly request_id: string
  readonly field?: string
}

/** What is told of an error: nothing that we didn't write, and no stack. */
export function problemOf(error: unknown, requestId: string): Problem {
  const status = statusOf(error)
  const known = status !== 500 && PlinthError.is(error) ? error : undefined
  const code = known?.code ?? 'internal'
  return {
    type: `urn:plinth:problem:${code}`,
    title: titles[status] ?? 'Error',
    status,
    detail: known?.message ?? 'Something went wrong on our side.',
    code,
    request_id: requestId,
    ...(known?.field === undefined ? {} : { field: known.field }),
  }
}

/** How long to wait before trying again, whole seconds; undefined where waiting is of no use. */
export function retryAfterOf(error: unknown): number | undefined {
  const status = statusOf(error)
  const known = status !== 500 && PlinthError.is(error) ? error.retryAfter : undefined
  const seconds = known ?? (status === 429 || status === 503 ? 1 : undefined)
  return seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds))
}

/** An error as the contract wants it: application/problem+json. */
export function problem(error: unknown, requestId: string): Answer {
  const body = problemOf(error, requestId)
  const { status } = body
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-request-id': requestId,
  }
  const retryAfter = retryAfterOf(error)
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter)
  if (status === 401) headers['www-authenticate'] = 'Bearer'
  if (error instanceof MethodNotAllowedError) headers.allow = error.allowed
  if (status === 415) Object.assign(headers, acceptedEncodings)
  return { status, headers, body: JSON.stringify(body) }
}
