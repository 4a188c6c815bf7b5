import { describe, expect, it } from 'vitest'
import { describeToolSourceContract } from '../src/contracts/index.ts'
import { callTool } from '../src/multi-agent/tools/call-tool.ts'
import { sourceTools } from '../src/multi-agent/tools/source-tools.ts'
import { isListed, isSourceToolName, isToolServerName, toolServerOf } from '../src/ports/tool-source.ts'
import { tenantTools } from '../src/scope/tools.ts'
import { type MemoryTool, MemoryToolSource } from '../src/testing/index.ts'
import { EventBench } from './event-driven/bench.ts'

describeToolSourceContract('MemoryToolSource', {
  create: async () => {
    const counts = new Map<string, number>()
    const tool = (name: string, answer: MemoryTool['answer'], more: Partial<MemoryTool> = {}): MemoryTool => ({
      name,
      description: '',
      inputSchema: { type: 'object', properties: { text: { type: 'string' } } },
      changes: false,
      answer,
      ...more,
    })
    const said = (text: unknown, failed = false) => ({ text: String(text), failed })
    const source: MemoryToolSource = new MemoryToolSource([
      tool('common.say', ({ text }) => said(text)),
      tool('common.save', () => said('saved'), { changes: true }),
      tool('common.key', (_, { key }) => said(key)),
      tool('common.fail', () => said('no', true)),
      tool('common.wait', () => new Promise(() => {})),
      tool('common.count', () => {
        const tenant = source.calls.at(-1)?.tenant ?? ''
        counts.set(tenant, (counts.get(tenant) ?? 0) + 1)
        return said(counts.get(tenant))
      }),
      tool('common.huge', () => said('x'.repeat(10_000))),
      tool('own.say', ({ text }) => said(text), { tenants: ['beta'] }),
      tool('gone.say', () => said('')),
    ])
    source.down.add('gone')
    return { port: { source }, dispose: async () => {} }
  },
})

describe('names of tools outside', () => {
  it('are a server and a tool, or all of a server', () => {
    for (const name of ['files.read_file', 'a.*', 'a-b_c.X-1', `a.${'t'.repeat(61)}`])
      expect(isSourceToolName(name), name).toBe(true)
    for (const name of [
      '',
      '.',
      'a.',
      '.b',
      'a.b.c',
      'a b.c',
      'a.b*',
      'a__b.c',
      '_a.b',
      'a_.b',
      'ä.b',
      'a.b\n',
      `a.${'t'.repeat(62)}`,
    ])
      expect(isSourceToolName(name), name).toBe(false)
    expect(isToolServerName('x'.repeat(33))).toBe(false)
    expect([toolServerOf('files.read_file'), toolServerOf('calculate')]).toEqual(['files', undefined])
  })

  it('are listed by themselves or with all of their server', () => {
    expect(isListed(['files.read_file'], 'files.read_file')).toBe(true)
    expect(isListed(['files.*'], 'files.read_file')).toBe(true)
    expect(isListed(['file.*', 'files.read', '*', 'undefined.*'], 'files.read_file')).toBe(false)
    expect(isListed(['undefined.*'], 'calculate')).toBe(false)
  })
})

describe("an agent's call of a tool outside", () => {
  it('is left when the time is over that its source says, and a minute where it says none', async () => {
    const tool = (name: string, more: object): MemoryTool => ({
      ...{ name, description: '', inputSchema: { type: 'object' }, changes: false, ...more },
      answer: () => new Promise(() => {}),
    })
    const tools = new MemoryToolSource([tool('s.quick', { timeout: 5_000 }), tool('s.usual', {})])
    const bench = await EventBench.open(() => 'x', { tools })
    const scope = await bench.scope()
    const { signal } = new AbortController()
    const answers: string[] = []
    const { tools: found } = await sourceTools(scope, ['s.*'], { signal, areNeeded: true })
    for (const each of found) {
      const call = { input: {}, key: 'k', callId: 'c', results: { get: () => undefined, steps: () => [] }, signal }
      void callTool(scope, each, call).then(({ text }) => answers.push(text))
    }
    await bench.pass(6_000)
    expect(answers).toEqual(['The tool took longer than 5 seconds.'])
    await bench.pass(55_000)
    expect(answers[1]).toBe('The tool took longer than 60 seconds.')
    await bench.stop()
  })
})

describe('a platform without servers outside', () => {
  it('has no tools of theirs', async () => {
    const tools = tenantTools('alpha', undefined)
    const { signal } = new AbortController()
    expect(tools.offers('files.*')).toBe(false)
    expect(await tools.list(['files.*'], signal)).toEqual([])
    await expect(tools.call('files.read_file', {}, { key: '', signal })).rejects.toMatchObject({ code: 'tool_unknown' })
  })
})
