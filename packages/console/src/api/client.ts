/** What the server refused, as `application/problem+json` says it. */
export class Problem extends Error {
  readonly status: number
  /** Stable; decide by it. `unreachable` where no server answered. */
  readonly code: string
  readonly field: string | undefined
  readonly requestId: string | undefined
  /** Seconds to wait before trying again. */
  readonly retryAfter: number | undefined

  constructor(parts: {
    readonly status: number
    readonly code: string
    readonly detail: string
    readonly field?: string | undefined
    readonly requestId?: string | undefined
    readonly retryAfter?: number | undefined
  }) {
    super(parts.detail)
    this.name = 'Problem'
    this.status = parts.status
    this.code = parts.code
    this.field = parts.field
    this.requestId = parts.requestId
    this.retryAfter = parts.retryAfter
  }

  /** Whoever asks isn't let in, or it isn't there; time alone mends neither. */
  get isForGood(): boolean {
    return this.status >= 400 && this.status < 500 && this.status !== 429
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A call of the API, as it is sent, and as it is shown for copying. */
export interface Call {
  readonly method: Method
  /** Below the server's address, with its query: `/api/requests?limit=20`. */
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Milliseconds: slower answers are given up; streams have no such limit. */
const usualPatience = 60_000

/** Where the server's paths begin: beside the page, which may lie below a stage or a proxy's path. */
export function addressOf(path: string): string {
  return new URL(`.${path}`, document.baseURI.split('#')[0]).href
}

let csrfToken: string | undefined
let onSignedOut: (() => void) | undefined

/** Told by the session: what unsafe calls must show, and whom to tell when the session is over. */
export function useCredentials(token: string | undefined, signedOut: () => void): void {
  csrfToken = token
  onSignedOut = signedOut
}

/** What every unsafe call shows. */
export function credentials(): Readonly<Record<string, string>> {
  return csrfToken === undefined ? {} : { 'x-plinth-csrf': csrfToken }
}

/**
 * Sends a call and gives the parsed answer; undefined for an empty one.
 * @throws Problem for every answer but a success, and when there is none.
 */
export async function send<Answer>(call: Call, signal?: AbortSignal, patience: number = usualPatience): Promise<Answer> {
  const late = AbortSignal.timeout(patience)
  const response = await request(call, signal ? AbortSignal.any([signal, late]) : late)
  const text = await response.text().catch((error: unknown) => {
    throw unreachable(error)
  })
  if (text === '') return undefined as Answer
  return (response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as Answer
}

/** The same, for answers that are read as they come. @throws Problem. */
export async function request({ method, path, body, headers = {} }: Call, signal?: AbortSignal): Promise<Response> {
  const isForm = body instanceof FormData || body instanceof Blob
  const response = await fetch(addressOf(path), {
    method,
    credentials: 'same-origin',
    headers: {
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      ...(method === 'GET' ? {} : credentials()),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    throw unreachable(error)
  })
  if (response.ok) return response
  const problem = await problemOf(response)
  if (path !== '/api/session' && isEndOfSession(problem)) onSignedOut?.()
  throw problem
}

/** The tenant of the session may not work, or there is no session. */
function isEndOfSession({ status, code }: Problem): boolean {
  return status === 401 || code === 'tenant_suspended' || code === 'tenant_offboarded'
}

/** @returns the answer of `GET path`. @throws Problem. */
export function get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
  return send<Answer>({ method: 'GET', path }, signal)
}

/** What a refusal says. */
export async function problemOf(response: Response): Promise<Problem> {
  const after = Number(response.headers.get('retry-after') ?? Number.NaN)
  const told = (await response.json().catch(() => ({}))) as Record<string, unknown>
  return problemIn(told, response.status, Number.isFinite(after) ? after : undefined)
}

/** @param told as the server wrote it, in an answer of its own or within a stream. */
export function problemIn(told: Readonly<Record<string, unknown>>, status = Number(told.status), retryAfter?: number): Problem {
  return new Problem({
    status,
    code: String(told.code ?? 'unknown'),
    detail: String(told.detail ?? `The server answered ${status}.`),
    field: typeof told.field === 'string' ? told.field : undefined,
    requestId: typeof told.request_id === 'string' ? told.request_id : undefined,
    retryAfter,
  })
}

/** There is nothing under this address, or not for whoever asks: asked again it is still so. */
export function isMissing(error: unknown): boolean {
  return error instanceof Problem && error.status === 404
}

/** Of what was asked for by its name alone: nothing has it, or nothing could, for then the server refuses the name. */
export function isUnknown(error: unknown): boolean {
  return isMissing(error) || (error instanceof Problem && error.status === 400)
}

/** What to throw of an exchange without an end: whoever stopped it knows, else it is a problem. */
export function unreachable(error: unknown): unknown {
  if (error instanceof DOMException && error.name === 'AbortError') return error
  const isSlow = error instanceof DOMException && error.name === 'TimeoutError'
  const detail = isSlow ? 'The server took too long to answer.' : 'The server can’t be reached. Is it running?'
  return new Problem({ status: 0, code: 'unreachable', detail })
}

/** A path of the API with values put in where `{}` stands, and a query without what is undefined or empty. */
export function pathOf(
  form: string,
  values: readonly string[] = [],
  query: Readonly<Record<string, string | number | boolean | undefined>> = {},
): string {
  let next = 0
  const path = form.replaceAll('{}', () => partOf(values[next++] ?? ''))
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

/** A part of a path. One of dots alone would be taken as a step, however it is encoded, so it becomes a name that nothing has. */
function partOf(value: string): string {
  return encodeURIComponent(/^\.{1,2}$/.test(value) ? value.replaceAll('.', '%2e') : value)
}
