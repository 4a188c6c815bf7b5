import { Authenticator, LocalIssuer, type Platform, type Scope, TenantRegistry } from '@plinth/core'
import { systemClock } from '@plinth/outbound'

/** What the tenant demo may do, by somebody who may do everything; the tenant is made where it isn't there. */
export async function scopeOf(platform: Platform): Promise<Scope> {
  const operator = platform.operate()
  const registry = new TenantRegistry(operator)
  await registry.ensure('demo', 'Demo')
  const issuer = await LocalIssuer.open(operator)
  const token = await issuer.sign({ tenant: 'demo', user: 'ada', permissions: ['*'], lifetime: 3_600 })
  const caller = await new Authenticator({ registry, issuer, clock: systemClock }).authenticate(`Bearer ${token}`, 'test')
  return platform.scope(caller)
}
