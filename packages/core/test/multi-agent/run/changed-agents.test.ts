import { afterEach, describe, expect, it } from 'vitest'
import { deleteAgent, putAgent } from '../../../src/multi-agent/agents/registry.ts'
import { createWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import { getWorkflow } from '../../../src/multi-agent/manage-workflow.ts'
import { showWorkflow } from '../../../src/multi-agent/show-workflow.ts'
import type { EventBench } from '../../event-driven/bench.ts'
import { MortalProcess } from '../../support/mortal-process.ts'
import { step } from '../support.ts'
import { openBench, SlowModel } from './workflow-bench.ts'

const second = 1_000

let bench: EventBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

describe('agents that change between a crash and what comes after it', () => {
  it('keep their definitions in the run, which says that they differ by now [R49, R67]', async () => {
    const opened = await openBench(new SlowModel((what) => `Found by ${what}.`, 5 * second), { worker: false })
    bench = opened
    const scope = await opened.scope()
    await putAgent(scope, { type: 'scout', system_prompt: 'You scout, as the first version says.' })
    await putAgent(scope, { type: 'clerk', system_prompt: 'You file, as the first version says.' })
    await putAgent(scope, { type: 'same', system_prompt: 'You stay.' })
    const plan = {
      steps: [
        step('a', [], { agent_type: 'scout' }),
        step('b', ['a'], { agent_type: 'scout' }),
        step('c', ['b'], { agent_type: 'clerk' }),
        step('d', ['c'], { agent_type: 'same' }),
      ],
    }
    const { workflow_id: id } = await createWorkflow(scope, { request: 'Report.', plan })
    const mortal = new MortalProcess(opened, { worker: true, death: { at: 12, when: 'after' } })
    await opened.pass(12 * second)
    expect(mortal.isDead).toBe(true)
    await mortal.stop()
    const before = opened.models.calls.length
    await putAgent(scope, { type: 'scout', system_prompt: 'You scout, as the second version says.' })
    await putAgent(scope, { type: 'same', system_prompt: 'You stay.' })
    await putAgent(scope, { type: 'newcomer' })
    await deleteAgent(scope, 'clerk')

    const next = new MortalProcess(opened, { worker: true })
    await opened.pass(120 * second)
    await next.stop()
    const run = await getWorkflow(scope, id)
    expect(run.state.status).toBe('completed')
    const prompts = opened.models.calls.slice(before).map(({ options }) => JSON.stringify(options.prompt[0]))
    expect(prompts.length).toBeGreaterThan(2)
    expect(prompts.filter((text) => text.includes('second version'))).toEqual([])
    expect(prompts.filter((text) => text.includes('You file, as the first version says.'))).toHaveLength(1)
    expect(await showWorkflow('alpha', run)).toMatchObject({ agents_changed: ['clerk', 'scout'] })
  })

  it('are asked by the model that was the tenant’s when the run began', async () => {
    const opened = await openBench(new SlowModel((what) => `Found by ${what}.`, 5 * second))
    bench = opened
    await opened.registry.change('alpha', (now) => ({ ...now, ...{ model_config: { model_id: 'test/small', max_tokens: 10 } } }))
    const { workflow_id: id } = await createWorkflow(await opened.scope(), {
      request: 'Report.',
      plan: { steps: [step('a'), step('b', ['a'], { agent_type: 'report' })] },
    })
    await opened.pass(2 * second)
    await opened.registry.change('alpha', (now) => ({ ...now, ...{ model_config: { model_id: 'test/stream', max_tokens: 10 } } }))
    await opened.pass(30 * second)
    const run = await getWorkflow(await opened.scope(), id)
    expect(run.state.status).toBe('completed')
    const agents = JSON.parse((await run.record.open('agents')) ?? '[]') as readonly { readonly model_id?: string }[]
    expect(new Set(agents.map((agent) => agent.model_id))).toEqual(new Set(['test/small']))
    expect(await showWorkflow('alpha', run)).not.toHaveProperty('agents_changed')
  })
})
