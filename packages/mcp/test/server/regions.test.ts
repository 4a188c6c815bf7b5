import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { expectProblem } from '../../../server/test/support/expect-problem.ts'
import { startTestServer, type TestServer } from '../../../server/test/support/test-server.ts'
import { callTool, connect, revisions } from './support/clients.ts'
import { callOf, post } from './support/raw.ts'

/** All bytes of a data folder, as text. */
function bytesOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n')
}

async function makeTenant(server: TestServer, tenant: string, region: string): Promise<void> {
  const token = await server.token({ permissions: ['*'] })
  const body = { tenant_id: tenant, name: tenant, data_residency_region: region }
  expect((await call(server.url, '/api/tenants', { token, body })).status).toBe(201)
}

describe('[R109, X66] tools of a tenant of another region', () => {
  it('work where its data lies, in another folder of this process, or not at all', async () => {
    const [home, europe] = [temporaryFolder(), temporaryFolder()]
    const server = await startTestServer({
      ...{ PLINTH_DATA_DIR: home, PLINTH_REGION: 'us-east-1' },
      PLINTH_REGIONS: `eu-central-1=${europe}`,
    })
    await makeTenant(server, 'europe', 'eu-central-1')
    await makeTenant(server, 'nippon', 'ap-northeast-1')
    const client = await connect(server.url, await server.token({ tenant: 'europe' }))
    const done = await callTool(client, 'submit', { prompt: 'x', request_id: 'mark-of-europe', wait_seconds: 60 })
    expect(done.content).toMatchObject({ status: 'completed' })
    expect([bytesOf(europe), bytesOf(home)].map((bytes) => bytes.includes('mark-of-europe'))).toEqual([true, false])
    const stranded = await server.token({ tenant: 'nippon' })
    expectProblem(await call(server.url, '/mcp', { token: stranded, body: '{' }), 403, 'residency_refused')
    expectProblem(
      await call(server.url, '/mcp', { token: stranded, body: callOf('submit', { prompt: 'x' }) }),
      403,
      'residency_refused',
    )
  })

  it('work by the Plinth that serves it, to which messages are sent on in both revisions', async () => {
    const here = temporaryFolder()
    // Each has to know where the other is: the first port is taken by a server that goes again.
    const first = await startTestServer({ PLINTH_DATA_DIR: here, PLINTH_REGION: 'us-east-1' })
    const { port } = new URL(first.url)
    await first.stop()
    const keys = `http://127.0.0.1:${port}/.well-known/jwks.json`
    const trusted = { issuer: 'plinth@us-east-1', audience: 'plinth', algorithms: ['EdDSA'], tenants: ['acme'], keys }
    const peer = await startTestServer({
      PLINTH_REGION: 'eu-central-1',
      PLINTH_ISSUERS: JSON.stringify([trusted]),
      PLINTH_OUTBOUND_ALLOW: '127.0.0.1',
    })
    const near = await startTestServer({
      ...{ PORT: port, PLINTH_DATA_DIR: here, PLINTH_REGION: 'us-east-1' },
      PLINTH_REGIONS: `eu-central-1=${peer.url}`,
    })
    for (const each of [near, peer]) await makeTenant(each, 'acme', 'eu-central-1')
    const token = await near.token({ tenant: 'acme' })
    for (const revision of revisions) {
      const client = await connect(near.url, token, { revision })
      const told: string[] = []
      const onprogress = ({ message }: { message?: string | undefined }): void => void told.push(message ?? '')
      const given = { prompt: 'Far away.', request_id: `mark-${revision}`, wait_seconds: 60 }
      const { content } = await callTool(client, 'submit', given, { onprogress })
      expect(content).toMatchObject({ status: 'completed', request_id: `mark-${revision}` })
      expect(told.at(-1)).toBe('completed')
      await client.close()
    }
    expect(bytesOf(here)).not.toContain('mark-2')
    await peer.stop()
    expectProblem(await call(near.url, '/mcp', { token, body: callOf('list_agents') }), 503, 'region_unavailable')
    expect((await post(near.url, token, callOf('list_agents'), { origin: 'http://evil.example' })).status).toBe(403)
  })
})
