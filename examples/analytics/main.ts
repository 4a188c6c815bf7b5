import assert from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Authenticator,
  Dispatcher,
  LocalIssuer,
  patterns,
  processStreamingData,
  Relay,
  StreamDeliveries,
  silentLog,
  TenantRegistry,
  WorkerHost,
} from '@plinth/core'
import { localPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'

const directory = mkdtempSync(join(tmpdir(), 'plinth-'))
const platform = await localPlatform({ directory, models: createModels({ clock: systemClock }) })
const operator = platform.operate()

const registry = new TenantRegistry(operator)
await registry.ensure('demo', 'Demo')
const issuer = await LocalIssuer.open(operator)
const token = await issuer.sign({ tenant: 'demo', user: 'ada', permissions: ['*'], lifetime: 60 })
const caller = await new Authenticator({ registry, issuer, clock: systemClock }).authenticate(`Bearer ${token}`, 'sample')

const parts = { platform, patterns, log: silentLog }
const relay = new Relay({ operator, log: silentLog, dispatcher: new Dispatcher({ operator, ...parts }) })
const host = new WorkerHost(parts)
const deliveries = new StreamDeliveries(parts)

const begin = systemClock.now() - 3_600_000
const records = Array.from({ length: 300 }, (_, second) => ({
  key: 'boiler-1',
  timestamp: begin + second * 1_000,
  data: { temperature: second === 250 ? 180 : 60 + Math.sin(second / 10) },
}))
const { accepted, insights } = await processStreamingData(platform.scope(caller), records, { stream: 'boilers' })
assert.equal(accepted, 300)
const [insight] = insights
assert.equal(insight?.data_point.temperature, 180)
console.log(insight?.analysis, insight?.evidence.finding.reason)

await Promise.all([host.drain(), deliveries.drain()])
await relay.stop()
await platform.close()
rmSync(directory, { recursive: true })
