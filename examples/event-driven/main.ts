import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Authenticator,
  getRequest,
  LocalIssuer,
  patterns,
  processGenaiRequest,
  Relay,
  silentLog,
  TenantRegistry,
  WorkerHost,
} from '@plinth/core'
import { localPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'

const directory = mkdtempSync(join(tmpdir(), 'plinth-'))
const platform = await localPlatform({ directory, models: createModels({ clock: systemClock }) })
const operator = platform.operate()

// A tenant, a token, a caller: the only way to a scope.
const registry = new TenantRegistry(operator)
await registry.ensure('demo', 'Demo')
const issuer = await LocalIssuer.open(operator)
const token = await issuer.sign({ tenant: 'demo', user: 'ada', permissions: ['requests:write'], lifetime: 60 })
const caller = await new Authenticator({ registry, issuer, clock: systemClock }).authenticate(`Bearer ${token}`, 'sample')
const scope = platform.scope(caller)

const ended = new Promise<string>((resolve) => {
  platform.bus.subscribe((event) => {
    console.log(event.sequence, event.type, event.subject)
    if (event.type === 'genai.request.completed') resolve(event.subject)
  })
})
const relay = new Relay({ operator, log: silentLog })
const host = new WorkerHost({ platform, patterns, log: silentLog })

const accepted = await processGenaiRequest(scope, { prompt: 'What drains a queue? Workers drain it at their own pace.' })
console.log(accepted.status, accepted.estimated_completion)

const request = await getRequest(scope, await ended)
console.log(request.fields.status, request.fields.usage?.input_tokens, await request.open('result'))

await host.drain()
await relay.stop()
await platform.close()
rmSync(directory, { recursive: true })
