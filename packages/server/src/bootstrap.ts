import { Authenticator, LocalIssuer, type Platform, TenantRegistry } from '@plinth/core'

/** The tenant of a fresh data folder. */
export const firstTenant = 'demo'

export interface Identity {
  readonly registry: TenantRegistry
  readonly issuer: LocalIssuer
  readonly authenticator: Authenticator
}

/** Brings a platform to its fresh state when it is new: the issuer's key and the first tenant. */
export async function bootstrap(platform: Platform): Promise<Identity> {
  const operator = platform.operate()
  const registry = new TenantRegistry(operator)
  await registry.ensure(firstTenant, 'Demo')
  const issuer = await LocalIssuer.open(operator)
  return { registry, issuer, authenticator: new Authenticator({ registry, issuer, clock: operator.clock }) }
}
