import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { startTestServer, type TestServer } from '../../server/test/support/test-server.ts'
import { step, Workflows } from '../../server/test/support/workflows.ts'
import { published } from './support/open-source.ts'
import { childrenOf, isAlive } from './support/processes.ts'
import { type ModelTurn, type ScriptedModel, serveModel } from './support/serve-model.ts'

const folder = temporaryFolder()
let model: ScriptedModel
let server: TestServer
let workflows: Workflows

beforeAll(async () => {
  for (const tenant of ['demo', 'other']) {
    await mkdir(join(folder, tenant), { recursive: true })
    await writeFile(join(folder, tenant, 'stock.csv'), `item,boxes\nscrews of ${tenant},12\n`)
  }
  const file = join(folder, 'mcp.json')
  const files = { ...published('server-filesystem', [join(folder, `\${tenant}`)]), tenants: ['demo', 'other'] }
  const hidden = { ...published('server-memory'), tenants: ['other'] }
  await writeFile(file, JSON.stringify({ mcpServers: { files, hidden } }))
  model = await serveModel()
  server = await startTestServer({
    PLINTH_MODEL: 'openai-compatible/scripted-tools',
    PLINTH_MODEL_BASE_URL: model.url,
    PLINTH_MODEL_API_KEY: 'none',
    PLINTH_MCP_SERVERS: file,
  })
  workflows = new Workflows(server.url, await server.token())
})

afterAll(async () => {
  await model?.close()
})

const agent = (body: object) =>
  call<{ readonly code?: string; readonly field?: string }>(server.url, '/api/agents', { body, token: workflows.token })
const plan = { steps: [step('look', [], { agent_type: 'clerk' }), step('write', ['look'], { agent_type: 'report' })] }
const path = (name: string): string => join(folder, 'demo', name)

describe('an agent with tools of an MCP server [R50, R67, X42]', () => {
  it('reads a file within a workflow, through the real server, and its finding reaches the report', async () => {
    expect((await agent({ type: 'clerk', tools: ['files.read_text_file', 'calculate'] })).status).toBe(201)
    const offered: string[][] = []
    model.answer = ({ asked, tools, toolResults }): ModelTurn => {
      if (!asked.includes('Do look.')) return { text: `Report: ${/\d+ boxes/.exec(asked)?.[0]}.` }
      offered.push(tools.map(({ name }) => name))
      if (toolResults.length === 0) return { call: 'files__read_text_file', input: { path: path('stock.csv') } }
      return { text: `There are ${/,(\d+)/.exec(toolResults[0] ?? '')?.[1]} boxes.` }
    }
    const ended = await workflows.run({ request: 'Report on the stock.', plan })
    expect(ended).toMatchObject({ status: 'completed', result: { text: 'Report: 12 boxes.' } })
    expect(ended.steps.look).toMatchObject({ status: 'completed', result: 'There are 12 boxes.' })
    // What its list names, and nothing else of the server.
    expect(offered[0]?.toSorted()).toEqual(['calculate', 'files__read_text_file'])
  })

  it('waits for somebody before it writes a file, which is then written once', async () => {
    expect((await agent({ type: 'writer', tools: ['files.*'] })).status).toBe(201)
    model.answer = ({ asked, toolResults }): ModelTurn => {
      if (!asked.includes('Do look.')) return { text: 'Reported.' }
      if (toolResults.length === 0)
        return { call: 'files__write_file', input: { path: path('note.txt'), content: 'Order screws.' } }
      return { text: toolResults[0] ?? '' }
    }
    const writing = { steps: [step('look', [], { agent_type: 'writer' }), step('write', ['look'], { agent_type: 'report' })] }
    const id = await workflows.start({ request: 'Leave a note.', plan: writing })
    await workflows.reach(id, 'awaiting_approval', 'completed', 'failed')
    expect(existsSync(path('note.txt'))).toBe(false)
    expect((await workflows.ask(`/${id}/approve`, { body: { step: 'look' } })).status).toBe(200)
    const ended = await workflows.reach(id, 'completed', 'failed')
    expect(ended.steps.look).toMatchObject({ status: 'completed', result: expect.stringContaining('Successfully wrote') })
    expect(await readFile(path('note.txt'), 'utf8')).toBe('Order screws.')
  })

  it('is told what goes wrong in a tool, and does without', async () => {
    model.answer = ({ asked, toolResults }): ModelTurn => {
      if (!asked.includes('Do look.')) return { text: 'Reported.' }
      if (toolResults.length === 0) return { call: 'files__read_text_file', input: { path: join(folder, 'other', 'stock.csv') } }
      return { text: `I was told: ${toolResults[0]}` }
    }
    const { steps } = await workflows.run({ request: 'Look elsewhere.', plan })
    expect(steps.look).toMatchObject({ status: 'completed', result: expect.stringContaining('Access denied') })
    expect(steps.look?.result).not.toContain('screws of other')
  })

  it("can't name a server that isn't its tenant's, or none at all", async () => {
    for (const tool of ['hidden.read_graph', 'hidden.*', 'nobody.read', 'files.'])
      expect(await agent({ type: 'spy', tools: ['calculate', tool] }), tool).toMatchObject({
        status: 400,
        body: { code: 'tool_unknown', field: 'tools.1' },
      })
  })

  it('leaves no process behind when the server stops', async () => {
    const started = await childrenOf(process.pid)
    expect(started.length).toBeGreaterThan(0)
    await server.stop()
    for (const pid of started) expect(await isAlive(pid)).toBe(false)
  })
})
