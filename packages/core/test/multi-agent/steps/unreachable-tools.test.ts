import { afterEach, describe, expect, it } from 'vitest'
import { ToolSourceError } from '../../../src/ports/tool-source.ts'
import { step } from '../support.ts'
import { AgentBench, calling, MemoryTools, type ShownWorkflow, toldBy } from './agent-bench.ts'

let bench: AgentBench | undefined
afterEach(async () => {
  await bench?.plinth.stop()
  bench = undefined
})

/** Servers of which some are away. */
class SomeTools extends MemoryTools {
  away: readonly string[] = []

  override offers(): boolean {
    return true
  }

  override async list(tenant: string, names: readonly string[]): ReturnType<MemoryTools['list']> {
    if (names.some((name) => this.away.some((away) => name.startsWith(away))))
      throw new ToolSourceError('tool_server_unavailable')
    return super.list(tenant, names)
  }
}

const task = { agent_type: 'worker', prompt: 'What is 6 times 7?', retry: { attempts: 1, wait_seconds: 1 } }

async function run(
  more: object = {},
  tools: readonly string[] = ['calculate', 'gone.read', 'files.read'],
): Promise<ShownWorkflow> {
  const source = new SomeTools({ 'files.read': { changes: false } })
  source.away = ['gone.']
  bench = await AgentBench.open(
    (call) => {
      if (!call.options.tools?.length) return 'Done.'
      const told = toldBy(call)
      return told.length === 0 ? calling(['calculate', { expression: '6 * 7' }]) : `It is ${told[0]}.`
    },
    { tools: source, agent: { tools } },
  )
  return bench.run({ request: 'Compute.', plan: { steps: [step('work', [], { ...task, ...more })] } })
}

describe('a server of tools that can not be reached [R50]', () => {
  it('takes its own tools from an agent and nothing else, and the agent is told', async () => {
    const ended = await run()
    expect(ended.steps.work).toMatchObject({ status: 'completed', attempts: 1, result: expect.stringContaining('42') })
    const [first] = bench?.plinth.models.calls ?? []
    expect(first?.options.tools?.map(({ name }) => name)).toEqual(['calculate', 'files__read'])
    expect(JSON.stringify(first?.options.prompt[0])).toMatch(/can not be reached now[^"]*: gone\./)
  })

  it('is not spoken of where the step does not name it', async () => {
    const ended = await run({ tools: ['calculate'] })
    expect(ended.steps.work).toMatchObject({ status: 'completed', result: expect.stringContaining('42') })
    expect(JSON.stringify(bench?.plinth.models.calls[0]?.options.prompt)).not.toContain('gone')
  })

  it('fails a step that names its tools itself', async () => {
    const ended = await run({ tools: ['calculate', 'gone.read'] })
    expect(ended.steps.work).toMatchObject({ status: 'failed', error: { code: 'tool_server_unavailable' } })
    expect(bench?.plinth.models.calls).toEqual([])
  })

  it('is waited for by a step that goes on with a conversation, which may hold calls of it', async () => {
    const source = new SomeTools({ 'files.write': { changes: true } })
    bench = await AgentBench.open(
      (call) =>
        !call.options.tools?.length
          ? 'Done.'
          : toldBy(call).length === 0
            ? calling(['files__write', { what: 'it' }])
            : 'Written.',
      { tools: source, agent: { tools: ['files.*'] } },
    )
    const id = await bench.ask({ request: 'Write.', plan: { steps: [step('work', [], { agent_type: 'worker' })] } })
    await bench.plinth.pass(5_000, 250)
    source.away = ['files.']
    const calls = (await bench.shown(id)).steps.work?.pending_calls?.map(({ call_id }) => call_id) ?? []
    await bench.approve(id, 'work', calls)
    await bench.plinth.pass(500, 250)
    expect((await bench.shown(id)).steps.work).toMatchObject({ status: 'pending', error: { code: 'tool_server_unavailable' } })
    source.away = []
    await bench.plinth.pass(20_000, 250)
    expect((await bench.shown(id)).steps.work).toMatchObject({ status: 'completed', result: 'Written.' })
    expect(source.calls).toHaveLength(1)
  })
})
