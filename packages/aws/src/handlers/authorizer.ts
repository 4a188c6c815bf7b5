import { Authenticator, LocalIssuer, TenantRegistry } from '@plinth/core'
import { functionLog } from './function-log.ts'
import { functionPlatform } from './function-platform.ts'

/** What API Gateway asks an authorizer, of either kind. */
interface AuthorizerEvent {
  readonly methodArn: string
  readonly authorizationToken?: string
  readonly headers?: Readonly<Record<string, string | undefined>> | null
}

let gate: Promise<Authenticator> | undefined

/**
 * The coarse gate: nobody without a good token gets to the API's function. Its answer is kept for minutes by API Gateway, so it
 * allows the whole API; permissions, and a tenant that was just suspended, are the server's to decide.
 */
export async function handler(event: AuthorizerEvent): Promise<object> {
  const header = event.authorizationToken ?? event.headers?.Authorization ?? event.headers?.authorization
  gate ??= openGate()
  gate.catch(() => {
    gate = undefined
  })
  const authenticator = await gate
  try {
    const { tenant } = await authenticator.authenticate(header, 'authorizer')
    return { principalId: tenant, policyDocument: allow(event.methodArn) }
  } catch (error) {
    functionLog.info({ error }, 'A token was refused.')
    // By this word API Gateway answers 401.
    throw new Error('Unauthorized')
  }
}

async function openGate(): Promise<Authenticator> {
  const operator = (await functionPlatform()).operate()
  return new Authenticator({
    registry: new TenantRegistry(operator),
    issuer: await LocalIssuer.open(operator),
    clock: operator.clock,
  })
}

function allow(methodArn: string): object {
  const [api = '', stage = ''] = methodArn.split('/')
  return { Version: '2012-10-17', Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${api}/${stage}/*` }] }
}
