import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway'

export interface Refusal {
  readonly id: string
  readonly type: ResponseType
  readonly status: number
  readonly title: string
  readonly code: string
  readonly detail: string
  readonly headers?: Readonly<Record<string, string>>
}

const soon = { 'retry-after': "'1'" }

/** What API Gateway answers in the server's place. */
export const refusals: readonly Refusal[] = [
  {
    id: 'Unauthorized',
    type: ResponseType.UNAUTHORIZED,
    status: 401,
    title: 'Unauthorized',
    code: 'token_invalid',
    detail: 'Send a valid bearer token.',
    headers: { 'www-authenticate': "'Bearer'" },
  },
  {
    id: 'Filtered',
    type: ResponseType.WAF_FILTERED,
    status: 403,
    title: 'Forbidden',
    code: 'request_blocked',
    detail: 'The path, the query, a header or the address is one that the web ACL refuses.',
  },
  {
    id: 'TooLarge',
    type: ResponseType.REQUEST_TOO_LARGE,
    status: 413,
    title: 'Content Too Large',
    code: 'too_large',
    detail: 'The body is larger than 10 MB; larger files come by upload.',
  },
  {
    id: 'Throttled',
    type: ResponseType.THROTTLED,
    status: 429,
    title: 'Too Many Requests',
    code: 'too_many_requests',
    detail: 'More requests than are let through at a time.',
    headers: soon,
  },
  {
    // The function goes on, and may have a model paid for: whoever tries again pays twice.
    id: 'TooSlow',
    type: ResponseType.INTEGRATION_TIMEOUT,
    status: 504,
    title: 'Gateway Timeout',
    code: 'timeout',
    detail: 'The answer took too long to begin.',
    headers: { 'x-should-retry': "'false'" },
  },
  {
    id: 'Unavailable',
    type: ResponseType.DEFAULT_5XX,
    status: 503,
    title: 'Service Unavailable',
    code: 'unavailable',
    detail: 'The service does not answer now.',
    headers: soon,
  },
]

/** Gives them the form of the server's own: problem details, with the id of the request. */
export function addGatewayResponses(api: RestApi): void {
  for (const { id, type, status, title, code, detail, headers } of refusals) {
    const body = { type: `urn:plinth:problem:${code}`, title, status, detail, code, request_id: '$context.requestId' }
    api.addGatewayResponse(id, {
      type,
      statusCode: String(status),
      responseHeaders: {
        'content-type': "'application/problem+json'",
        'cache-control': "'no-store'",
        'x-request-id': 'context.requestId',
        ...headers,
      },
      templates: { 'application/json': JSON.stringify(body) },
    })
  }
}
