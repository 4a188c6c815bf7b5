import { expect, it } from 'vitest'
import { RestApi } from './support/rest-api.ts'
import { plinthStack, templateOf } from './support/synthesised.ts'

const template = templateOf(plinthStack())

it('[R114] what an authorizer can not check is not let in: 503, in the form of the contract', async () => {
  const called: unknown[] = []
  const api = new RestApi(template, {
    authorizer: () => Promise.reject(new Error('The table is away.')),
    api: async (event: unknown) => void called.push(event),
  })
  const { by, status, headers, body } = await api.ask({ path: '/api/requests', headers: { Authorization: 'Bearer x' } })
  expect([by, status]).toEqual(['AUTHORIZER_CONFIGURATION_ERROR', 503])
  expect(headers).toMatchObject({ 'content-type': 'application/problem+json', 'retry-after': '1' })
  expect(JSON.parse(body)).toEqual({
    type: 'urn:plinth:problem:unavailable',
    title: 'Service Unavailable',
    status: 503,
    detail: 'The service does not answer now.',
    code: 'unavailable',
    request_id: headers['x-request-id'],
  })
  expect(called).toEqual([])
})

it('[R114] the authorizer is asked of every guarded path, whatever a request brings, and of no open one', async () => {
  const asked: string[] = []
  const api = new RestApi(template, {
    authorizer: async ({ path, multiValueHeaders }: { path: string; multiValueHeaders: object }) => {
      asked.push(`${path} ${Object.keys(multiValueHeaders)}`)
      throw new Error('Unauthorized')
    },
    api: async (_: unknown, response: { end(text: string): void }) =>
      response.end(`{"statusCode":200,"headers":{}}${'\0'.repeat(8)}`),
  })
  const guarded = [
    '/api',
    '/api/requests',
    '/v1/messages',
    '/model/a%2Fb/converse',
    '/mcp',
    '/metrics',
    '/openapi.json',
    '/api/session/x',
  ]
  const names = ['Authorization', 'X-Api-Key', 'Cookie', 'X-Other']
  for (const path of guarded)
    for (const name of names)
      expect(await api.ask({ path, headers: { [name]: 'x' } }), path).toMatchObject({ status: 401, by: 'UNAUTHORIZED' })
  expect(asked).toEqual(guarded.flatMap((path) => names.map((name) => `${path} ${name}`)))
  asked.length = 0
  for (const path of ['/', '/healthz', '/readyz', '/.well-known/jwks.json', '/api/session', '/apis'])
    expect(await api.ask({ path }), path).toMatchObject({ status: 200, by: 'server' })
  expect(asked).toEqual([])
})

it('[R114] a base path of a domain takes no part in who is asked: the authorizer is, though it is given another path', async () => {
  const asked: string[] = []
  const called: string[] = []
  const api = new RestApi(template, {
    authorizer: async ({ path }: { path: string }) => {
      asked.push(path)
      throw new Error('Unauthorized')
    },
    api: async ({ path }: { path: string }, response: { end(text: string): void }) => {
      called.push(path)
      response.end(`{"statusCode":404,"headers":{}}${'\0'.repeat(8)}`)
    },
  })
  for (const basePath of ['/models', '/v1'])
    expect(await api.ask({ path: '/v1/messages', basePath }), basePath).toMatchObject({ status: 401, by: 'UNAUTHORIZED' })
  // One that is named like a guarded path leads around the authorizer, not around the server.
  expect(await api.ask({ path: '/messages', basePath: '/v1' })).toMatchObject({ by: 'server' })
  expect([asked, called]).toEqual([['/models/v1/messages', '/v1/v1/messages'], ['/v1/messages']])
})
