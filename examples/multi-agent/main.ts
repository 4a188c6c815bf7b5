import assert from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  Authenticator,
  acceptDocuments,
  createWorkflow,
  getWorkflow,
  LocalIssuer,
  patterns,
  putAgent,
  Relay,
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

const told = (type: string) =>
  new Promise<void>((resolve) => platform.bus.subscribe((event) => void (event.type === type && resolve())))
const processed = told('genai.document.processed')
const finished = told('genai.workflow.finished')
const relay = new Relay({ operator, log: silentLog })
const host = new WorkerHost({ platform, patterns, log: silentLog })

await acceptDocuments(scope, [{ source: 'pumps.md', content: 'The pump PX-4711 is serviced every 400 hours.' }])
await processed

const agent = await putAgent(scope, { type: 'mechanic', tools: ['search_knowledge'], capabilities: ['know machines'] })
assert.equal(agent.system_prompt, 'You are a helpful AI agent.')
const { workflow_id } = await createWorkflow(scope, {
  request: 'When is the pump PX-4711 serviced? Report it.',
  plan: {
    steps: [
      { id: 'look', agent_type: 'mechanic', prompt: 'How often is the pump PX-4711 serviced?' },
      { id: 'write', agent_type: 'report', prompt: 'Report it.', dependencies: ['look'] },
    ],
  },
})
await finished

const { state } = await getWorkflow(scope, workflow_id)
assert.equal(state.status, 'completed')
assert.match(state.steps.get('look')?.result?.text ?? '', /400 hours/)
console.log(state.ending)

await host.drain()
await relay.stop()
await platform.close()
await reader.close()
rmSync(directory, { recursive: true })
