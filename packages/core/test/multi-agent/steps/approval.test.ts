import { afterEach, describe, expect, it } from 'vitest'
import type { Script } from '../../../src/testing/index.ts'
import { type Death, MortalProcess } from '../../support/mortal-process.ts'
import { done, finished, noUsage, planned, started, step } from '../support.ts'
import { AgentBench, calling, MemoryTools, toldBy } from './agent-bench.ts'

let bench: AgentBench | undefined
afterEach(async () => {
  await bench?.plinth.stop()
  bench = undefined
})

const files = { 'files.read': { changes: false }, 'files.write': { changes: true } }
const plan = { steps: [step('tidy', [], { agent_type: 'worker', prompt: 'Tidy up.' })] }

/** Reads, then writes, then says what came of it; the synthesis answers for itself. */
const readsAndWrites: Script = (call) => {
  if (!call.options.tools?.length) return 'All is tidy.'
  const told = toldBy(call)
  if (told.length === 0) return calling(['files__read', { what: 'the list' }])
  if (told.length === 1) return calling(['files__write', { what: 'the new list' }])
  return `Told: ${told.at(-1)}`
}

async function open(script: Script, tools = new MemoryTools(files), agent = {}): Promise<MemoryTools> {
  bench = await AgentBench.open(script, { tools, agent: { tools: ['files.*'], ...agent } })
  return tools
}

