import { expect, it } from 'vitest'
import type { ShownStep, ShownWorkflow } from '../src/workflows/answers.ts'
import { workflowWords } from '../src/workflows/workflow-words.ts'

const usage = { input_tokens: 0, output_tokens: 0, usd: 0, latency_ms: 0 }
const prompt = `Tidy up. ${'All of it. '.repeat(20)}Then delete the list.`
const step = (more: Partial<ShownStep>): ShownStep => ({
  ...{ step_id: 'a', agent_type: 'worker', status: 'awaiting_approval', attempts: 1, started_at: null, ended_at: null, usage },
  ...more,
})
const waiting: ShownWorkflow = {
  ...{ workflow_id: 'w', status: 'awaiting_approval', created_at: '', usage, request: 'Tidy.', synthesis: null, result: null },
  plan: { source: 'planner', revision: 1, steps: [{ id: 'a', agent_type: 'worker', prompt, dependencies: [] }] },
  steps: { a: step({}) },
  waits_for: 'steps',
}

it('a call that waits is shown with its tool and its arguments, which steer no terminal', () => {
  const pending_calls = [{ call_id: 'c', tool: 'files.delete', input: { path: '/srv/list\u202e.txt' } }]
  const words = workflowWords({ ...waiting, steps: { a: step({ pending_calls }) } })
  expect(words).toContain('    files.delete {"path":"/srv/list?.txt"}')
})

it('a step that waits is shown with what it is to do', () => {
  expect(workflowWords(waiting)).toContain(`    ${prompt}`)
})

it('a plan that waits is shown with the agent and the prompt of each step', () => {
  const words = workflowWords({ ...waiting, waits_for: 'plan', steps: { a: step({ status: 'pending', attempts: 0 }) } })
  expect(words).toContain(`  a (worker): ${prompt}`)
})
