import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { call } from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

/** What the provider of models answers. */
let status = 200
let provider: Server
let server: TestServer
let token: string

beforeAll(async () => {
  provider = createServer((_, response) => {
    response.statusCode = status
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ error: { message: 'SECRET of the provider' } }))
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
  server = await startTestServer({
    ...{ PLINTH_MODEL: 'openai-compatible/writer', PLINTH_EMBEDDING_MODEL: 'openai-compatible/vectors' },
    PLINTH_MODEL_BASE_URL: url,
  })
  token = await server.token()
  const documents = [{ source: 'heron.txt', content: 'The heron nests in the old tower.' }]
  await call(server.url, '/api/documents', { token, body: { documents } })
  await until('it is read', async () => {
    const { body } = await call<{ results: unknown[] }>(server.url, '/api/rag/retrieve', { token, body: { query: 'heron' } })
    return body.results.length === 1
  })
})
afterAll(() => {
  provider.closeAllConnections()
  provider.close()
})

it.each([
  [500, 503, 'model_unavailable'],
  [401, 502, 'model_access_denied'],
  [400, 502, 'model_request_refused'],
])('a model that answers %i is told as %i, without its words, and words find all the same', async (answered, told, code) => {
  status = answered
  const question = { token, body: { query: 'Where does the heron nest?' } }
  const answer = await call(server.url, '/api/rag/query', question)
  expectProblem(answer, told, code)
  expect(answer.text).not.toContain('SECRET')
  const found = await call<{ results: { source: string }[] }>(server.url, '/api/rag/retrieve', question)
  expect(found.body.results.map(({ source }) => source)).toEqual(['heron.txt'])
})