describe('a tool that changes something', () => {
  it('is not called before somebody agrees; then the step goes on from there, and the call is made once', async () => {
    const tools = await open(readsAndWrites)
    const waiting = await bench?.run({ request: 'Tidy.', plan })
    const id = waiting?.workflow_id ?? ''
    expect(waiting).toMatchObject({
      status: 'awaiting_approval',
      steps: {
        tidy: {
          status: 'awaiting_approval',
          pending_calls: [{ call_id: 'call-0@2', tool: 'files.write', input: { what: 'the new list' } }],
          tool_calls: 1,
        },
      },
    })
    expect(tools.calls.map(({ name }) => name)).toEqual(['files.read'])
    const asked = bench?.plinth.models.calls.length
    await bench?.approve(id, 'tidy')
    await bench?.plinth.pass(10_000, 250)
    const ended = await bench?.shown(id)
    expect(ended).toMatchObject({
      status: 'completed',
      steps: { tidy: { status: 'completed', result: 'Told: done', tool_calls: 2 } },
    })
    expect(ended?.steps.tidy).not.toHaveProperty('pending_calls')
    expect(tools.calls.map(({ name, key }) => [name, key])).toEqual([
      ['files.read', `${id}:tidy:0:0:1:0`],
      ['files.write', `${id}:tidy:0:0:2:0`],
    ])
    // What was used before the wait and after it, each counted once.
    const prompts = bench?.plinth.models.calls.map(({ prompt }) => prompt.length) ?? []
    expect(ended?.usage.input_tokens).toBe(prompts.reduce((sum, length) => sum + length, 0))
    // One more turn of the agent, and the synthesis: nothing that was said before is asked for again.
    expect(bench?.plinth.models.calls.length).toBe((asked ?? 0) + 2)
    expect(await bench?.plinth.events('genai.workflow.awaiting_approval')).toHaveLength(1)
  })

  it('waits without cost, over a restart and weeks, which are none of its time', async () => {
    const tools = await open(readsAndWrites)
    const waiting = await bench?.run({ request: 'Tidy.', plan, budget: { seconds: 60 } })
    const asked = bench?.plinth.models.calls.length
    const journal = await bench?.journal(waiting?.workflow_id ?? '')
    await bench?.plinth.stop()
    await bench?.plinth.memory.clock.advance(20 * 86_400_000)
    bench?.plinth.start()
    await bench?.plinth.pass(60_000)
    expect(bench?.plinth.models.calls.length).toBe(asked)
    expect(await bench?.journal(waiting?.workflow_id ?? '')).toBe(journal)
    await bench?.approve(waiting?.workflow_id ?? '', 'tidy')
    await bench?.plinth.pass(10_000, 250)
    expect((await bench?.shown(waiting?.workflow_id ?? ''))?.status).toBe('completed')
    expect(tools.calls).toHaveLength(2)
  })

  it('that is rejected is not called: the agent is told why, and goes on', async () => {
    const tools = await open(readsAndWrites)
    const { workflow_id: id = '' } = (await bench?.run({ request: 'Tidy.', plan })) ?? {}
    await bench?.reject(id, 'tidy', 'Not on a Friday.')
    await bench?.plinth.pass(10_000, 250)
    const ended = await bench?.shown(id)
    expect(ended?.steps.tidy).toMatchObject({
      status: 'completed',
      result: 'Told: This call was not agreed to: Not on a Friday.',
      tool_calls: 1,
    })
    expect(tools.calls.map(({ name }) => name)).toEqual(['files.read'])
  })

  it('has to be asked for again, when the model asks again under the same id', async () => {
    const tools = await open((call) => {
      if (!call.options.tools?.length) return 'Done.'
      const told = toldBy(call)
      return told.length < 2 ? calling(['files__write', { what: `part ${told.length}` }, 'the-id']) : 'Both are written.'
    })
    const { workflow_id: id = '' } = (await bench?.run({ request: 'Tidy.', plan })) ?? {}
    await bench?.approve(id, 'tidy', ['the-id'])
    await bench?.plinth.pass(10_000, 250)
    expect((await bench?.shown(id))?.steps.tidy).toMatchObject({
      status: 'awaiting_approval',
      pending_calls: [{ call_id: 'the-id@2', input: { what: 'part 1' } }],
    })
    expect(tools.calls.map(({ input }) => input)).toEqual([{ what: 'part 0' }])
    await bench?.approve(id, 'tidy', ['the-id@2'])
    await bench?.plinth.pass(10_000, 250)
    expect(tools.calls.map(({ input }) => input)).toEqual([{ what: 'part 0' }, { what: 'part 1' }])
    expect((await bench?.shown(id))?.status).toBe('completed')
  })

  it('is not called by a word on other calls than those that wait', async () => {
    const tools = await open(readsAndWrites)
    const { workflow_id: id = '' } = (await bench?.run({ request: 'Tidy.', plan })) ?? {}
    for (const calls of [['call-0'], ['call-1'], ['call-0@2', 'call-1'], []])
      await expect(bench?.approve(id, 'tidy', calls)).rejects.toMatchObject({ code: 'wrong_state' })
    await expect(bench?.approve(id, 'other')).rejects.toMatchObject({ code: 'not_found' })
    await bench?.plinth.pass(5_000, 250)
    expect(tools.calls).toHaveLength(1)
    await bench?.approve(id, 'tidy', ['call-0@2'])
    await expect(bench?.approve(id, 'tidy')).rejects.toMatchObject({ code: 'wrong_state' })
  })

  it.each([[['files.write']], [['files.*']]])('is called at once where the definition allows %s', async (allow) => {
    const tools = await open(readsAndWrites, new MemoryTools(files), { allow })
    const ended = await bench?.run({ request: 'Tidy.', plan })
    expect(ended?.steps.tidy).toMatchObject({ status: 'completed', attempts: 1, tool_calls: 2 })
    expect(tools.calls.map(({ name }) => name)).toEqual(['files.read', 'files.write'])
  })

  it('keeps the calls beside it waiting, and those that change run one after the other, as they were named', async () => {
    let running = 0
    const order: string[] = []
    const tools = new MemoryTools(files, async (name, input) => {
      running++
      expect(running).toBe(1)
      await new Promise<void>((resolve) => bench?.plinth.memory.clock.setTimer(500, resolve))
      running--
      order.push(`${name} ${JSON.stringify(input)}`)
      return { text: 'done', failed: false }
    })
    await open((call) => {
      if (!call.options.tools?.length) return 'Done.'
      if (toldBy(call).length > 0) return toldBy(call).join(', ')
      return calling(['files__write', { what: 'one' }], ['files__write', { what: 'two' }], ['files__read', { what: 'three' }])
    }, tools)
    const waiting = await bench?.run({ request: 'Tidy.', plan })
    expect(waiting?.steps.tidy?.pending_calls).toHaveLength(2)
    expect(tools.calls).toEqual([])
    await bench?.approve(waiting?.workflow_id ?? '', 'tidy')
    await bench?.plinth.pass(20_000, 250)
    expect(order).toEqual(['files.read {"what":"three"}', 'files.write {"what":"one"}', 'files.write {"what":"two"}'])
    expect((await bench?.shown(waiting?.workflow_id ?? ''))?.steps.tidy?.result).toBe('done, done, done')
  })

  it('that has been called is not called again when what follows fails: the next try goes on behind it', async () => {
    let answers = 0
    const tools = await open(
      (call) => {
        if (!call.options.tools?.length) return 'Done.'
        if (toldBy(call).length === 0) return calling(['files__write', { what: 'it' }])
        return ++answers === 1 ? '' : `Heard: ${call.prompt}`
      },
      new MemoryTools(files),
      { allow: ['files.write'] },
    )
    const ended = await bench?.run({ request: 'Tidy.', plan })
    expect(ended?.steps.tidy).toMatchObject({
      status: 'completed',
      attempts: 2,
      tool_calls: 1,
      result: 'Heard: Your last answer did not do: The answer is empty.',
    })
    expect(tools.calls).toHaveLength(1)
  })

  it('is not called in a conversation that can not be kept, and the step says why', async () => {
    const tools = await open((call) =>
      call.options.tools?.length ? calling(['files__write', { what: 'x'.repeat(1_000_000) }]) : 'Done.',
    )
    const ended = await bench?.run({ request: 'Tidy.', plan })
    expect(ended?.steps.tidy).toMatchObject({ status: 'failed', attempts: 1, error: { code: 'conversation_too_large' } })
    expect(tools.calls).toEqual([])
    expect((await bench?.journal(ended?.workflow_id ?? ''))?.length).toBeLessThan(5_000)
  })
})

