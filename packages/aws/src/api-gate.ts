import {
  Authenticator,
  LocalIssuer,
  type Operator,
  type Outbound,
  readTrustedIssuers,
  TenantRegistry,
  VirtualKeys,
} from '@plinth/core'

/** What API Gateway asks an authorizer, of either kind. */
export interface AuthorizerEvent {
  readonly methodArn: string
  readonly authorizationToken?: string
  readonly headers?: Readonly<Record<string, string | undefined>> | null
}

export function authorizationOf({ authorizationToken, headers }: AuthorizerEvent): string | undefined {
  return authorizationToken ?? headers?.Authorization ?? headers?.authorization
}

/** @param options.issuers a JSON list of trusted issuers; what they keep behind URLs is fetched by `outbound`. */
export async function openGate(
  operator: Operator,
  options: { readonly issuers?: string | undefined; readonly outbound?: Outbound } = {},
): Promise<Authenticator> {
  const { issuers, outbound } = options
  return new Authenticator({
    registry: new TenantRegistry(operator),
    issuer: await LocalIssuer.open(operator),
    clock: operator.clock,
    virtualKeys: new VirtualKeys(operator),
    trusted: issuers ? readTrustedIssuers(issuers) : [],
    outbound,
  })
}

/** Lets a tenant into the whole API. The context goes into the access log, as `$context.authorizer.tenant_id`. */
export function admission(tenant: string, { methodArn }: AuthorizerEvent): object {
  const [api = '', stage = ''] = methodArn.split('/')
  const statement = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${api}/${stage}/*` }
  const policyDocument = { Version: '2012-10-17', Statement: [statement] }
  return { principalId: tenant, policyDocument, context: { tenant_id: tenant } }
}
