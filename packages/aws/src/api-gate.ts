import {
  Authenticator,
  credentialsOf,
  ForbiddenError,
  LocalIssuer,
  type Operator,
  type Outbound,
  TenantRegistry,
  type TrustedIssuer,
  UnauthorizedError,
  VirtualKeys,
} from '@plinth/core'

/** What API Gateway's REST API hands to an authorizer of the kind REQUEST, as far as it is looked at. */
export interface AuthorizerEvent {
  readonly methodArn: string
  /** Decoded nowhere, without the stage. */
  readonly path: string
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>> | null
}

/** What an authorizer answers: a policy that API Gateway evaluates, and what the access log is told. */
export interface Admission {
  readonly principalId: string
  readonly policyDocument: { readonly Version: string; readonly Statement: readonly object[] }
  /** `$context.authorizer` of the access log. */
  readonly context: Readonly<Record<string, string>>
}

/** @param options.trusted issuers beside the local one; what they keep behind URLs is fetched by `outbound`. */
export async function openGate(
  operator: Operator,
  options: { readonly trusted?: readonly TrustedIssuer[]; readonly outbound?: Outbound } = {},
): Promise<Authenticator> {
  const { trusted = [], outbound } = options
  return new Authenticator({
    registry: new TenantRegistry(operator),
    issuer: await LocalIssuer.open(operator),
    clock: operator.clock,
    virtualKeys: new VirtualKeys(operator),
    trusted,
    outbound,
  })
}

/**
 * Lets a request on to the server when its token is genuine, whatever became of the token or its tenant since: an authorizer can
 * only answer with one fixed 401, one 403 or a 5xx, and the server says which it is.
 * @throws UnauthorizedError without a token, or with one that nobody issued; whatever keeps it from being checked.
 */
export async function admit(event: AuthorizerEvent, authenticator: Authenticator): Promise<Admission> {
  const path = normalised(event)
  const authorization = credentialsOf(path, (name) => headerOf(event, name))
  // A session is the server's own to read; it refuses one that isn't good before it looks at anything else.
  if (authorization === undefined && /^\/api(?:\/|$)/.test(path) && headerOf(event, 'cookie') !== undefined)
    return admission(event)
  try {
    const { tenant } = await authenticator.authenticate(authorization, 'authorizer')
    return admission(event, tenant)
  } catch (error) {
    if (isOfGenuineToken(error)) return admission(event)
    throw error
  }
}

/** Refusals of tokens whose signature holds. A code that isn't named here is refused at the gate. */
const afterSignature: ReadonlySet<string> = new Set(['token_expired', 'token_revoked', 'tenant_unknown'])

function isOfGenuineToken(error: unknown): boolean {
  return error instanceof ForbiddenError || (error instanceof UnauthorizedError && afterSignature.has(error.code))
}

/** As the server sees it: with steps such as `..` taken, and nothing decoded. */
function normalised({ path }: AuthorizerEvent): string {
  return URL.parse(`http://x${path}`)?.pathname ?? ''
}

/** One that came twice is joined, as the server does it, so that it is no token any more. */
function headerOf({ multiValueHeaders }: AuthorizerEvent, name: string): string | undefined {
  const found = Object.entries(multiValueHeaders ?? {}).filter(([key]) => key.toLowerCase() === name)
  return found.length === 0 ? undefined : found.flatMap(([, values]) => values).join(', ')
}

/** For the whole stage: a path in a policy would be read as a pattern, and some hold `*` or `$`. It counts for this request alone. */
function admission({ methodArn }: AuthorizerEvent, tenant?: string): Admission {
  const [api = '', stage = ''] = methodArn.split('/')
  const statement = { Action: 'execute-api:Invoke', Effect: 'Allow', Resource: `${api}/${stage}/*` }
  return {
    principalId: tenant ?? 'unknown',
    policyDocument: { Version: '2012-10-17', Statement: [statement] },
    context: tenant === undefined ? {} : { tenant_id: tenant },
  }
}
