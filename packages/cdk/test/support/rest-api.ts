import { PassThrough, type Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { ofType, type Resource, type Template } from './synthesised.ts'

/** A request as a client sends it; header names in any case. */
export interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** An object is sent as JSON. */
  readonly body?: object | Uint8Array
  /** Of a custom domain that is mapped to the stage: what stood before the path, such as `/models`. */
  readonly basePath?: string
}

export interface Told {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly bytes: Buffer
  /** Who answered: API Gateway by one of its gateway responses, or the server. */
  readonly by: string
  /** What the access log is told of who asks. */
  readonly context: Readonly<Record<string, string>>
}

export interface Functions {
  authorizer(event: never): Promise<unknown>
  api(event: never, response: never): Promise<unknown>
}

/**
 * A double of API Gateway's REST API, built from a template, as AWS documents it: which method a path leads to, what becomes of an
 * authorizer's answer, and gateway responses. It keeps no answers. It shows how the parts fit together; that AWS does so, an
 * account has to show.
 *
 * - a source of identity that is missing or empty is 401 without a call, and a cache needs sources (CreateAuthorizer)
 * - the error `Unauthorized` is 401, any other 500, a policy that doesn't allow 403 (use Lambda authorizers)
 * - the base path of a mapping takes no part in choosing the method, but functions are given it as a part of the path, the authorizer
 *   too; the stage they aren't given (https://github.com/localstack/localstack/pull/12296)
 * - templates of gateway responses know `$context` and no VTL; what has none falls back to its default (gateway response types)
 */
export class RestApi {
  readonly #template: Template
  readonly #functions: Functions
  #count = 0

  constructor(template: Template, functions: Functions) {
    this.#template = template
    this.#functions = functions
  }

  async ask({ method = 'GET', path, headers = {}, body, basePath = '' }: Asked): Promise<Told> {
    const [target = '', query = ''] = path.split('?')
    const { AuthorizationType } = this.#method(target)
    const event = {
      type: 'REQUEST',
      methodArn: `arn:aws:execute-api:eu-central-1:111122223333:a1b2c3/live/${method}${target}`,
      path: `${basePath}${target}`,
      httpMethod: method,
      multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [values].flat()])),
      multiValueQueryStringParameters: Object.fromEntries(
        [...new URLSearchParams(query)].map(([name, value]) => [name, [value]]),
      ),
    }
    let context: Told['context'] = {}
    if (AuthorizationType !== 'NONE') {
      const verdict = await this.#authorize(event)
      if (typeof verdict === 'string') return this.#gatewayResponse(verdict)
      context = verdict.context ?? {}
      if (!allows(verdict, event.methodArn)) return this.#gatewayResponse('ACCESS_DENIED')
    }
    const response = Object.assign(new PassThrough(), { setContentType() {} })
    const written = buffer(response)
    const bytes = body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body)
    const sent = bytes === undefined ? null : Buffer.from(bytes).toString('base64')
    await this.#functions.api({ ...event, body: sent, isBase64Encoded: true } as never, response as Writable as never)
    return { ...readAnswer(await written), by: 'server', context }
  }

  /** The resource with the most segments that fit; a literal one before `{path+}`. */
  #method(path: string): Resource['Properties'] {
    const resources = new Map(ofType(this.#template, 'AWS::ApiGateway::Resource'))
    const spell = (reference: unknown): string => {
      const found = resources.get((reference as { Ref?: string }).Ref ?? '')
      return found ? `${spell(found.ParentId)}/${found.PathPart}` : ''
    }
    const fitting = ofType(this.#template, 'AWS::ApiGateway::Method')
      .map(([, method]) => ({ method, place: spell(method.ResourceId) || '/' }))
      .filter(
        ({ place }) => place === path || (place.endsWith('/{path+}') && path.startsWith(place.slice(0, -7)) && path !== '/'),
      )
    const rank = (place: string) => [...place.matchAll(/\//g)].length * 2 - (place.endsWith('{path+}') ? 1 : 0)
    const [best] = fitting.toSorted((one, other) => rank(other.place) - rank(one.place))
    if (!best) throw new Error(`No method takes ${path}.`)
    return best.method
  }

  async #authorize(event: Event): Promise<Policy | string> {
    const [[, authorizer] = ['', {}]] = ofType(this.#template, 'AWS::ApiGateway::Authorizer')
    const { IdentitySource = '', AuthorizerResultTtlInSeconds: seconds } = authorizer
    const sources = String(IdentitySource).split(',').filter(Boolean)
    if (seconds !== 0 && sources.length === 0) throw new Error('Invalid request input.')
    const identity = sources.map((source) => headerOf(event, source.replace('method.request.header.', '')))
    if (identity.some((value) => !value)) return 'UNAUTHORIZED'
    try {
      return (await this.#functions.authorizer(event as never)) as Policy
    } catch (error) {
      return error instanceof Error && error.message === 'Unauthorized' ? 'UNAUTHORIZED' : 'AUTHORIZER_CONFIGURATION_ERROR'
    }
  }

  #gatewayResponse(type: string): Told {
    const status = { UNAUTHORIZED: 401, ACCESS_DENIED: 403 }[type] ?? 500
    const known = ofType(this.#template, 'AWS::ApiGateway::GatewayResponse').map(([, response]) => response)
    const own = known.find(({ ResponseType }) => ResponseType === type)
    const found = own ?? known.find(({ ResponseType }) => ResponseType === `DEFAULT_${status < 500 ? 4 : 5}XX`)
    const of = (body: string) => ({ body, bytes: Buffer.from(body), by: type, context: {} })
    if (!found) return { status, headers: {}, ...of('{"message":null}') }
    const values: Readonly<Record<string, string>> = { 'context.requestId': `gateway-${++this.#count}` }
    const { 'application/json': form = '' } = found.ResponseTemplates as Record<string, string>
    const headers = Object.entries(found.ResponseParameters as Record<string, string>).map(([name, value]) => [
      name.replace('gatewayresponse.header.', ''),
      value.startsWith("'") ? value.slice(1, -1) : (values[value] ?? ''),
    ])
    const body = form.replace(/\$(context(?:\.\w+)+)/g, (_, name: string) => values[name] ?? '')
    return { status: Number(found.StatusCode ?? status), headers: Object.fromEntries(headers), ...of(body) }
  }
}

interface Event {
  readonly methodArn: string
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>
}

interface Policy {
  readonly policyDocument: { readonly Statement: readonly { readonly Effect: string; readonly Resource: string }[] }
  readonly context?: Readonly<Record<string, string>>
}

function allows({ policyDocument: { Statement } }: Policy, arn: string): boolean {
  const fits = (pattern: string) => (pattern.endsWith('*') ? arn.startsWith(pattern.slice(0, -1)) : arn === pattern)
  const effects = Statement.filter(({ Resource }) => fits(Resource)).map(({ Effect }) => Effect)
  return effects.includes('Allow') && !effects.includes('Deny')
}

function headerOf({ multiValueHeaders }: Event, name: string): string | undefined {
  return Object.entries(multiValueHeaders)
    .find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
    .at(-1)
}

/** Status and headers as JSON, eight zero bytes, the body. */
function readAnswer(all: Buffer): Pick<Told, 'status' | 'headers' | 'body' | 'bytes'> {
  const end = all.indexOf(Buffer.alloc(8))
  const { statusCode, headers } = JSON.parse(all.subarray(0, end).toString()) as {
    readonly statusCode: number
    readonly headers: Readonly<Record<string, string>>
  }
  const bytes = all.subarray(end + 8)
  return { status: statusCode, headers, body: bytes.toString(), bytes }
}
