import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { call, type Problem } from '../../../test/e2e/support/api.ts'
import { sendRaw, statusOf } from '../../../test/e2e/support/raw-http.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

let server: TestServer
let token: string

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

// Whatever a test sent, the server still serves.
afterEach(async () => {
  expect((await call(server.url, '/readyz')).status).toBe(200)
  expect((await call(server.url, '/api/requests?limit=1', { token })).status).toBe(200)
})

const get = (target: string, headers = ''): string =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${headers}Connection: close\r\n\r\n`

/** No error of ours, and an answer in our form. */
function expectRefusal(answer: string, statuses: readonly number[]): void {
  expect(statuses, answer.slice(0, 400)).toContain(statusOf(answer))
  expect(answer).not.toMatch(/node_modules|\n\s+at /)
}

describe('odd paths', () => {
  it.each([
    '//',
    '//api/requests',
    '/api//requests',
    '/api/requests//',
    '/api/requests/%2F',
    '/api/requests/a%2Fb',
    '/api/requests/..%2f..%2fetc%2fpasswd',
    '/api/requests/%2e%2e',
    '/api/../api/requests/x',
    '/api/requests/%00',
    '/api/requests/%0d%0aX-Evil:%201',
    '/api/requests/%zz',
    '/api/requests/%',
    '/api/requests/%ff%fe',
    '/api/requests/%c0%ae%c0%ae',
    '/api/requests/%ED%A0%80',
    '/api/requests/%F0%9F%98%80',
    `/api/requests/${'a'.repeat(5_000)}`,
    '/api/requests/a;b=c',
    '/api/requests/{id}',
    '/api/requests/:id',
    '/api/requests/*',
    '/api/requests/x?%',
    '/api/requests?limit=%zz',
    '/api/requests?&&&=&',
    '/api/requests?__proto__=1',
    '/api/requests?constructor=1',
    '/api/traces/%00',
    '/api/traces/__proto__',
    '/api/dead-letters/%2F/redrive',
    '/.well-known/../api/requests/x',
    '/%61pi/requests/x',
    '/API/REQUESTS',
    '\\api\\requests',
    '*',
    '/\u00e4\u00f6',
  ])('%s is refused in good form', async (path) => {
    const answer = await sendRaw(server.url, Buffer.from(get(path), 'latin1'))
    expectRefusal(answer, [400, 401, 404, 405])
  })

  it('steps upward in a path lead to no more than the path that they lead to', async () => {
    for (const path of [
      '/healthz/../api/requests',
      '/healthz/%2e%2e/api/requests',
      '/.well-known/%2E%2E/api/requests/x',
      '/x/..%2fapi/requests',
    ]) {
      const answer = await sendRaw(server.url, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      expectRefusal(answer, path.includes('2f') ? [404] : [401])
    }
  })

  it('the absolute form works as its path does, whatever host it names', async () => {
    expectRefusal(await sendRaw(server.url, get('http://elsewhere.example/api/requests/nobody')), [404])
    expectRefusal(await sendRaw(server.url, get('http://elsewhere.example/api/requests?limit=1')), [200])
    expectRefusal(await sendRaw(server.url, get('http://u:p@elsewhere.example:99999/api/requests')), [200, 400])
    expectRefusal(await sendRaw(server.url, get('ftp://x/y')), [400, 401, 404])
  })

  it.each([
    '',
    'localhost',
    'evil.example',
    'a b',
    '[::1',
    '[',
    'x:99999',
    'x:port',
    '%',
    '<script>',
    'x/y',
    'user@x',
    `${'a'.repeat(4_000)}`,
    '\u00e4',
  ])('the host "%s" is no error of ours', async (host) => {
    const request = `GET /api/requests HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nConnection: close\r\n\r\n`
    const answer = await sendRaw(server.url, Buffer.from(request, 'latin1'))
    expectRefusal(answer, [200, 400])
    // The contract: every response has one.
    expect(answer).toMatch(/^x-request-id: \S+/im)
  })

  it('without a host, and in HTTP/1.0', async () => {
    expectRefusal(await sendRaw(server.url, 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'), [200, 400])
    expectRefusal(await sendRaw(server.url, 'GET /healthz HTTP/1.0\r\n\r\n'), [200, 400])
  })
})

describe('headers', () => {
  it('too many or too long are refused', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => `X-${index}: 1\r\n`).join('')
    expectRefusal(await sendRaw(server.url, get('/api/requests', many)), [431])
    expectRefusal(await sendRaw(server.url, get('/api/requests', `X-Long: ${'a'.repeat(1_000_000)}\r\n`)), [431])
    expectRefusal(await sendRaw(server.url, get(`/api/requests?${'a'.repeat(100_000)}`)), [431])
  })

  it('that nobody may send are refused', async () => {
    expectRefusal(await sendRaw(server.url, get('/api/requests', 'X-Bad\u0000: 1\r\n')), [400])
    const answer = await sendRaw(server.url, get('/api/requests', 'no colon here\r\n'))
    expectRefusal(answer, [400])
    expect(answer).toMatch(/^x-request-id: \S+\r\n/m)
    expect(answer).toContain('application/problem+json')
    const smuggled = `POST /api/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
    expectRefusal(await sendRaw(server.url, smuggled), [400])
  })

  it('expectations and upgrades that we do not serve are no error of ours', async () => {
    expectRefusal(await sendRaw(server.url, get('/api/requests', 'Expect: 200-ok\r\n')), [200, 417])
    expectRefusal(await sendRaw(server.url, get('/api/requests', 'Upgrade: websocket\r\n')), [200, 400, 426])
    expectRefusal(await sendRaw(server.url, 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n'), [0, 400, 404, 405])
  })
})

