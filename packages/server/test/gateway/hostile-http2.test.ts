import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call } from '../../../../test/e2e/support/api.ts'
import { sendRaw, statusOf } from '../../../../test/e2e/support/raw-http.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'
import { block, flags, frame, RawConnection, types } from './support/frames.ts'

const model = 'scripted'
const converse = { ':method': 'POST', ':path': `/model/${model}/converse` }
const question = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Say something.' }] }] })

let server: TestServer
let token: string
beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
})

const sessions = new Set<ClientHttp2Session>()

function open(options: Parameters<typeof connect>[1] = {}): ClientHttp2Session {
  const session = connect(server.url, options)
  session.on('error', () => {})
  sessions.add(session)
  return session
}

// Whatever a test sent, the server still serves, by both versions.
afterEach(async () => {
  expect((await call(server.url, '/readyz')).status).toBe(200)
  const { status, text } = await answered(
    open()
      .request({ ...converse, authorization: `Bearer ${token}` })
      .end(question),
  )
  expect([status, text]).toEqual([200, expect.stringContaining('Scripted')])
  for (const session of sessions) session.destroy()
  sessions.clear()
})

interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

function answered(request: ClientHttp2Stream): Promise<Answered> {
  return new Promise((resolve, reject) => {
    let headers: Readonly<Record<string, unknown>> = {}
    let text = ''
    request.on('response', (found) => {
      headers = found
    })
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    request.on('error', reject)
    request.on('close', () =>
      headers[':status'] === undefined
        ? reject(new Error(`reset ${request.rstCode}`))
        : resolve({ status: Number(headers[':status']), headers, text }),
    )
  })
}

const bearer = (): Record<string, string> => ({ authorization: `Bearer ${token}` })
const asked = (more: Readonly<Record<string, string>> = {}): Buffer =>
  block({ ':method': 'GET', ':scheme': 'http', ':path': '/api/requests', ':authority': 'x', ...bearer(), ...more })

describe('one session', () => {
  it('carries as many requests at once as it may, and then more', async () => {
    const session = open()
    const answers = await Promise.all(
      Array.from({ length: 600 }, () => answered(session.request({ ...converse, ...bearer() }).end(question))),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ headers }) => headers['x-request-id'])).size).toBe(600)
  })

  it('goes on when requests on it are reset, before, in and after their bodies', async () => {
    const session = open()
    const requests = Array.from({ length: 90 }, (_, number) => {
      const request = session.request({ ...converse, ...bearer() })
      request.on('error', () => {})
      if (number % 3 === 1) request.write(question.slice(0, 20))
      if (number % 3 === 2) request.end(question)
      return request
    })
    await new Promise((resolve) => session.ping(Buffer.alloc(8), resolve))
    for (const request of requests) request.close(constants.NGHTTP2_CANCEL)
    expect((await answered(session.request({ ...converse, ...bearer() }).end(question))).status).toBe(200)
  })

  it('takes a body piece by piece, with trailers behind it, and none that is too long or another length', async () => {
    const session = open()
    const slow = session.request({ ...converse, ...bearer() }, { waitForTrailers: true } as object)
    slow.on('wantTrailers', () => slow.sendTrailers({ 'x-checksum': 'odd' }))
    for (const character of question) slow.write(character)
    expect((await answered(slow.end())).status).toBe(200)
    const long = session.request({ ...converse, ...bearer(), 'content-length': `${20 * 1024 * 1024}` })
    const { status, headers } = await answered(long)
    expect([status, headers['x-amzn-errortype']]).toEqual([413, 'ValidationException'])
    const unannounced = session.request({ ...converse, ...bearer() })
    unannounced.on('error', () => {})
    const refused = answered(unannounced)
    unannounced.end(Buffer.alloc(11 * 1024 * 1024, ' '))
    expect((await refused).status).toBe(413)
    const wrong = session.request({ ...converse, ...bearer(), 'content-length': '5' }).end(question)
    await expect(answered(wrong)).rejects.toThrow()
  })

  it('carries a stream of events beside other requests', async () => {
    const { body } = await call<Acknowledgement>(server.url, '/api/requests', { token, body: { prompt: 'Tell.' } })
    const session = open()
    const events = answered(session.request({ ':path': `/api/requests/${body.request_id}/events`, ...bearer() }))
    expect((await answered(session.request({ ':path': '/healthz' }))).status).toBe(200)
    const { headers, text } = await events
    expect(headers['content-type']).toBe('text/event-stream')
    expect(text).toMatch(/event: done\n/)
  })

  it('answers HEAD, CONNECT and odd expectations as everything else', async () => {
    const session = open()
    const head = await answered(session.request({ ':method': 'HEAD', ':path': '/v1/models', ...bearer() }))
    const get = await answered(session.request({ ':path': '/v1/models', ...bearer() }))
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': `${Buffer.byteLength(get.text)}` } })
    for (const headers of [
      { ':method': 'CONNECT', ':authority': 'x:443' },
      { ':path': '/nowhere', expect: '200-ok' },
    ]) {
      const { status, headers: found } = await answered(session.request(headers))
      expect([404, 405]).toContain(status)
      expect(found['x-request-id']).toMatch(/\S/)
    }
    const expected = session.request({ ...converse, ...bearer(), expect: '100-continue' })
    expect((await answered(expected.end(question))).status).toBe(200)
  })

  it.each(['', 'a b', '[', 'x:99999', 'evil.example#@x', 'user@x', '\u00e4'])(
    'with the authority "%s" is asked the same',
    async (authority) => {
      const session = open()
      const request = session.request({ ':path': '/v1/models', ':authority': authority, ...bearer() })
      const status = await answered(request).then(
        (found) => found.status,
        () => 'reset',
      )
      expect([200, 400, 'reset']).toContain(status)
    },
  )
})

