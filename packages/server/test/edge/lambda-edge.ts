import { allPermissions, LocalIssuer, TenantRegistry } from '@plinth/core'
import type { Answer, Call } from '../../../../test/e2e/support/api.ts'
import { apiOfFunctions } from '../../../../test/e2e/support/aws.ts'
import type { Edge } from './edge.ts'

/** lambda.ts and its authorizer in this process, behind a double of API Gateway. They are opened once: a test file has one. */
export async function openLambda(variables: Readonly<Record<string, string>>): Promise<Edge> {
  const { api, operator } = await apiOfFunctions(variables)
  // Who is asked first makes the tenant demo.
  await api.ask({ path: '/readyz' })
  const issuer = await LocalIssuer.open(operator)
  return {
    registry: new TenantRegistry(operator),
    token: ({ tenant = 'demo', user = 'ann', permissions = allPermissions, lifetime = 3_600 } = {}) =>
      issuer.sign({ tenant, user, permissions, lifetime }),
    ask: async <Body>(path: string, { token, body, headers = {}, ...options }: Call = {}): Promise<Answer<Body>> => {
      const method = options.method ?? (body === undefined ? 'GET' : 'POST')
      const sent = {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      }
      const bytes = typeof body === 'string' ? Buffer.from(body) : body
      const told = await api.ask({ method, path, headers: sent, ...(bytes && { body: bytes }) })
      const isJson = /json$/.test(told.headers['content-type'] ?? '') && told.body !== ''
      const parsed = (isJson ? JSON.parse(told.body) : {}) as Body
      return { status: told.status, headers: new Headers(told.headers), text: told.body, body: parsed }
    },
  }
}
