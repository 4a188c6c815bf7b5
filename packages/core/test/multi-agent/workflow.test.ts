import { afterEach, describe, expect, it } from 'vitest'
import { createWorkflow, type NewWorkflow } from '../../src/multi-agent/create-workflow.ts'
import { approveWorkflow, cancelWorkflow, getWorkflow, retryStep } from '../../src/multi-agent/manage-workflow.ts'
import { showWorkflow } from '../../src/multi-agent/show-workflow.ts'
import type { Script } from '../../src/testing/index.ts'
import { EventBench } from '../event-driven/bench.ts'
import { step } from './support.ts'

let bench: EventBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

async function run(script: Script, workflow: NewWorkflow, wait = 10_000): Promise<Shown> {
  bench = await EventBench.open(script)
  const { workflow_id: id } = await createWorkflow(await bench.scope(), workflow)
  await bench.pass(wait, 250)
  return shown(id)
}

interface Shown {
  readonly workflow_id: string
  readonly status: string
  readonly plan: { readonly source: string; readonly faults: readonly string[] }
  readonly steps: Readonly<
    Record<string, { readonly status: string; readonly attempts: number; readonly result: string; readonly error?: unknown }>
  >
  readonly synthesis: { readonly status: string } | null
  readonly result: { readonly text: string } | null
  readonly error?: { readonly code: string; readonly message: string }
  readonly usage: { readonly input_tokens: number }
}

async function shown(id: string): Promise<Shown> {
  return (await showWorkflow('alpha', await getWorkflow((await bench?.scope()) as never, id))) as Shown
}

const plan = {
  steps: [
    step('find', [], { prompt: 'Find the numbers.' }),
    step('weigh', ['find'], { agent_type: 'analysis', prompt: 'Weigh them.' }),
    step('write', ['find', 'weigh'], { agent_type: 'report', prompt: 'Write it up.' }),
  ],
}