describe('connections', () => {
  it.each([
    ['random bytes', randomBytes(4_096)],
    ['a TLS greeting', Buffer.from('16030100f7010000f30303', 'hex')],
    ['HTTP/2', Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')],
    ['line breaks', Buffer.from('\r\n'.repeat(10_000))],
    ['nulls', Buffer.alloc(100_000)],
    ['half a line', Buffer.from('GET /api')],
  ])('%s', async (_, bytes) => {
    expectRefusal(await sendRaw(server.url, bytes, { within: 500 }), [0, 400, 404, 405, 431])
  })

  it('many that send nothing, or a header byte by byte, keep nobody out', async () => {
    const { hostname, port } = new URL(server.url)
    const sockets: Socket[] = Array.from({ length: 200 }, () => connect(Number(port), hostname))
    try {
      await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
      for (const [index, socket] of sockets.entries()) if (index % 2 === 0) socket.write('POST /api/requests HTTP/1.1\r\nHost')
      const started = Date.now()
      expect((await call(server.url, '/api/requests', { token, body: { prompt: 'still there' } })).status).toBe(202)
      expect(Date.now() - started).toBeLessThan(2_000)
    } finally {
      for (const socket of sockets) socket.destroy()
    }
  })

  it('a body that breaks off is nothing accepted', async () => {
    const own = await server.registry.create('breaker', 'Breaker')
    const ownToken = await server.token({ tenant: own.tenant_id })
    const head = `POST /api/requests HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ownToken}\r\nContent-Type: application/json\r\n`
    for (const start of [
      `${head}Content-Length: 1000\r\n\r\n{"prompt":"x"}`,
      `${head}Transfer-Encoding: chunked\r\n\r\ne\r\n{"prompt":"x"}\r\n`,
    ]) {
      const { hostname, port } = new URL(server.url)
      const socket = connect(Number(port), hostname)
      await new Promise((resolve) => socket.write(start, resolve))
      socket.destroy()
      await until('the end of the socket', () => socket.destroyed)
    }
    const { body } = await call<{ items: object[] }>(server.url, '/api/requests', { token: ownToken })
    expect(body.items).toEqual([])
  })

  it('100 pipelined requests are answered in order', async () => {
    const one = (id: number): string =>
      `GET /api/requests/p${id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${id === 99 ? 'Connection: close\r\n' : ''}\r\n`
    const { hostname, port } = new URL(server.url)
    const text = await new Promise<string>((resolve) => {
      const socket = connect(Number(port), hostname)
      let answer = ''
      socket.on('data', (bytes: Buffer) => (answer += bytes.toString()))
      socket.on('close', () => resolve(answer))
      socket.write(Array.from({ length: 100 }, (_, id) => one(id)).join(''))
    })
    const bodies = text
      .split(/HTTP\/1\.1 404/)
      .slice(1)
      .map((part) => JSON.parse(part.slice(part.indexOf('{'))) as Problem)
    expect(bodies).toHaveLength(100)
    expect(new Set(bodies.map((body) => body.request_id)).size).toBe(100)
  })
})
