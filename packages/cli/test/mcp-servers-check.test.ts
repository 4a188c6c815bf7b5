import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { serverEnvironment, startPlinth } from '../../../test/e2e/support/plinth-process.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { mcpServers } from '../src/checks/mcp-servers.ts'
import type { Patient } from '../src/checks/patient.ts'
import { plinth, refusalOf } from './support/plinth.ts'

const root = temporaryFolder()
const own = join(root, 'own')
const good = join(root, 'good.json')
const bad = join(root, 'bad.json')

beforeAll(() => {
  mkdirSync(own)
  writeFileSync(good, JSON.stringify({ mcpServers: { files: { command: 'no-such-program', tenants: ['demo'] } } }))
  writeFileSync(bad, JSON.stringify({ mcpServers: { files: { command: 'no-such-program' } } }))
})

const look = (PLINTH_MCP_SERVERS: string) => mcpServers.look({ variables: { PLINTH_MCP_SERVERS } } as unknown as Patient)

describe('PLINTH_MCP_SERVERS', () => {
  it('is looked at by doctor, which starts none', async () => {
    expect(await look(good)).toEqual({ status: 'ok', message: '1 MCP server for agents: files. None was started.' })
    expect(await look('')).toBeUndefined()
    expect(await look(join(root, 'gone.json'))).toMatchObject({
      status: 'problem',
      message: expect.stringContaining('gone.json'),
    })
  })

  it('that is wrong is refused by a start in the words of doctor', async () => {
    const found = await look(bad)
    expect(found).toMatchObject({ status: 'problem', message: expect.stringContaining('"tenants": ["demo"]') })
    const refused = refusalOf(await plinth(['start'], serverEnvironment(own, { PLINTH_MCP_SERVERS: bad })))
    expect(refused).toContain(found?.message)
  })

  it('names servers that need not be there for a start', async () => {
    const { process } = await startPlinth(own, { PLINTH_MCP_SERVERS: good })
    expect((await process.stop()).code).toBe(0)
  })
})
