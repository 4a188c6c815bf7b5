import { afterEach, describe, expect, it } from 'vitest'
import { createWorkflow, type NewWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import { approveWorkflow, rejectWorkflow, retryStep } from '../../../src/multi-agent/manage-workflow.ts'
import { step } from '../support.ts'
import { AgentBench, calling, MemoryTools, toldBy } from './agent-bench.ts'

let bench: AgentBench
afterEach(() => bench.plinth.stop())

const write = { steps: [step('a', [], { agent_type: 'worker', prompt: 'Write.' })] }

/** Wants to write twice, under one id or two. */
async function open(ids: readonly [string, string] = ['one', 'two']): Promise<{ id: string; tools: MemoryTools }> {
  const tools = new MemoryTools({ 'files.write': { changes: true } })
  bench = await AgentBench.open(
    (call) => {
      if (!call.options.tools?.length) return 'Done.'
      const told = toldBy(call).length
      return told < 2 ? calling(['files__write', { what: told === 0 ? 'harmless' : 'DROP ALL' }, ids[told] ?? '']) : 'Written.'
    },
    { tools, agent: { tools: ['files.*'] } },
  )
  const { workflow_id: id } = await bench.run({ request: 'Write.', plan: write })
  return { id, tools }
}

const approve = async (id: string, word: object, user = 'ada'): Promise<unknown> => {
  await approveWorkflow(await bench.plinth.scope('alpha', user), id, word)
  return bench.plinth.pass(10_000, 250)
}
const made = ({ calls }: MemoryTools): unknown => calls.map(({ input }) => (input as { what: string }).what)

describe('a word on calls of tools', () => {
  it('that is said twice, and names none, counts once: what the step asks for next has to be named', async () => {
    const { id, tools } = await open()
    await approve(id, { step: 'a' })
    await expect(approve(id, { step: 'a' })).rejects.toMatchObject({
      code: 'wrong_state',
      message: expect.stringContaining('two'),
    })
    await expect(rejectWorkflow(await bench.plinth.scope(), id, { step: 'a', reason: 'No.' })).rejects.toMatchObject({
      code: 'wrong_state',
    })
    expect(made(tools)).toEqual(['harmless'])
    await approve(id, { step: 'a', calls: ['two'] })
    expect(made(tools)).toEqual(['harmless', 'DROP ALL'])
    expect((await bench.shown(id)).status).toBe('completed')
  })

  it('is none on another one to which the model gave the same id', async () => {
    const { id, tools } = await open(['same', 'same'])
    await approve(id, { step: 'a', calls: ['same'] })
    await expect(approve(id, { step: 'a', calls: ['same'] })).rejects.toMatchObject({ code: 'wrong_state' })
    expect(made(tools)).toEqual(['harmless'])
    const { pending_calls: calls = [] } = (await bench.shown(id)).steps.a ?? {}
    expect(calls).toEqual([{ call_id: 'same@2', tool: 'files.write', input: { what: 'DROP ALL' } }])
    await rejectWorkflow(await bench.plinth.scope(), id, { step: 'a', calls: ['same@2'], reason: 'No.' })
    await bench.plinth.pass(10_000, 250)
    expect(made(tools)).toEqual(['harmless'])
    expect((await bench.shown(id)).steps.a?.result).toBe('Written.')
  })

  it('on the start of a step is none on its calls', async () => {
    const tools = new MemoryTools({ 'files.write': { changes: true } })
    bench = await AgentBench.open(
      (call) => (toldBy(call).length === 0 ? calling(['files__write', { what: 'it' }]) : 'Written.'),
      { tools, agent: { tools: ['files.*'] } },
    )
    const plan = { steps: [step('a', [], { agent_type: 'worker', prompt: 'Write.', approval: true })] }
    const { workflow_id: id } = await bench.run({ request: 'Write.', plan })
    await approve(id, { step: 'a' })
    await expect(approve(id, { step: 'a' })).rejects.toMatchObject({ code: 'wrong_state' })
    expect(tools.calls).toEqual([])
    await approve(id, { step: 'a', calls: ['call-0'] })
    expect(made(tools)).toEqual(['it'])
  })

  it('sent again under its idempotency key counts once, and another word under it is refused', async () => {
    const { id, tools } = await open()
    const word = { step: 'a', idempotencyKey: 'k' }
    await approve(id, word)
    await approve(id, word)
    await expect(approve(id, { ...word, calls: ['two'] })).rejects.toMatchObject({ code: 'reused_with_another_body' })
    expect(made(tools)).toEqual(['harmless'])
    // Another user's key is another one.
    await approve(id, { ...word, calls: ['two'] }, 'mia')
    expect(made(tools)).toEqual(['harmless', 'DROP ALL'])
  })

  it('is no failed try: the start before it leaves no error', async () => {
    const { id } = await open()
    const { state } = await approveWorkflow(await bench.plinth.scope(), id, { step: 'a' })
    expect(state.steps.get('a')).toMatchObject({ status: 'pending', attempts: 1, failures: 0 })
    expect(state.steps.get('a')).not.toHaveProperty('error')
  })
})

async function asked(workflow: NewWorkflow): Promise<string> {
  bench = await AgentBench.open(() => 'Found.')
  const { workflow_id: id } = await createWorkflow(await bench.plinth.scope(), workflow)
  await bench.plinth.pass(5_000, 250)
  return id
}

describe('a plan that waits', () => {
  it('is changed by whoever asked for it, and by nobody else: it runs with their eyes', async () => {
    const id = await asked({ request: 'Find.', approval: 'plan', plan: { steps: [step('a')] } })
    const plan = { steps: [step('x', [], { prompt: 'What does Ada earn?' })] }
    await expect(approve(id, { plan }, 'mia')).rejects.toMatchObject({ code: 'not_the_requester' })
    expect((await bench.shown(id)).status).toBe('awaiting_approval')
    expect(bench.plinth.models.calls).toHaveLength(0)
    await approve(id, { plan })
    expect((await bench.shown(id)).steps.x?.status).toBe('completed')
  })

  it('is agreed to by others as it is', async () => {
    const id = await asked({ request: 'Find.', approval: 'plan', plan: { steps: [step('a')] } })
    await approve(id, {}, 'mia')
    expect((await bench.shown(id)).status).toBe('completed')
  })
})

describe('a step that was left out', () => {
  it('is not tried again before what failed: nothing changes, and it is said which that is', async () => {
    const wrong = { expected_output: { type: 'object' }, retry: { attempts: 1, wait_seconds: 0 } }
    const id = await asked({ request: 'Find.', plan: { steps: [step('a', [], wrong), step('b', ['a']), step('c', ['b'])] } })
    const before = await bench.shown(id)
    expect(before.error?.code).toBe('step_failed')
    for (const left of ['b', 'c'])
      await expect(retryStep(await bench.plinth.scope(), id, left)).rejects.toMatchObject({
        code: 'wrong_state',
        message: 'The step was left out because of what failed before it; have that done again: a.',
      })
    await bench.plinth.pass(5_000)
    expect(await bench.shown(id)).toEqual(before)
    await retryStep(await bench.plinth.scope(), id, 'a')
    await bench.plinth.pass(5_000, 250)
    expect((await bench.shown(id)).steps.a?.attempts).toBe(2)
  })

  it('is, where something that it needs has completed or begins anew with it', async () => {
    const wrong = { expected_output: { type: 'object' }, retry: { attempts: 1, wait_seconds: 0 } }
    const steps = [step('a', [], wrong), step('b'), step('c', ['a', 'b']), step('d', ['c'])]
    const id = await asked({ request: 'Find.', plan: { steps } })
    await expect(retryStep(await bench.plinth.scope(), id, 'd')).resolves.toBeDefined()
    await bench.plinth.pass(5_000, 250)
    expect((await bench.shown(id)).steps.d?.status).toBe('completed')
  })
})
