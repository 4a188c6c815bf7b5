/** The embedded platform on a folder, and a scope of its tenant, as a request gets it. @module */
import { Authenticator, LocalIssuer, TenantRegistry, uuid } from '@plinth/core'
import { localPlatform, systemClock } from '@plinth/local'

const tokenSeconds = 24 * 3_600

export async function openScope({ directory, models }) {
  const platform = await localPlatform({ directory, models })
  const operator = platform.operate()
  const registry = new TenantRegistry(operator)
  await registry.ensure('demo', 'Demo')
  const issuer = await LocalIssuer.open(operator)
  const authenticator = new Authenticator({ registry, issuer, clock: systemClock })
  const token = await issuer.sign({ tenant: 'demo', user: 'bench', permissions: ['*'], lifetime: tokenSeconds })
  const caller = await authenticator.authenticate(`Bearer ${token}`, uuid(systemClock))
  return { platform, operator, scope: platform.scope(caller) }
}
