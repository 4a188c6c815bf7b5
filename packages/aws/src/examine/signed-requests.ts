import type { KMSClient } from '@aws-sdk/client-kms'
import { SignatureV4 } from '@smithy/signature-v4'

export interface SignedRequest {
  /** As signatures name it, such as `monitoring`; its host begins with it. */
  readonly service: string
  /** Escaped. Default `/`. */
  readonly path?: string
  /** Sent as JSON, or as it is where it is text; absent: a GET. */
  readonly body?: string | Readonly<Record<string, unknown>>
  /** The operation, of services that take it in a header. */
  readonly target?: string
  /** Of the protocol in JSON. Default 1.1. */
  readonly version?: '1.0' | '1.1'
}

export interface SignedAnswer {
  readonly text: string
  /** How far this machine's clock is ahead of the service's, in milliseconds: to the second, and the way of the answer. */
  readonly drift: number | undefined
}

/** Calls of services that nothing but `plinth doctor` asks, so that no client of theirs is installed for a call or two. */
export class SignedRequests {
  readonly #kms: KMSClient
  readonly #region: string
  readonly #endpoint: string | undefined
  readonly #fetch: typeof fetch

  /** @param options.kms whose credentials sign; its address tells the region's domain. */
  constructor(options: {
    readonly kms: KMSClient
    readonly region: string
    readonly endpoint?: string
    readonly fetch?: typeof fetch
  }) {
    this.#kms = options.kms
    this.#region = options.region
    this.#endpoint = options.endpoint
    this.#fetch = options.fetch ?? fetch
  }

  /** @throws Error named by the service's code, with `$metadata` as the SDK's errors have it. */
  async send({ service, path = '/', body, target, version = '1.1' }: SignedRequest, signal: AbortSignal): Promise<SignedAnswer> {
    const url = new URL(path, this.#addressOf(service))
    const { credentials, sha256 } = this.#kms.config
    const signer = new SignatureV4({ credentials, sha256, region: this.#region, service })
    const method = body === undefined ? 'GET' : 'POST'
    const content = typeof body === 'object' ? JSON.stringify(body) : body
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      ...(url.port ? { port: Number(url.port) } : {}),
      path: url.pathname,
      query: {},
      headers: { host: url.host, ...contentOf(body, version), ...(target === undefined ? {} : { 'x-amz-target': target }) },
      ...(content === undefined ? {} : { body: content }),
    })
    // fetch sets the host by itself.
    const { host: _, ...sent } = headers
    const response = await this.#fetch(url, {
      method,
      headers: sent,
      ...(content === undefined ? {} : { body: content }),
      redirect: 'error',
      signal,
    }).catch((error: unknown) => {
      // fetch says that it failed, and its cause why.
      throw (error as { readonly cause?: unknown }).cause ?? error
    })
    const time = Date.parse(response.headers.get('date') ?? '')
    const drift = Number.isNaN(time) ? undefined : Date.now() - time
    const text = await response.text()
    if (response.ok) return { text, drift }
    const name = codeOf(response, text)
    throw Object.assign(new Error(`${service} answered ${response.status}.`), {
      name,
      $metadata: { httpStatusCode: response.status },
      ...(drift === undefined ? {} : { drift }),
    })
  }

  /** Of another service in the same partition: `.amazonaws.com` isn't the end of every host. */
  #addressOf(service: string): string {
    if (this.#endpoint !== undefined) return this.#endpoint
    const { url } = this.#kms.config.endpointProvider({ Region: this.#region })
    return `${url.protocol}//${url.hostname.replace(/^kms\./, `${service}.`)}`
  }
}

function contentOf(body: SignedRequest['body'], version: string): Record<string, string> {
  if (body === undefined) return {}
  return {
    'content-type':
      typeof body === 'string' ? 'application/x-www-form-urlencoded; charset=utf-8' : `application/x-amz-json-${version}`,
  }
}

/** The code of an error, where JSON and XML services write it. */
function codeOf(response: Response, text: string): string {
  const header = response.headers.get('x-amzn-errortype') ?? undefined
  const [, json] = /"(?:__type|code)"\s*:\s*"([^"]+)"/.exec(text) ?? []
  const [, xml] = /<Code>(\w+)<\/Code>/.exec(text) ?? []
  const [, code] = /^(?:.*#)?([A-Za-z]+)(?::.*)?$/.exec(header ?? json ?? xml ?? '') ?? []
  return code ?? 'UnknownError'
}
