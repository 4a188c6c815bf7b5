import { patterns, silentLog, TenantRegistry, VirtualKeys } from '@plinth/core'
import { memoryPlatform, scriptedModels } from '@plinth/core/testing'
import { expect, it } from 'vitest'
import { createApp } from '../../src/app.ts'
import { bootstrap } from '../../src/bootstrap.ts'
import { startTelemetry } from '../../src/telemetry/telemetry.ts'

/** A stream that is read with a virtual key, on a clock that stands still. */
async function openStream() {
  const { platform, clock } = memoryPlatform({ models: scriptedModels(() => 'An answer.') })
  const identity = await bootstrap(platform)
  const stopping = new AbortController()
  const parts = { platform, patterns, telemetry: startTelemetry(), log: silentLog, ready: () => true }
  const app = createApp({ ...identity, ...parts, stopping: stopping.signal })
  const operator = platform.operate()
  const [registry, keys] = [new TenantRegistry(operator), new VirtualKeys(operator)]
  const token = await identity.issuer.sign({ tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 3_600 })
  const admin = await identity.authenticator.authenticate(`Bearer ${token}`, 'correlation')
  const { key, fields } = await keys.create(admin, 'demo', { permissions: ['requests:read'] })
  const request = new Request('http://plinth/api/events/stream', { headers: { authorization: `Bearer ${key}` } })
  const answer = await app.fetch(request)
  expect(answer.status).toBe(200)
  let ended = false
  const reading = answer.text().then(() => {
    ended = true
  })
  const pass = async (seconds: number): Promise<boolean> => {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1_000)
      // What hashes a key isn't on the clock.
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    }
    return ended
  }
  const stop = async (): Promise<void> => {
    stopping.abort()
    await clock.advance(1_000)
    await reading
  }
  return { registry, keys, keyId: fields.key_id, pass, stop }
}

it('a stream goes on while its reader may read', async () => {
  const { pass, stop } = await openStream()
  expect(await pass(60)).toBe(false)
  await stop()
})

it('a key that is revoked ends its streams within five seconds', async () => {
  const { keys, keyId, pass } = await openStream()
  await pass(12)
  await keys.revoke('demo', keyId)
  expect(await pass(6)).toBe(true)
})

it('a tenant that is suspended has its streams ended within five seconds [R95]', async () => {
  const { registry, pass } = await openStream()
  await registry.setStatus('demo', 'suspended')
  expect(await pass(6)).toBe(true)
})
