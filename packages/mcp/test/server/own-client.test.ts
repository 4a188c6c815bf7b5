import { beforeAll, describe, expect, it } from 'vitest'
import { listAll } from '../../../../test/e2e/support/api.ts'
import { startTestServer, type TestServer } from '../../../server/test/support/test-server.ts'
import { openSource } from '../support/open-source.ts'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

const { signal } = new AbortController()

describe('agents of one Plinth with the tools of another', () => {
  it('see which of them change things, and are answered', async () => {
    const headers = { authorization: `Bearer ${token}` }
    const source = openSource({ other: { url: `${server.url}/mcp`, headers } })
    const tools = await source.list('demo', ['other.*'], signal)
    expect(tools.filter(({ changes }) => changes).map(({ name }) => name)).toEqual([
      'other.ingest',
      'other.submit',
      'other.run_workflow',
      'other.cancel_workflow',
    ])
    const found = await source.call('demo', 'other.search', { query: 'pumps' }, { key: 'one', signal })
    expect(found).toMatchObject({ failed: false, text: expect.stringContaining('"results":[]') })
    const refused = await source.call('demo', 'other.search', { query: '' }, { key: 'two', signal })
    expect(refused).toMatchObject({ failed: true, text: expect.stringContaining('invalid_input') })
  })

  it('begin nothing twice when a step is done again after a crash', async () => {
    const headers = { authorization: `Bearer ${token}` }
    for (let attempt = 0; attempt < 2; attempt++) {
      const source = openSource({ other: { url: `${server.url}/mcp`, headers } })
      const { failed } = await source.call('demo', 'other.submit', { prompt: 'Hello.' }, { key: 'run-7/step-1', signal })
      expect(failed).toBe(false)
    }
    expect(await listAll(server.url, '/api/requests', token)).toHaveLength(1)
  })
})