it('a word counts for the calls that it was said to: once they are made, it is forgotten', () => {
  const state = planned([step('a')])
  const call = { call_id: 'c', tool: 'files.write', input: {} }
  const part = { key: 'k', turns: 1, calls: 0, messages: [], found: { passages: [], sources: [] } }
  const said = { at: 3, kind: 'conversed', step: 'a', part, usage: noUsage, toolCalls: 0 } as const
  state.apply(started('a'))
  state.apply({ ...said, attempt: 1 })
  state.apply(finished('a', { status: 'awaiting_approval', calls: [call] }))
  state.apply({ at: 4, kind: 'approved', by: 'ada', step: 'a' })
  expect(state.steps.get('a')).toMatchObject({ status: 'pending', decision: { calls: [call] } })
  state.apply(started('a', 2))
  // Of a try that is over nothing counts.
  state.apply({ ...said, attempt: 1 })
  expect(state.steps.get('a')).toMatchObject({ decision: { calls: [call] }, conversation: [part] })
  state.apply({ ...said, attempt: 2 })
  expect(state.steps.get('a')?.decision).toBeUndefined()
  expect(state.steps.get('a')?.conversation).toHaveLength(2)
  state.apply(finished('a', done, 2))
  expect(state.steps.get('a')).not.toHaveProperty('conversation')
})

/** Asks, lets time pass and agrees to what waits, until the run has ended or the process is dead. */
async function live(
  death?: Death,
): Promise<{ readonly writes: number; readonly keys: readonly string[]; readonly status: string }> {
  const tools = new MemoryTools(files)
  const opened = await AgentBench.open(readsAndWrites, { tools, agent: { tools: ['files.*'] }, worker: false })
  bench = opened
  const id = await opened.ask({ request: 'Tidy.', plan })
  const mortal = new MortalProcess(opened.plinth, { worker: true, ...(death ? { death } : {}) })
  const go = async (): Promise<void> => {
    for (let turn = 0; turn < 200; turn++) {
      await opened.plinth.pass(500, 250)
      const { state } = await opened.workflow(id)
      if (state.ending) return
      if (state.steps.get('tidy')?.status === 'awaiting_approval') await opened.approve(id, 'tidy')
      if (mortal.isDead && turn < 100) return
    }
  }
  await go()
  const { length: writes } = mortal.writes
  expect(mortal.isDead).toBe(death !== undefined)
  await mortal.stop()
  const next = new MortalProcess(opened.plinth, { worker: true })
  for (let turn = 0; turn < 200 && !(await opened.workflow(id)).state.ending; turn++) {
    await opened.plinth.pass(500, 250)
    if ((await opened.workflow(id)).state.steps.get('tidy')?.status === 'awaiting_approval') await opened.approve(id, 'tidy')
  }
  await next.stop()
  const keys = tools.calls.filter(({ name }) => name === 'files.write').map(({ key }) => key)
  return { writes, keys, status: (await opened.shown(id)).status }
}

it('a process that dies at any write of a run with calls that wait: the next goes on, each call under its one key [R68, X43]', async () => {
  const { writes, status, keys } = await live()
  expect([status, keys.length]).toEqual(['completed', 1])
  for (let at = 1; at <= writes; at++)
    for (const when of at % 4 === 1 ? (['before', 'after'] as const) : (['after'] as const)) {
      const again = await live({ at, when })
      const where = `${when} write ${at}`
      expect({ where, status: again.status, keys: new Set(again.keys).size }).toEqual({ where, status: 'completed', keys: 1 })
      expect(again.keys.length, where).toBeLessThanOrEqual(2)
    }
}, 120_000)
