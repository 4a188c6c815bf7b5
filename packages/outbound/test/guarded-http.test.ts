import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { OutboundError, type OutboundRequest, type OutboundResponse } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { systemClock } from '@plinth/local'
import { GuardedHttp, type GuardedHttpOptions } from '@plinth/outbound'
import { afterEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { Receiver } from './receiver.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function guarded(options: Partial<GuardedHttpOptions> = {}): GuardedHttp {
  const outbound = new GuardedHttp({ clock: systemClock, allow: ['127.0.0.1'], ...options })
  closers.push(() => outbound.close())
  return outbound
}

async function receiver(...parts: Parameters<typeof Receiver.open>): Promise<Receiver> {
  const opened = await Receiver.open(...parts)
  closers.push(() => opened.close())
  return opened
}

/** A server that says what it likes, byte by byte. */
async function rawServer(talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => talk(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function post(outbound: GuardedHttp, url: string, parts: Partial<OutboundRequest> = {}): Promise<OutboundResponse> {
  return outbound.send({ method: 'POST', url, body: '{}', timeout: 5_000, maxBytes: 1_000, ...parts })
}

async function failure(sending: Promise<OutboundResponse>): Promise<OutboundError> {
  const error = await sending.then(
    ({ status }) => new Error(`It was answered with ${status}.`),
    (caught: unknown) => caught,
  )
  if (!(error instanceof OutboundError)) throw error
  return error
}

describe('[R21] names', () => {
  it('one bad address among good ones refuses them all', async () => {
    const there = await receiver()
    for (const addresses of [
      ['127.0.0.1', '10.0.0.1'],
      ['::1', '127.0.0.1'],
      ['93.184.215.14', '169.254.169.254'],
      ['::ffff:10.0.0.1'],
    ]) {
      const outbound = guarded({ lookup: async () => addresses })
      expect((await failure(post(outbound, there.url('/', 'mixed.test')))).code).toBe('address_refused')
    }
    expect(there.connections).toBe(0)
  })

  it('a name that changes its mind is called where it was looked at: no second look-up', async () => {
    const there = await receiver()
    let lookups = 0
    const outbound = guarded({ lookup: async () => (lookups++ === 0 ? ['127.0.0.1'] : ['169.254.169.254']) })
    expect((await post(outbound, there.url('/', 'rebinding.test'))).status).toBe(200)
    expect(lookups).toBe(1)
    // The next connection looks again, and is refused; none goes to what the first look-up said.
    const others = await Promise.all(
      [1, 2, 3].map(() => post(outbound, there.url('/', 'rebinding.test')).catch((error: OutboundError) => error)),
    )
    for (const other of others) if (other instanceof Error) expect(other.code).toBe('address_refused')
    expect(there.connections).toBe(1)
  })

  it('a name without addresses, and one whose look-up fails, is unreachable, with a reason and without the name', async () => {
    const none = await failure(post(guarded({ lookup: async () => [] }), 'http://secret-name.test/'))
    expect(none).toMatchObject({ code: 'unreachable', reason: 'ENOTFOUND' })
    const fault = Object.assign(new Error('queryA ESERVFAIL secret-name.test'), { code: 'ESERVFAIL' })
    const failed = await failure(post(guarded({ lookup: () => Promise.reject(fault) }), 'http://secret-name.test/'))
    expect(failed).toMatchObject({ code: 'unreachable', reason: 'ESERVFAIL' })
    expect(JSON.stringify({ ...failed, message: failed.message, cause: failed.cause })).not.toContain('secret-name')
  })

  it('a look-up that never ends is a timeout', async () => {
    const outbound = guarded({ lookup: () => new Promise(() => {}) })
    expect((await failure(post(outbound, 'http://slow.test/', { timeout: 100 }))).code).toBe('timeout')
  })

  it('a name on the allow list is looked up as the system does, and may lead anywhere', async () => {
    const there = await receiver()
    const outbound = guarded({ allow: [`localhost:${there.port}`], lookup: () => Promise.reject(new Error('not asked')) })
    expect((await post(outbound, there.url('/', 'localhost'))).status).toBe(200)
    expect((await failure(post(outbound, there.url('/', '127.0.0.1')))).code).toBe('address_refused')
  })
})

describe('receivers that mean no good', () => {
  it('one that drips its headers, or its body, is cut off in time', async () => {
    for (const start of ['HTTP/1.1 200 OK\r\nx-a: ', 'HTTP/1.1 200 OK\r\n\r\n']) {
      let dripped = 0
      const url = await rawServer((socket) => {
        socket.write(start)
        const timer = setInterval(() => socket.write('a', () => dripped++), 10)
        socket.on('close', () => clearInterval(timer))
      })
      const started = Date.now()
      expect((await failure(post(guarded(), url, { timeout: 300, maxBytes: 1e6 }))).code).toBe('timeout')
      expect(Date.now() - started).toBeLessThan(2_000)
      expect(dripped).toBeGreaterThan(3)
    }
  })

  it('one that never stops talking is cut off at the most bytes', async () => {
    let closed = false
    const url = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      const talk = (): void => {
        while (socket.write('x'.repeat(65_536)));
      }
      socket.on('drain', talk).on('close', () => (closed = true))
      talk()
    })
    expect(await failure(post(guarded(), url))).toMatchObject({ code: 'too_large', status: 200 })
    await until('the connection is closed', () => closed)
  })

  it('one that says it will is not even listened to', async () => {
    const url = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n'))
    expect(await failure(post(guarded(), url))).toMatchObject({ code: 'too_large', status: 200 })
  })

  it.each([
    ['nonsense', 'SSH-2.0-OpenSSH_9.2\r\n', 'response_malformed'],
    ['endless headers', `HTTP/1.1 200 OK\r\n${'x-a: 0123456789\r\n'.repeat(2_000)}\r\n`, 'response_malformed'],
    ['a length said twice', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', 'response_malformed'],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n',
      'response_malformed',
    ],
    ['an answer that breaks off', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc', 'unreachable'],
    ['nothing at all', '', 'unreachable'],
  ])('%s is no answer', async (_, text, code) => {
    const url = await rawServer((socket) => socket.end(text))
    expect((await failure(post(guarded(), url))).code).toBe(code)
  })

  it('what is packed stays packed: a small answer can not become a large one', async () => {
    const packed = gzipSync('x'.repeat(1_000_000))
    const there = await receiver((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed))
    const answer = await post(guarded(), there.url('/'), { maxBytes: 10_000 })
    expect(Buffer.from(answer.body).equals(packed)).toBe(true)
  })

  it('a redirect to a place that is closed leads nowhere', async () => {
    const inside = await receiver()
    const there = await receiver((_, response) =>
      response.writeHead(307, { location: inside.url('/secrets', 'localhost') }).end(),
    )
    expect((await post(guarded(), there.url('/'))).status).toBe(307)
    expect(inside.connections).toBe(0)
  })
})

describe('connections', () => {
  it('are used again, and never more than 32 at a time to one host', async () => {
    let open = 0
    let most = 0
    const there = await receiver((_, response) => {
      most = Math.max(most, ++open)
      setImmediate(() => {
        open--
        response.end()
      })
    })
    const outbound = guarded()
    for (let turn = 0; turn < 5; turn++) await Promise.all(Array.from({ length: 60 }, () => post(outbound, there.url('/'))))
    expect(there.received).toHaveLength(300)
    expect(there.connections).toBeLessThanOrEqual(32)
    expect(most).toBeLessThanOrEqual(32)
  })

  it('one that the receiver closed meanwhile is made anew, and the request arrives', async () => {
    const there = await receiver()
    const outbound = guarded()
    for (let turn = 0; turn < 20; turn++) {
      expect((await post(outbound, there.url(`/${turn}`))).status).toBe(200)
      there.closeIdle()
    }
    expect(there.received.map(({ path }) => path)).toEqual(Array.from({ length: 20 }, (_, turn) => `/${turn}`))
  })

  it('one that breaks at the very moment that it is used again is made anew, once', async () => {
    let connections = 0
    const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n'
    const url = await rawServer((socket) => {
      connections++
      socket.write(answer)
      socket.once('data', () => socket.resetAndDestroy())
    })
    const outbound = guarded()
    for (let turn = 1; turn <= 4; turn++) {
      expect((await post(outbound, url)).status).toBe(200)
      expect(connections).toBe(turn)
    }
  })

  it('one that is given up after a time-out is not made anew', async () => {
    const requests: number[] = []
    const url = await rawServer((socket) => {
      const connection = requests.push(1) - 1
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n')
      socket.on('data', () => (requests[connection] = (requests[connection] ?? 0) + 1))
    })
    const outbound = guarded()
    await post(outbound, url)
    expect((await failure(post(outbound, url, { timeout: 100 }))).code).toBe('timeout')
    expect(
      (await failure(post(outbound, url, { timeout: 100, body: 'x' }).then(() => post(outbound, url, { timeout: 100 })))).code,
    ).toBe('timeout')
    // Two on the first connection, two on the next, and nothing that nobody asked for.
    expect(requests).toEqual([2, 2])
  })

  it('one that breaks while it is new is not made again', async () => {
    let connections = 0
    const url = await rawServer((socket) => {
      connections++
      socket.resetAndDestroy()
    })
    expect((await failure(post(guarded(), url))).code).toBe('unreachable')
    expect(connections).toBe(1)
  })

  it('a proxy that the environment names is not used', async () => {
    const proxy = await receiver()
    const there = await receiver()
    const script = `import { GuardedHttp } from '@plinth/outbound'; import { systemClock } from '@plinth/local'
      const outbound = new GuardedHttp({ clock: systemClock, allow: ['127.0.0.1'] })
      console.log((await outbound.send({ method: 'POST', url: '${there.url('/')}', timeout: 5000, maxBytes: 1000 })).status); process.exit(0)`
    const variables = {
      HTTP_PROXY: proxy.url('/'),
      http_proxy: proxy.url('/'),
      ALL_PROXY: proxy.url('/'),
      NODE_USE_ENV_PROXY: '1',
      NO_PROXY: '',
    }
    const { execFile } = await import('node:child_process')
    const output = await new Promise<string>((resolve, reject) =>
      execFile(
        process.execPath,
        ['--conditions=@plinth/source', '--input-type=module', '--eval', script],
        { env: { PATH: process.env.PATH, ...variables }, cwd: import.meta.dirname },
        (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout)),
      ),
    )
    expect(output.trim()).toBe('200')
    expect(proxy.connections).toBe(0)
  })
})