describe('floods', () => {
  it('of headers are refused, one request or the whole session', async () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`x-${index}`, '1']))
    const long = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`x-${index}`, 'a'.repeat(3_000)]))
    for (const headers of [many, long]) {
      const session = open({ maxSendHeaderBlockLength: 10_000_000 })
      // What is announced holds from when the client has confirmed it; until then the limit is nghttp2's, eight continuations.
      await new Promise((resolve) => session.once('connect', () => session.ping(Buffer.alloc(8), resolve)))
      await expect(answered(session.request({ ':path': '/v1/models', ...bearer(), ...headers }))).rejects.toThrow()
    }
    // A token of nine thousand bytes is nothing out of the way.
    const session = open()
    const { status } = await answered(session.request({ ':path': '/v1/models', authorization: `Bearer ${'a'.repeat(9_000)}` }))
    expect(status).toBe(401)
  })

  it('of continuations end the connection', async () => {
    const raw = new RawConnection(server.url)
    await raw.greet()
    await raw.send(frame(types.headers, 0, 1, asked()))
    for (let sent = 0; sent < 5_000 && !raw.closed; sent++)
      await raw.send(frame(types.continuation, 0, 1, block({ 'x-more': 'a'.repeat(1_000) })))
    await until('its end', () => raw.closed)
  })

  it('of a small block that unpacks into much are refused', async () => {
    const raw = new RawConnection(server.url)
    await raw.greet()
    // A header of 4,000 bytes goes into the table once, and is referred to by one byte each time (RFC 7541, 6.1).
    const name = Buffer.from([0x40, 1, 'x'.charCodeAt(0), 127, ...[((3_000 - 127) % 128) | 128, Math.floor((3_000 - 127) / 128)]])
    const bomb = Buffer.concat([asked(), name, Buffer.alloc(3_000, 'a'), Buffer.alloc(8_000, 0x80 | 62)])
    await raw.send(frame(types.headers, flags.endHeaders | flags.endStream, 1, bomb))
    await until('a refusal', () => raw.closed || raw.frames.some(({ type }) => type === types.reset || type === types.goAway))
    expect(raw.frames.some(({ type }) => type === types.headers)).toBe(false)
    raw.socket.destroy()
  })

  it('of resets end the session [CVE-2023-44487]', async () => {
    const raw = new RawConnection(server.url)
    await raw.greet()
    const head = asked()
    const cancel = Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL])
    for (let stream = 1; stream < 20_000 && !raw.closed; stream += 2)
      await raw.send(
        frame(types.headers, flags.endHeaders | flags.endStream, stream, head),
        frame(types.reset, 0, stream, cancel),
      )
    await until('its end', () => raw.closed || raw.frames.some(({ type }) => type === types.goAway))
    raw.socket.destroy()
  })

  it.each([
    ['pings', types.ping, Buffer.alloc(8)],
    ['settings', types.settings, Buffer.alloc(0)],
  ])('of %s whose answers nobody reads end the session', async (_, type, payload) => {
    const raw = new RawConnection(server.url)
    await raw.greet()
    raw.socket.pause()
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => frame(type, 0, 0, payload)))
    for (let sent = 0; sent < 200 && !raw.socket.destroyed && raw.socket.writable; sent++) {
      const handed = raw.send(flood)
      const stuck = performance.now() + 500
      await Promise.race([handed, until('more room', () => raw.closed || performance.now() > stuck)])
    }
    raw.socket.resume()
    await until('its end', () => raw.closed || raw.frames.some(({ type: found }) => found === types.goAway))
    raw.socket.destroy()
  })

  it('of streams are held to what is allowed at a time', async () => {
    const raw = new RawConnection(server.url)
    await raw.greet()
    const head = block({
      ':method': 'POST',
      ':scheme': 'http',
      ':path': '/model/scripted/converse',
      ':authority': 'x',
      ...bearer(),
    })
    for (let stream = 1; stream < 2_000 && !raw.closed; stream += 2)
      await raw.send(frame(types.headers, flags.endHeaders, stream, head))
    const refused = (): boolean => raw.frames.some(({ type }) => type === types.reset || type === types.goAway)
    await until('a refusal', () => raw.closed || refused())
    raw.socket.destroy()
  })
})

describe('a change of protocol', () => {
  it('by an upgrade is passed over: HTTP/1.1 answers', async () => {
    const settings = 'Connection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'
    const request = `GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n${settings}\r\n`
    expect(statusOf(await sendRaw(server.url, request))).toBe(200)
    expect(statusOf(await sendRaw(server.url, request.replace(/Authorization.*\r\n/, '')))).toBe(401)
  })
})

describe('a server that stops', () => {
  it('ends within its time, whatever is open', async () => {
    const own = await startTestServer()
    const grant = await own.token()
    const idle = connect(own.url)
    const busy = connect(own.url)
    for (const session of [idle, busy]) session.on('error', () => {})
    await answered(idle.request({ ':path': '/healthz' }))
    const half = busy.request({ ...converse, authorization: `Bearer ${grant}` })
    half.on('error', () => {})
    half.write('{')
    const raws = Array.from({ length: 3 }, () => new RawConnection(own.url))
    await raws[1]?.send('PR')
    await raws[2]?.greet()
    await until('a greeting', () => raws[2]?.frames.length)
    const started = performance.now()
    await own.stop()
    expect(performance.now() - started).toBeLessThan(8_500)
    await until('the end of all connections', () => idle.closed && busy.closed && raws.every(({ closed }) => closed), {
      within: 1_000,
    })
  })
})
