import type { Operator } from '@plinth/core'
import { type Functions, RestApi } from '../../../packages/cdk/test/support/rest-api.ts'
import { plinthStack, templateOf } from '../../../packages/cdk/test/support/synthesised.ts'
import { call } from './api.ts'
import { until } from './until.ts'

/** Our template's functions, in this process, behind a double of API Gateway. They are opened once: a test file has one. */
export async function apiOfFunctions(
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly api: RestApi; readonly operator: Operator }> {
  Object.assign(process.env, variables)
  // Lambda's runtime has it.
  Object.assign(globalThis, { awslambda: { streamifyResponse: (handle: unknown) => handle } })
  const { handler: authorizer } = await import('../../../packages/aws/src/handlers/authorizer.ts')
  const { functionPlatform } = await import('../../../packages/aws/src/handlers/function-platform.ts')
  const { handler } = await import('../../../packages/server/src/lambda.ts')
  const api = new RestApi(templateOf(plinthStack()), { authorizer, api: handler as Functions['api'] })
  return { api, operator: (await functionPlatform()).operate() }
}

/** What a look through a tenant's trail says once all of it is sealed. */
export function sealed(server: { readonly url: string }, admin: string, tenant: string): Promise<object> {
  return until(
    'everything is sealed',
    async () => {
      const path = `/api/tenants/${tenant}/audit/verify`
      const { body } = await call<{ entries: number; pending: number }>(server.url, path, { token: admin })
      return body.pending === 0 && body.entries > 0 && body
    },
    { within: 30_000, every: 500 },
  )
}