describe('certificates', () => {
  it('one that nobody vouches for is refused, whatever the environment says', async ({ skip }) => {
    const folder = temporaryFolder()
    const paths = { key: join(folder, 'key.pem'), cert: join(folder, 'cert.pem') }
    try {
      const words = [
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=localhost',
        '-days',
        '2',
        '-keyout',
        paths.key,
        '-out',
        paths.cert,
      ]
      execFileSync('openssl', ['req', '-x509', ...words], { stdio: 'ignore' })
    } catch {
      skip('openssl is not installed, and makes the certificate of this test')
    }
    let requests = 0
    const server = createSecureServer({ key: readFileSync(paths.key), cert: readFileSync(paths.cert) }, (_, response) => {
      requests++
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closers.push(() => server.close())
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
    closers.push(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
    expect(await failure(post(guarded(), url))).toMatchObject({ code: 'unreachable', reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(requests).toBe(0)
  })
})

it('what can not be sent at all fails at once, and leaves nothing that goes off later', async () => {
  const clock = new FakeClock()
  const leaving = new AbortController()
  const sending = post(guarded({ clock }), 'http://127.0.0.1:9/', { headers: { 'x-odd': 'a\nb' }, signal: leaving.signal })
  await expect(sending).rejects.toThrow()
  expect(clock.timers).toBe(0)
  leaving.abort()
})
