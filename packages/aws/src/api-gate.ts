import { Authenticator, LocalIssuer, type Operator, TenantRegistry } from '@plinth/core'

/** What API Gateway asks an authorizer, of either kind. */
export interface AuthorizerEvent {
  readonly methodArn: string
  readonly authorizationToken?: string
  readonly headers?: Readonly<Record<string, string | undefined>> | null
}

export function authorizationOf({ authorizationToken, headers }: AuthorizerEvent): string | undefined {
  return authorizationToken ?? headers?.Authorization ?? headers?.authorization
}

export async function openGate(operator: Operator): Promise<Authenticator> {
  const [registry, issuer] = [new TenantRegistry(operator), await LocalIssuer.open(operator)]
  return new Authenticator({ registry, issuer, clock: operator.clock })
}

/** Lets a tenant into the whole API. The context goes into the access log, as `$context.authorizer.tenant_id`. */
export function admission(tenant: string, { methodArn }: AuthorizerEvent): object {
  const [api = '', stage = ''] = methodArn.split('/')
  const statement = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${api}/${stage}/*` }
  const policyDocument = { Version: '2012-10-17', Statement: [statement] }
  return { principalId: tenant, policyDocument, context: { tenant_id: tenant } }
}
