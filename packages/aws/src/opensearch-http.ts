import type { S3Client } from '@aws-sdk/client-s3'
import { type Clock, type JsonObject, sleep, UnavailableError } from '@plinth/core'
import { SignatureV4 } from '@smithy/signature-v4'
import { unavailable } from './aws-fault.ts'

/** `es`: a domain of Amazon OpenSearch Service; `aoss`: a vector collection of OpenSearch Serverless. */
export type OpenSearchService = 'es' | 'aoss'

export interface OpenSearchHttpOptions {
  /** Such as `https://search-x.eu-central-1.es.amazonaws.com`. */
  readonly endpoint: string
  readonly service: OpenSearchService
  readonly region: string
  /** What signs: credentials and hash as the SDK's other clients have them. */
  readonly identity: Pick<S3Client['config'], 'credentials' | 'sha256'>
  readonly clock: Clock
  readonly fetch?: typeof fetch
  /** How often a request is tried. Default 4. */
  readonly maxAttempts?: number
}

export interface OpenSearchRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the endpoint, such as `/index/_search`; made of names that need no escape. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** One object, or for the bulk and multi-search APIs the lines. */
  readonly body?: JsonObject | readonly JsonObject[]
  /** Answers that the caller deals with, besides success. */
  readonly expected?: readonly number[]
}

export interface OpenSearchAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: OpenSearch's JSON, whose every field is read with care
  readonly body: any
}

/** Long enough for a bulk of megabytes and for wait_for on a busy domain. */
const requestTimeout = 60_000
const firstWait = 200
const passing = [429, 502, 503, 504]

/** The data plane of OpenSearch over HTTP: signed (SigV4), with a time limit, tried again when it is busy. */
export class OpenSearchHttp {
  readonly #options: OpenSearchHttpOptions
  readonly #signer: SignatureV4
  readonly #endpoint: URL

  constructor(options: OpenSearchHttpOptions) {
    const { credentials, sha256 } = options.identity
    this.#options = options
    this.#endpoint = new URL(options.endpoint)
    this.#signer = new SignatureV4({ credentials, sha256, region: options.region, service: options.service })
  }

  /** @throws UnavailableError for what is neither success nor expected. */
  async send(request: OpenSearchRequest): Promise<OpenSearchAnswer> {
    const { clock, maxAttempts = 4 } = this.#options
    for (let attempt = 1; ; attempt++) {
      const last = attempt === maxAttempts
      try {
        const answer = await this.#once(request)
        if (answer.status < 300 || request.expected?.includes(answer.status)) return answer
        if (last || !passing.includes(answer.status)) throw refusal(request, answer)
      } catch (error) {
        if (error instanceof UnavailableError || last) throw unavailable(error, actionOf(request))
      }
      await sleep(clock, firstWait * 2 ** (attempt - 1) * (0.5 + clock.random()))
    }
  }

  async #once({ method, path, query = {}, body }: OpenSearchRequest): Promise<OpenSearchAnswer> {
    const { clock, fetch: send = fetch } = this.#options
    const text = Array.isArray(body) ? body.map((line) => `${JSON.stringify(line)}\n`).join('') : JSON.stringify(body)
    const { protocol, hostname, host, port } = this.#endpoint
    const contentType = Array.isArray(body) ? 'application/x-ndjson' : 'application/json'
    const { headers } = await this.#signer.sign(
      {
        method,
        protocol,
        hostname,
        ...(port ? { port: Number(port) } : {}),
        path,
        query,
        headers: { host, ...(text === undefined ? {} : { 'content-type': contentType }) },
        body: text,
      },
      { signingDate: new Date(clock.now()) },
    )
    // fetch sets the host by itself.
    const { host: _, ...sent } = headers
    const stop = new AbortController()
    const timer = clock.setTimer(requestTimeout, () => stop.abort(new DOMException('OpenSearch did not answer.', 'TimeoutError')))
    const search = new URLSearchParams(query).toString()
    try {
      const response = await send(new URL(`${path}${search && `?${search}`}`, this.#endpoint), {
        method,
        headers: sent,
        ...(text === undefined ? {} : { body: text }),
        redirect: 'error',
        signal: stop.signal,
      })
      return { status: response.status, body: jsonOf(await response.text()) }
    } finally {
      timer.cancel()
    }
  }
}

/** A name that IAM and logs know: the index is left out. */
function actionOf({ method, path }: OpenSearchRequest): string {
  const api = path.split('/').find((part) => part.startsWith('_'))
  return `es:ESHttp${method.charAt(0)}${method.slice(1).toLowerCase()}${api === undefined ? '' : ` ${api}`}`
}

/** The type of the error, never its reason: that quotes what was sent. */
function refusal(request: OpenSearchRequest, { status, body }: OpenSearchAnswer): UnavailableError {
  const type = body?.error?.type
  const name = status === 401 || status === 403 ? 'AccessDeniedException' : plainType.test(type) ? type : `HTTP${status}`
  const cause = Object.assign(new Error(`OpenSearch answered ${status}.`), { name })
  return unavailable(cause, actionOf(request)) as UnavailableError
}

const plainType = /^[a-z_]{1,60}$/

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
