import { beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { readStream } from '../support/read-stream.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  await server.registry.create('other', 'Other')
  token = await server.token()
})

async function complete(prompt: string): Promise<string> {
  const { body } = await call<{ request_id: string }>(server.url, '/api/requests', { token, body: { prompt } })
  await until('its end', async () => {
    const shown = await call<{ status: string }>(server.url, `/api/requests/${body.request_id}`, { token })
    return shown.body.status === 'completed'
  })
  return body.request_id
}

const follow = (...paths: readonly string[]): string =>
  `/api/live?${paths.map((path) => `follow=${encodeURIComponent(path)}`).join('&')}`

describe('GET /api/live', () => {
  it('joins streams, each event under the path that it was asked for by, with its own name and id', async () => {
    const id = await complete('Hello')
    const [bus, request] = ['/api/events/stream', `/api/requests/${id}/events`]
    const events = await readStream(server.url, follow(`${bus}@0`, request), token, {
      enough: (found) =>
        found.some(({ event }) => event === 'done') && found.some(({ event }) => event === 'genai.request.completed'),
    })
    const of = (path: string) => events.filter(({ data }) => data.follow === path)
    expect(of(request).map(({ event }) => event)).toContain('done')
    expect(of(bus).map(({ event }) => event)).toContain('genai.request.completed')
    const alone = await readStream(server.url, request, token)
    expect(of(request).map(({ event, data }) => ({ event, id: data.id, data: data.data }))).toEqual(alone)
  })

  it('goes on behind the id of each', async () => {
    const id = await complete('Once more')
    const path = `/api/requests/${id}/events`
    const all = await readStream(server.url, path, token)
    const [first, ...rest] = all
    const taken = await readStream(server.url, follow(`${path}@${first?.id}`), token)
    expect(taken.map(({ data }) => data.id)).toEqual(rest.map((event) => event.id))
  })

  it('tells of a stream that is refused, and follows the others', async () => {
    const id = await complete('Mine')
    const path = `/api/requests/${id}/events`
    const foreign = await server.token({ tenant: 'other' })
    const refused = await readStream(server.url, follow(path, '/api/events/stream'), foreign, {
      enough: ({ length }) => length > 0,
    })
    expect(refused).toMatchObject([{ event: 'problem', data: { follow: path, data: { status: 404, code: 'not_found' } } }])
    const narrow = await server.token({ permissions: ['streams:read'] })
    const denied = await readStream(server.url, follow(path), narrow)
    expect(denied).toMatchObject([{ event: 'problem', data: { data: { status: 403, code: 'permission_denied' } } }])
  })

  it('is for 32 connections of a user at a time; one that is closed makes room, and others have their own', async () => {
    const held = Array.from({ length: 32 }, () => new AbortController())
    const busy = await server.token({ user: 'busy' })
    const connect = (as: string, signal?: AbortSignal) =>
      fetch(server.url + follow('/api/events/stream', '/api/events/stream'), {
        headers: { authorization: `Bearer ${as}` },
        ...(signal ? { signal } : {}),
      })
    for (const { signal } of held) expect((await connect(busy, signal)).status).toBe(200)
    expectProblem(await call(server.url, follow('/api/events/stream'), { token: busy }), 429, 'live_limit')
    const other = new AbortController()
    expect((await connect(token, other.signal)).status).toBe(200)
    other.abort()
    held[0]?.abort()
    await until('there is room', async () => {
      const next = new AbortController()
      held.push(next)
      return (await connect(busy, next.signal)).status === 200
    })
    for (const each of held) each.abort()
  })

  it('ends when whoever follows may no more', async () => {
    await server.registry.create('brief', 'Brief')
    const brief = await server.token({ tenant: 'brief' })
    const admin = await server.token({ permissions: ['*'] })
    const ended = readStream(server.url, follow('/api/events/stream'), brief)
    await call(server.url, '/api/tenants/brief', { method: 'PATCH', token: admin, body: { status: 'suspended' } })
    expect(await ended).toEqual([])
  })

  it.each([
    ['nothing', '/api/live'],
    ['seventeen', follow(...Array.from({ length: 17 }, () => '/api/events/stream'))],
    ['a path that is no stream', follow('/api/requests')],
    ['itself', follow('/api/live')],
    ['an address elsewhere', follow('http://127.0.0.1/api/events/stream')],
    ['a path that is not', follow('/api/nothing/events')],
    ['a route of administration', follow('/api/tenants')],
  ])('refuses to follow %s', async (_, path) => {
    expectProblem(await call(server.url, path, { token }), 400, 'invalid_input', 'follow')
  })

  it('is nothing for who brings no token', async () => {
    expectProblem(await call(server.url, follow('/api/events/stream')), 401, 'token_missing')
  })
})
