import assert from 'node:assert'
import { acceptDocuments, createWorkflow, getWorkflow, putAgent } from '@plinth/core'
import { openDemo } from '../open-demo.ts'

const { scope, told, close } = await openDemo()
const [processed, finished] = [told('genai.document.processed'), told('genai.workflow.finished')]
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

await close()
