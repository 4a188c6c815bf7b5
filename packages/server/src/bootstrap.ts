import {
  Authenticator,
  LocalIssuer,
  type Outbound,
  type Platform,
  TenantRegistry,
  type TrustedIssuer,
  VirtualKeys,
} from '@plinth/core'

/** The tenant of a fresh data folder. */
export const firstTenant = 'demo'

export interface Identity {
  readonly registry: TenantRegistry
  readonly issuer: LocalIssuer
  readonly authenticator: Authenticator
}

/**
 * Brings a platform to its fresh state when it is new: the issuer's key and the first tenant.
 * @param options.trusted whose tokens are taken besides the local issuer's.
 */
export async function bootstrap(
  platform: Platform,
  options: { readonly trusted?: readonly TrustedIssuer[]; readonly outbound?: Outbound } = {},
): Promise<Identity> {
  const operator = platform.operate()
  const registry = new TenantRegistry(operator)
  await registry.ensure(firstTenant, 'Demo')
  const issuer = await LocalIssuer.open(operator)
  const { clock } = operator
  const virtualKeys = new VirtualKeys(operator)
  return { registry, issuer, authenticator: new Authenticator({ registry, issuer, clock, virtualKeys, ...options }) }
}
