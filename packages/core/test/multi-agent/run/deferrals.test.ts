import { afterEach, describe, expect, it } from 'vitest'
import { createWorkflow, type NewWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import { cancelWorkflow, getWorkflow } from '../../../src/multi-agent/manage-workflow.ts'
import type { RunState } from '../../../src/multi-agent/run/run-state.ts'
import type { EventBench } from '../../event-driven/bench.ts'
import { AgentBench, calling, MemoryTools, toldBy } from '../steps/agent-bench.ts'
import { step } from '../support.ts'
import { openBench, SlowModel } from './workflow-bench.ts'

const second = 1_000

let bench: EventBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

async function start(
  model: SlowModel,
  workflow: NewWorkflow,
): Promise<{ bench: EventBench; id: string; state(): Promise<RunState> }> {
  const opened = await openBench(model)
  bench = opened
  const { workflow_id: id } = await createWorkflow(await opened.scope(), workflow)
  return { bench: opened, id, state: async () => (await getWorkflow(await opened.scope(), id)).state }
}

const chain = { steps: ['a', 'b', 'c', 'd', 'e', 'f'].map((id, at, ids) => step(id, at === 0 ? [] : [ids[at - 1] ?? ''])) }
const slow = (): SlowModel => new SlowModel((what) => `Found by ${what}.`, 4 * second)

describe('a tenant that is suspended while its run is under way', () => {
  it('starts no more steps, a second later or so; what ran ends, and all goes on when the tenant is active again', async () => {
    const model = slow()
    const { bench, state } = await start(model, { request: 'Report.', plan: chain })
    await bench.pass(6 * second, 250)
    expect(model.asked).toEqual(['a', 'b'])
    await bench.registry.setStatus('alpha', 'suspended')
    await bench.pass(600 * second)
    expect(model.asked).toEqual(['a', 'b'])
    const held = await getWorkflow(bench.memory.platform.scope(await activeCaller(bench)), await idOf(bench))
    expect([...held.state.steps.values()].map(({ status }) => status)).toEqual([
      ...['completed', 'completed', 'pending', 'pending', 'pending', 'pending', 'pending'],
    ])
    await bench.pass(120 * second)
    const ended = await state()
    expect(ended.status).toBe('completed')
    expect([...ended.steps.values()].every(({ attempts }) => attempts === 1)).toBe(true)
    expect(model.asked).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'synthesis'])
  })

  it('asks no model again in a step either, which loses no try and asks for nothing twice', async () => {
    const tools = new MemoryTools({ 'files.read': { changes: false } })
    const agents = await AgentBench.open(
      async (call) => {
        await new Promise<void>((resolve) => agents.plinth.memory.clock.setTimer(3 * second, resolve))
        if (!call.options.tools?.length) return 'All.'
        return toldBy(call).length < 3 ? calling(['files__read', { what: 'more' }]) : 'Read.'
      },
      { tools, agent: { tools: ['files.*'] } },
    )
    bench = agents.plinth
    const plan = { steps: [step('read', [], { agent_type: 'worker', prompt: 'Read.', retry: { attempts: 1, wait_seconds: 0 } })] }
    const id = await agents.ask({ request: 'Read.', plan })
    await bench.pass(4 * second, 250)
    await bench.registry.setStatus('alpha', 'suspended')
    await bench.pass(600 * second)
    expect(agents.plinth.models.calls).toHaveLength(2)
    await bench.registry.setStatus('alpha', 'active')
    await bench.pass(120 * second, 500)
    const shown = await agents.shown(id)
    expect(shown).toMatchObject({ status: 'completed', steps: { read: { result: 'Read.', attempts: 2, tool_calls: 3 } } })
    const sent = agents.plinth.models.calls.reduce((sum, { prompt }) => sum + prompt.length, 0)
    expect([agents.plinth.models.calls.length, shown.usage.input_tokens]).toEqual([5, sent])
  })

  it('can be cancelled', async () => {
    const model = slow()
    const { bench, id, state } = await start(model, { request: 'Report.', plan: chain })
    const scope = await bench.scope()
    await bench.pass(2 * second, 250)
    await bench.registry.setStatus('alpha', 'suspended')
    await cancelWorkflow(scope, id, 'No more.')
    await bench.pass(10 * second, 250)
    await bench.registry.setStatus('alpha', 'active')
    await bench.pass(90 * second)
    expect((await state()).ending).toMatchObject({ status: 'cancelled' })
    expect(model.asked).toEqual(['a'])
  })

  it('plans nothing', async () => {
    const model = new SlowModel(() => 'No plan.', 4 * second)
    const { bench, state } = await start(model, { request: 'Compare the north with the south; report.' })
    await bench.pass(2 * second, 250)
    await bench.registry.setStatus('alpha', 'suspended')
    await bench.pass(600 * second)
    expect(model.asked).toEqual(['plan'])
    await bench.registry.setStatus('alpha', 'active')
    await bench.pass(200 * second)
    expect((await state()).ending?.status).toBe('completed')
  })
})

/** Reads what is kept of a suspended tenant, which it is no more thereafter. */
async function activeCaller(bench: EventBench): ReturnType<EventBench['caller']> {
  await bench.registry.setStatus('alpha', 'active')
  return bench.caller()
}

async function idOf(bench: EventBench): Promise<string> {
  const [event] = await bench.events('genai.workflow.started')
  return String(event?.detail.workflow_id)
}

describe('a model that is down for a while', () => {
  /** Fails until a time. */
  const down = (milliseconds: number): SlowModel => {
    let until: number | undefined
    const model: SlowModel = new SlowModel((what) => {
      const now = model.bench?.memory.clock.now() ?? 0
      until ??= now + milliseconds
      if (now < until) throw Object.assign(new Error('down'), { name: 'APICallError', statusCode: 503, isRetryable: true })
      return `Found by ${what}.`
    }, 10)
    return model
  }

  it('uses up no try while it is left alone: the step goes on when it is back', async () => {
    const { bench, state } = await start(down(9 * second), {
      request: 'Report.',
      plan: { steps: [step('a', [], { agent_type: 'report' })] },
    })
    await bench.pass(60 * second, 250)
    expect(await state()).toMatchObject({ ending: { status: 'completed', text: 'Found by a.' } })
  })

  it('fails the step all the same when it stays down, and sooner where its time is over', async () => {
    const plan = { steps: [step('a', [], { agent_type: 'report' })] }
    const first = await start(down(3_600 * second), { request: 'Report.', plan })
    await first.bench.pass(300 * second)
    expect((await first.state()).status).toBe('running')
    await first.bench.pass(600 * second)
    expect((await first.state()).ending).toMatchObject({ status: 'failed', code: 'step_failed' })
    await first.bench.stop()
    const other = await start(down(3_600 * second), { request: 'Report.', plan, budget: { seconds: 8 } })
    await other.bench.pass(20 * second, 250)
    expect((await other.state()).ending).toMatchObject({ status: 'failed', code: 'deadline_exceeded' })
  })

  it('keeps a plan from being made for as long, and no longer', async () => {
    const { bench, state } = await start(down(40 * second), { request: 'Compare the north with the south; report.' })
    await bench.pass(200 * second, 500)
    expect((await state()).ending?.status).toBe('completed')
  })
})
