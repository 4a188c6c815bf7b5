import { rag } from '@plinth/core'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { startServer } from '../src/node.ts'

interface Described {
  readonly paths: Readonly<Record<string, unknown>>
}

it('a server of some patterns has their paths and no others, and its issuer signs what it takes', async () => {
  const environment = {
    PORT: '0',
    PLINTH_DATA_DIR: temporaryFolder(),
    PLINTH_MODEL: 'scripted',
    PLINTH_EMBEDDING_MODEL: 'local/hashing',
    PLINTH_LOG_LEVEL: 'silent',
  }
  const server = await startServer({ environment, patterns: [rag], onFatal: (error) => expect.fail(error.message) })
  try {
    const token = await server.issuer.sign({ tenant: 'demo', user: 'test', permissions: ['*'], lifetime: 600 })
    const ask = (path: string): Promise<Response> => fetch(server.url + path, { headers: { authorization: `Bearer ${token}` } })
    expect((await ask('/readyz')).status).toBe(200)
    expect((await ask('/api/documents')).status).toBe(200)
    for (const path of ['/api/requests', '/api/workflows', '/api/streams', '/api/tenants', '/api/subscribers'])
      expect((await ask(path)).status, path).toBe(404)
    const { paths } = (await (await ask('/openapi.json')).json()) as Described
    expect(Object.keys(paths)).toContain('/api/rag/query')
    expect(Object.keys(paths)).not.toContain('/api/requests')
  } finally {
    await server.stop()
  }
})
