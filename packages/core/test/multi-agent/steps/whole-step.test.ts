import { afterEach, describe, expect, it } from 'vitest'
import { showStepWhole } from '../../../src/multi-agent/show-step.ts'
import type { Script } from '../../../src/testing/index.ts'
import { step } from '../support.ts'
import { AgentBench, calling, MemoryTools, toldBy } from './agent-bench.ts'

interface Whole {
  readonly agent: { readonly type: string; readonly system_prompt: string } | null
  readonly prompt: { readonly system: string; readonly user: string } | null
  readonly context: readonly { readonly step_id: string; readonly text: string }[]
  readonly tries: readonly {
    readonly attempt: number
    readonly status: string
    readonly ended_at: string | null
    readonly error?: { readonly code: string }
    readonly usage: { readonly input_tokens: number }
    readonly calls: readonly {
      readonly tool: string
      readonly input: string
      readonly answer: string
      readonly failed?: boolean
    }[]
  }[]
}

let bench: AgentBench | undefined
afterEach(async () => {
  await bench?.plinth.stop()
  bench = undefined
})

const files = { 'files.read': { changes: false }, 'files.write': { changes: true } }

/** Reads, writes, and answers. */
const readsAndWrites: Script = (call) => {
  if (!call.options.tools?.length) return 'All is tidy.'
  const told = toldBy(call)
  if (told.length === 0) return calling(['files__read', { what: 'the list' }])
  if (told.length === 1) return calling(['files__write', { what: 'the new list' }])
  return `Told: ${told.at(-1)}`
}

async function open(script: Script, tools = new MemoryTools(files), agent = {}): Promise<AgentBench> {
  bench = await AgentBench.open(script, { tools, agent: { tools: ['files.*'], ...agent } })
  return bench
}

async function whole(opened: AgentBench, workflowId: string, stepId: string): Promise<Whole> {
  return (await showStepWhole(await opened.plinth.scope(), { workflowId, stepId })) as Whole
}

describe('a step as its route shows it', () => {
  it('has the calls of its tools with what they gave, those before an approval too, and each start [R62]', async () => {
    const opened = await open(readsAndWrites)
    const plan = { steps: [step('tidy', [], { agent_type: 'worker', prompt: 'Tidy up.' })] }
    const id = (await opened.run({ request: 'Tidy.', plan })).workflow_id
    const waiting = await whole(opened, id, 'tidy')
    expect(waiting.tries).toMatchObject([{ attempt: 1, status: 'awaiting_approval', calls: [{ tool: 'files.read' }] }])
    await opened.approve(id, 'tidy')
    await opened.plinth.pass(10_000, 250)
    const { tries } = await whole(opened, id, 'tidy')
    expect(tries.map(({ status }) => status)).toEqual(['awaiting_approval', 'completed'])
    expect(tries.flatMap(({ calls }) => calls)).toEqual([
      { tool: 'files.read', input: '{"what":"the list"}', answer: 'done' },
      { tool: 'files.write', input: '{"what":"the new list"}', answer: 'done' },
    ])
  })

  it('has the prompt that its model was sent, and what the steps before gave, whole [R61, R63]', async () => {
    const opened = await open(({ prompt }) => (prompt.includes('Do one') ? 'The first finding.' : 'Something else.'))
    const plan = {
      steps: [
        step('one', [], { agent_type: 'worker', prompt: 'Do one.', tools: [] }),
        step('two', ['one'], { agent_type: 'worker', prompt: 'Do two.', tools: [] }),
      ],
    }
    const id = (await opened.run({ request: 'Both.', plan })).workflow_id
    const { prompt, context, agent } = await whole(opened, id, 'two')
    expect(context).toEqual([{ step_id: 'one', text: 'The first finding.' }])
    expect(agent?.type).toBe('worker')
    const sent = opened.plinth.models.calls.map((call) => call.options.prompt)
    expect(sent).toContainEqual([
      { role: 'system', content: prompt?.system },
      { role: 'user', content: [{ type: 'text', text: prompt?.user }] },
    ])
    expect(prompt?.user).toContain('The first finding.')
    expect(await whole(opened, id, '@synthesis')).toMatchObject({ context: [{ step_id: 'one' }, { step_id: 'two' }] })
  })

  it('keeps of long arguments and answers the beginning, and of many calls the first ones', async () => {
    const tools = new MemoryTools(files, () => ({ text: 'x'.repeat(5_000), failed: true }))
    const many = Array.from({ length: 25 }, () => ['files__read', { what: 'y'.repeat(5_000) }] as const)
    const opened = await open(
      (call) => (toldBy(call).length < 50 && call.options.tools?.length ? calling(...many) : 'Enough.'),
      tools,
      {
        limits: { turns: 4, tool_calls: 60 },
      },
    )
    const plan = { steps: [step('read', [], { agent_type: 'worker', prompt: 'Read.' })] }
    const id = (await opened.run({ request: 'Read.', plan })).workflow_id
    const calls = (await whole(opened, id, 'read')).tries.flatMap((tried) => tried.calls)
    expect(calls).toHaveLength(40)
    for (const call of calls) {
      expect(call.input.length).toBeLessThan(1_100)
      expect(call.answer.length).toBeLessThan(1_100)
      expect(call.failed).toBe(true)
    }
  })

  it('has no prompt before the steps that it needs have ended', async () => {
    const opened = await open(() => 'Done.')
    const plan = {
      steps: [step('one', [], { agent_type: 'worker', approval: true }), step('two', ['one'], { agent_type: 'worker' })],
    }
    const id = (await opened.run({ request: 'Both.', plan })).workflow_id
    expect(await whole(opened, id, 'two')).toMatchObject({ prompt: null, context: [], tries: [] })
    await expect(whole(opened, id, 'three')).rejects.toMatchObject({ code: 'not_found' })
  })
})
