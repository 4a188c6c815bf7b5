import { afterEach, describe, expect, it } from 'vitest'
import { builtInAgents } from '../../../src/multi-agent/agents/built-in.ts'
import { allAgents, deleteAgent, getAgent, putAgent } from '../../../src/multi-agent/agents/registry.ts'
import type { Scope } from '../../../src/scope/scope.ts'
import { EventBench } from '../../event-driven/bench.ts'
import { AgentBench, MemoryTools } from '../steps/agent-bench.ts'
import { step } from '../support.ts'

let bench: EventBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

async function open(): Promise<Scope> {
  bench = await EventBench.open(() => 'x', { tools: new MemoryTools({ 'files.read': { changes: false } }) })
  return bench.scope()
}

describe('the registry of agents', () => {
  it('has the four roles in every tenant, each with a prompt of its own [R47, R49, R51, R52, R53, R54]', async () => {
    const scope = await open()
    const agents = new Map((await allAgents(scope)).map((agent) => [agent.type, agent]))
    expect([...agents.keys()]).toEqual(['orchestrator', 'research', 'analysis', 'report'])
    expect(agents.get('orchestrator')?.system_prompt).toMatch(
      /coordinate specialised agents.*break a request into.*steps.*agent that fits/s,
    )
    expect(agents.get('research')?.system_prompt).toMatch(/gather.*accurate.*relevant and current/s)
    expect(agents.get('analysis')?.system_prompt).toMatch(/patterns.*conclusions that somebody can act on/s)
    expect(agents.get('report')?.system_prompt).toMatch(/complete, well-structured.*clear/s)
    for (const { type, version } of agents.values()) expect(await getAgent(scope, type)).toMatchObject({ type, version })
  })

  it('asks for nothing but a type: the rest is the tenant’s model, the role’s or the usual prompt, and nothing [R50, R55]', async () => {
    const scope = await open()
    const made = await putAgent(scope, { type: 'translator' })
    expect(made).toEqual({
      type: 'translator',
      system_prompt: 'You are a helpful AI agent.',
      tools: [],
      capabilities: [],
      limits: {},
      version: 1,
    })
    expect(await getAgent(scope, 'translator')).toEqual(made)
    const research = await putAgent(scope, { type: 'research' })
    expect(research.system_prompt).toBe(builtInAgents.find(({ type }) => type === 'research')?.system_prompt)
  })

  it('is open: a new type takes steps at once, and what its definition says is used [R64, R66, R67, X42]', async () => {
    const agents = await AgentBench.open((call) => (call.options.tools?.length ? 'With tools.' : 'Done.'), {
      agent: { system_prompt: 'You speak like a sailor.', tools: ['calculate', 'read_result'], limits: { max_tokens: 77 } },
    })
    bench = agents.plinth
    const ended = await agents.run({
      request: 'Go.',
      plan: { steps: [step('a', [], { agent_type: 'worker', prompt: 'Sing.' })] },
    })
    expect(ended.steps.a?.result).toBe('With tools.')
    const [call] = bench.models.calls
    const [system, user] = call?.options.prompt ?? []
    expect(system).toMatchObject({ role: 'system', content: expect.stringMatching(/^You speak like a sailor\./) })
    expect(JSON.stringify(user)).not.toContain('sailor')
    expect(user).toMatchObject({ role: 'user', content: [{ text: 'User Request: Sing.' }] })
    expect(call?.options.tools?.map(({ name }) => name)).toEqual(['calculate', 'read_result'])
    expect(call?.options.maxOutputTokens).toBe(77)
  })

  it('uses 2,000 tokens where the definition does not say, and the model that it names [R63]', async () => {
    const agents = await AgentBench.open(() => 'Done.', { agent: { model_id: 'test/stream' } })
    bench = agents.plinth
    // This model gives ten tokens at most.
    await putAgent(await bench.scope(), { type: 'brief', model_id: 'test/small' })
    const steps = [step('a', [], { agent_type: 'worker' }), step('b', ['a'], { agent_type: 'brief' })]
    await agents.run({ request: 'Go.', plan: { steps } })
    expect(bench.models.calls.slice(0, 2).map(({ options }) => options.maxOutputTokens)).toEqual([2_000, 10])
  })

  it('counts versions, and gives a built-in agent back when its own one is deleted', async () => {
    const scope = await open()
    await putAgent(scope, { type: 'report', system_prompt: 'Rhyme.' })
    const second = await putAgent(scope, { type: 'report', system_prompt: 'Rhyme well.' })
    expect([second.version, (await allAgents(scope)).filter(({ type }) => type === 'report')]).toEqual([2, [second]])
    await deleteAgent(scope, 'report')
    expect(await getAgent(scope, 'report')).toEqual(builtInAgents.find(({ type }) => type === 'report'))
    await expect(deleteAgent(scope, 'report')).rejects.toMatchObject({ code: 'agent_built_in' })
    await expect(deleteAgent(scope, 'nobody')).rejects.toMatchObject({ code: 'not_found' })
    await expect(getAgent(scope, '__proto__')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('lists a tenant’s own first, what changed last before the rest', async () => {
    const scope = await open()
    for (const type of ['a', 'b', 'report', 'a']) {
      await putAgent(scope, { type })
      await bench?.memory.clock.advance(1_000)
    }
    const types = (await allAgents(scope)).map(({ type }) => type)
    expect(types).toEqual(['a', 'report', 'b', 'orchestrator', 'research', 'analysis'])
  })

  it('is a tenant’s own', async () => {
    const scope = await open()
    await putAgent(scope, { type: 'translator' })
    await putAgent(scope, { type: 'research', system_prompt: 'Guess.' })
    const other = (await bench?.scope('beta')) as Scope
    expect((await allAgents(other)).map(({ type }) => type)).toEqual(['orchestrator', 'research', 'analysis', 'report'])
    await expect(getAgent(other, 'translator')).rejects.toMatchObject({ code: 'not_found' })
    expect((await getAgent(other, 'research')).version).toBe(0)
    await expect(putAgent(other, { type: 'reader', tools: ['files.read'] })).rejects.toMatchObject({ code: 'tool_unknown' })
  })

  it.each([
    [{ model_id: 'no/such' }, 'model_unknown', 'model_id'],
    [{ tools: ['calculate', 'fly'] }, 'tool_unknown', 'tools.1'],
    [{ tools: ['other.read'] }, 'tool_unknown', 'tools.0'],
    [{ tools: ['fetch_url:'] }, 'tool_unknown', 'tools.0'],
    [{ tools: ['fetch_url:*'] }, 'tool_unknown', 'tools.0'],
    [{ tools: ['fetch_url:*.com'] }, 'tool_unknown', 'tools.0'],
    [{ tools: ['fetch_url:https://example.org/'] }, 'tool_unknown', 'tools.0'],
    [{ tools: ['fetch_url:[::1]'] }, 'tool_unknown', 'tools.0'],
    [{ tools: ['fetch_url:2130706433'] }, 'tool_unknown', 'tools.0'],
    [{ tools: ['fetch_url:127.1'] }, 'tool_unknown', 'tools.0'],
    [{ tools: ['fetch_url:example.org:99999'] }, 'tool_unknown', 'tools.0'],
    [{ tools: ['files.read'], allow: ['files.write'] }, 'tool_unknown', 'allow.0'],
    [{ tools: ['files.read'], allow: ['files.*'] }, 'tool_unknown', 'allow.0'],
  ])('refuses what is not there, and changes nothing: %j', async (definition, code, field) => {
    const scope = await open()
    await expect(putAgent(scope, { type: 'new', ...definition })).rejects.toMatchObject({ code, field })
    await expect(getAgent(scope, 'new')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('takes tools that are there', async () => {
    const scope = await open()
    const tools = [
      'search_knowledge',
      'calculate',
      'table_statistics',
      'read_result',
      'files.*',
      'fetch_url:example.org',
      'fetch_url:*.example.org:8443',
    ]
    expect((await putAgent(scope, { type: 'new', tools, allow: ['files.write'] })).tools).toEqual(tools)
  })
})