describe('a workflow [R56, G3]', () => {
  it("runs a caller's plan, each step with what it depends on, and ends in its report [R57, R61, R62, X41]", async () => {
    const asked: string[] = []
    const ended = await run(
      ({ prompt }) => {
        asked.push(prompt)
        return prompt.includes('Find the numbers.')
          ? 'There are 42.'
          : prompt.includes('Weigh') && !prompt.includes('Write')
            ? '42 is much.'
            : 'Report: 42.'
      },
      { request: 'Report on the numbers.', plan },
    )
    expect(ended).toMatchObject({ status: 'completed', result: { text: 'Report: 42.' }, synthesis: null })
    expect(ended.steps).toMatchObject({
      find: { step_id: 'find', agent_type: 'research', status: 'completed', attempts: 1, result: 'There are 42.' },
      weigh: { step_id: 'weigh', agent_type: 'analysis', status: 'completed', attempts: 1, result: '42 is much.' },
      write: { step_id: 'write', agent_type: 'report', status: 'completed', attempts: 1, result: 'Report: 42.' },
    })
    expect(asked).toHaveLength(3)
    expect(asked[1]).toMatch(
      /^User Request: Context from previous steps:\n<result-[0-9a-f]{16} step="find">\nThere are 42\.\n[\s\S]*\n\nTask: Weigh them\.$/,
    )
  })

  it('puts the results of all steps together where none of them is the report [R58]', async () => {
    const texts = ['There are 42.', 'They are green.', 'Nobody knows why.']
    const ended = await run(
      ({ prompt }) => {
        const [, index] = /^User Request: Do (\d)\.$/.exec(prompt) ?? []
        return index === undefined
          ? `All: ${texts.filter((text) => prompt.includes(text)).join(' ')}`
          : (texts[Number(index)] ?? '')
      },
      { request: 'What is known?', plan: { steps: texts.map((_, index) => step(`${index}`)) } },
    )
    expect(ended).toMatchObject({ status: 'completed', result: { text: `All: ${texts.join(' ')}` } })
  })

  it('shows every step from the start, and none that waits for somebody before it can be agreed to', async () => {
    bench = await EventBench.open(() => '', { worker: false })
    const steps = plan.steps.map((each) => ({ ...each, approval: true }))
    const { workflow_id: id } = await createWorkflow(await bench.scope(), { request: 'Report.', plan: { steps } })
    expect((await shown(id)).status).toBe('planning')
    expect(Object.values((await shown(id)).steps).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending'])
  })

  it('runs steps side by side that need nothing from each other [R65, X37]', async () => {
    let most = 0
    let running = 0
    const ended = await run(
      async ({ signal }) => {
        running++
        most = Math.max(most, running)
        await new Promise((resolve) => bench?.memory.clock.setTimer(1_000, () => resolve(undefined)))
        signal?.throwIfAborted()
        running--
        return 'done'
      },
      { request: 'All at once.', plan: { steps: ['a', 'b', 'c', 'd'].map((id) => step(id)) } },
      20_000,
    )
    expect([ended.status, most]).toEqual(['completed', 4])
    expect(ended.synthesis?.status).toBe('completed')
  })

  it('is planned by the orchestrator, which is told what was wrong with its plan [R59, X38, X39]', async () => {
    const planned = {
      goal: 'g',
      success_criteria: ['c'],
      steps: plan.steps.map((each) => ({ ...each, expected_output: 'words' })),
    }
    const ended = await run(
      ({ prompt, options }) => {
        const system = JSON.stringify(options.prompt[0])
        if (!system.includes('Write a plan for the request')) return 'done'
        if (prompt.includes('cycle')) return `Here it is:\n\`\`\`json\n${JSON.stringify(planned)}\n\`\`\``
        return JSON.stringify({ ...planned, steps: [step('a', ['b']), step('b', ['a'])] })
      },
      { request: 'Research the numbers and write a report.' },
    )
    expect(ended).toMatchObject({ status: 'completed', plan: { source: 'repaired', faults: ['cycle steps.0.dependencies'] } })
    expect(Object.keys(ended.steps)).toEqual(['find', 'weigh', 'write'])
  })

  it('does with one step when no plan is to be had [X38]', async () => {
    const ended = await run(() => 'I can not do that.', { request: 'Research the numbers and write a report.' })
    expect(ended).toMatchObject({
      status: 'completed',
      plan: { source: 'fallback', faults: ['malformed', 'malformed', 'malformed'] },
    })
    expect(Object.keys(ended.steps)).toEqual(['answer'])
  })

  it('fails when a step does, and goes on from there when that is tried again [X43]', async () => {
    let broken = true
    const ended = await run(
      ({ prompt }) => {
        if (prompt.includes('Task: Weigh them.') && broken) return ''
        return 'fine'
      },
      { request: 'Report.', plan },
      30_000,
    )
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'step_failed' } })
    expect(ended.steps.weigh).toMatchObject({ status: 'failed', attempts: 3, error: { code: 'output_check_failed' } })
    expect(ended.steps.write).toMatchObject({ status: 'skipped', attempts: 0 })
    broken = false
    await retryStep((await bench?.scope()) as never, ended.workflow_id, 'weigh')
    await bench?.pass(10_000, 250)
    const again = await shown(ended.workflow_id)
    expect(again.status).toBe('completed')
    expect(again.steps.find).toMatchObject({ attempts: 1 })
    expect(again.steps.weigh).toMatchObject({ attempts: 4 })
  })

  it('waits for somebody who agrees to its plan', async () => {
    const waiting = await run(() => 'fine', { request: 'Report.', plan, approval: 'plan' })
    expect([waiting.status, waiting.steps.find?.attempts]).toEqual(['awaiting_approval', 0])
    await approveWorkflow((await bench?.scope()) as never, waiting.workflow_id, {})
    await bench?.pass(10_000, 250)
    expect((await shown(waiting.workflow_id)).status).toBe('completed')
  })

  it('is cancelled while a model is asked', async () => {
    let aborted = false
    const running = await run(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            aborted = true
            reject(signal.reason)
          })
        }),
      { request: 'Report.', plan },
      2_000,
    )
    expect(running.status).toBe('running')
    await cancelWorkflow((await bench?.scope()) as never, running.workflow_id, 'Never mind.')
    await bench?.pass(5_000, 250)
    const ended = await shown(running.workflow_id)
    expect([ended.status, aborted]).toEqual(['cancelled', true])
    expect(ended.steps.find?.status).toBe('cancelled')
  })
})
