import assert from 'node:assert'
import { Authenticator, administer, LocalIssuer, processGenaiRequest, TenantRegistry, VirtualKeys } from '@plinth/core'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'

const { platform, clock } = memoryPlatform({ models: scriptedModels(() => 'A queue is a line.') })
const operator = platform.operate()
const registry = new TenantRegistry(operator)
await registry.create('acme', 'Acme')
await registry.change('acme', (settings) => ({ ...settings, limits: { requests_per_minute: 1 } }))

const issuer = await LocalIssuer.open(operator)
const virtualKeys = new VirtualKeys(operator)
const authenticator = new Authenticator({ registry, issuer, clock, virtualKeys })
const token = await issuer.sign({ tenant: 'acme', user: 'ann', permissions: ['*'], lifetime: 60 })
const admin = await authenticator.authenticate(`Bearer ${token}`, 'correlation-1')

const { keys } = administer({
  caller: admin,
  operator,
  models: platform.models,
  sign: (claims) => issuer.signStatement(claims),
  operatorOf: () => operator,
})
const { key } = await keys.create(admin, 'acme', { permissions: ['requests:write'] })
const caller = await authenticator.authenticate(`Bearer ${key}`, 'correlation-2')
assert.deepEqual([...caller.permissions], ['requests:write'])

const { request_id } = await processGenaiRequest(platform.scope(caller), { prompt: 'What is a queue?' })
await assert.rejects(processGenaiRequest(platform.scope(caller), { prompt: 'And a stack?' }), { code: 'rate_limited' })
console.log(`${request_id} was accepted by a key of acme's; the next is one too many for a minute`)
