import assert from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Authenticator,
  acceptDocuments,
  answerQuestion,
  LocalIssuer,
  patterns,
  Relay,
  retrievePassages,
  silentLog,
  TenantRegistry,
  WorkerHost,
} from '@plinth/core'
import { createDocumentReader } from '@plinth/documents'
import { localPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'

const directory = mkdtempSync(join(tmpdir(), 'plinth-'))
const reader = createDocumentReader({ clock: systemClock })
const platform = await localPlatform({ directory, reader, models: createModels({ clock: systemClock }) })
const operator = platform.operate()

const registry = new TenantRegistry(operator)
await registry.ensure('demo', 'Demo')
const issuer = await LocalIssuer.open(operator)
const token = await issuer.sign({ tenant: 'demo', user: 'ada', permissions: ['*'], lifetime: 60 })
const caller = await new Authenticator({ registry, issuer, clock: systemClock }).authenticate(`Bearer ${token}`, 'sample')
const scope = platform.scope(caller)

const processed = new Promise<void>((resolve) => {
  platform.bus.subscribe((event) => {
    if (event.type === 'genai.document.processed') resolve()
  })
})
const relay = new Relay({ operator, log: silentLog })
const host = new WorkerHost({ platform, patterns, log: silentLog })

await acceptDocuments(scope, [
  { source: 'pumps.md', content: '# Pumps\n\nThe pump PX-4711 is serviced every 400 hours. Its seal is made of rubber.' },
])
await processed

const { signal } = new AbortController()
const query = { query: 'How often is the pump PX-4711 serviced?', top_k: 5 }
const { passages } = await retrievePassages(scope, query, signal)
assert.equal(passages[0]?.source, 'pumps.md')

const answer = await answerQuestion(scope, query, signal)
const [citation] = answer.citations
assert.deepEqual(answer.sources, ['pumps.md'])
console.log(answer.response, answer.confidence, citation?.source, citation?.start, citation?.end)

await host.drain()
await relay.stop()
await platform.close()
await reader.close()
rmSync(directory, { recursive: true })
