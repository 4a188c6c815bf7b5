/** The shell alone: HTTP/1.1 and HTTP/2 on one port, in front of a function of the test's own. */
import { createServer, type Server, type ServerOptions } from 'node:http'
import { connect, constants } from 'node:http2'
import { type AddressInfo, connect as connectSocket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { until } from '../../../../test/e2e/support/until.ts'
import { alsoHttp2, type ConnectionTimes, type OpenConnections } from '../../src/connections.ts'
import type { Answer, Arrival } from '../../src/exchange.ts'
import { nodeListener } from '../../src/node-listener.ts'
import { block, flags, frame, preface, RawConnection, types } from './support/frames.ts'

type Handle = (arrival: Arrival) => Promise<Answer>

interface Shell {
  readonly url: string
  readonly server: Server
  readonly http2: OpenConnections
}

const open = new Set<Shell>()

afterEach(async () => {
  for (const { server, http2 } of open) {
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeAllConnections()
    http2.destroy()
    await closed
  }
  open.clear()
})

const hour = 3_600_000

async function shell(
  handle: Handle,
  options: { readonly times?: Partial<ConnectionTimes>; readonly http1?: ServerOptions; readonly patience?: number } = {},
): Promise<Shell> {
  const listener = nodeListener(handle, () => ({ status: 400, headers: {} }), options.patience)
  const server = createServer({ connectionsCheckingInterval: 10, ...options.http1 }, listener)
  const http2 = alsoHttp2(server, listener, { silence: hour, idle: hour, arriving: hour, ...options.times })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const made = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, http2 }
  open.add(made)
  return made
}

const fine: Handle = async ({ path }) => ({ status: 200, headers: { 'content-type': 'text/plain' }, body: path })
const never: Handle = () => new Promise(() => {})

function connections({ server }: Shell): Promise<number> {
  return new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
}

function gone(where: Shell): Promise<unknown> {
  return until('the end of all connections', async () => (await connections(where)) === 0, { within: 15_000 })
}

const asked = block({ ':method': 'GET', ':scheme': 'http', ':path': '/x', ':authority': 'x' })
const posted = block({ ':method': 'POST', ':scheme': 'http', ':path': '/x', ':authority': 'x' })

/** A stream that gives one chunk at a time, for ever, and counts them. */
function endless(size = 1_000): { stream: ReadableStream<Uint8Array>; given: () => number; cancelled: () => boolean } {
  let given = 0
  let cancelled = false
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      given++
      controller.enqueue(new Uint8Array(size))
    },
    cancel() {
      cancelled = true
    },
  })
  return { stream, given: () => given, cancelled: () => cancelled }
}

describe('what a connection begins with', () => {
  it('decides its protocol, in whatever pieces it comes', async () => {
    const { url } = await shell(fine)
    const two = new RawConnection(url)
    for (const byte of preface) await two.send(Buffer.from([byte]))
    await two.send(frame(types.settings, 0, 0), frame(types.headers, flags.endHeaders | flags.endStream, 1, asked))
    await until('an answer', () => two.frames.some(({ type, payload }) => type === types.data && payload.toString() === '/x'))
    two.socket.destroy()
    // These begin like it, and are no method that anybody has; Node's parser says so.
    for (const start of ['P', 'PR', 'PRX', 'PROPFIND']) {
      const one = new RawConnection(url)
      for (const character of `${start} / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`) await one.send(character)
      await until('an answer', () => one.closed)
      expect(one.text, start).toMatch(start === 'PROPFIND' ? /^HTTP\/1\.1 200/ : /^HTTP\/1\.1 400/)
    }
  })

  it('may be a whole request, with the next ones behind it', async () => {
    const { url } = await shell(fine)
    const raw = new RawConnection(url)
    const requests = Array.from({ length: 500 }, (_, number) => `GET /${number} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await raw.send(requests.join(''), 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    await until('the answers', () => raw.closed)
    const bodies = [...raw.text.matchAll(/\r\n\r\n\/(\d+|last)/g)].map(([, body]) => body)
    expect(bodies).toEqual([...requests.keys(), 'last'].map(String))
  })

  it('must come some time: neither silence nor a part of the preface is waited for', async () => {
    const where = await shell(fine, { times: { silence: 50 } })
    const silent = ['', 'P', 'PR'].map((text) => [new RawConnection(where.url), text] as const)
    for (const [raw, text] of silent) if (text !== '') await raw.send(text)
    for (const [raw] of silent) await until('its end', () => raw.closed)
    await gone(where)
  })

  it('is not waited for from a client that went', async () => {
    const where = await shell(fine)
    for (const text of ['', 'PR']) {
      const { port } = new URL(where.url)
      const socket = connectSocket({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
      await new Promise((resolve) => socket.once('connect', resolve))
      await until('its acceptance', async () => (await connections(where)) === 1)
      socket.end(text)
      await gone(where)
      socket.destroy()
    }
  })

  it.each([
    ['garbage', Buffer.from('\xff'.repeat(500), 'latin1')],
    ['another version', Buffer.from('PRI * HTTP/3.0\r\n\r\nSM\r\n\r\n')],
    ['HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a frame of 16 MB', Buffer.from('ffffff000000000001', 'hex')],
  ])('and %s behind the preface ends the connection', async (_, rest) => {
    const where = await shell(fine)
    const raw = new RawConnection(where.url)
    await raw.send(rest.toString('latin1').startsWith('PRI') ? rest : Buffer.concat([preface, rest]))
    await until('its end', () => raw.closed)
    await gone(where)
  })
})

describe('the time-outs of HTTP/1.1 hold for connections that were looked at', () => {
  it('for headers and bodies that come byte by byte, and for idle connections', async () => {
    const http1 = { headersTimeout: 100, requestTimeout: 200, keepAliveTimeout: 50, keepAliveTimeoutBuffer: 0 }
    const where = await shell(
      async (arrival) => {
        await arrival.collect(() => {}).catch(() => {})
        return fine(arrival)
      },
      { http1 },
    )
    const head = 'POST / HTTP/1.1\r\nHost: x\r\n'
    for (const start of [head, `${head}Content-Length: 1000\r\n\r\n`]) {
      const slow = new RawConnection(where.url)
      await slow.send(start)
      await until('the end of a slow one', async () => {
        if (!slow.closed) await slow.send('x')
        return slow.closed
      })
      expect(slow.text).toMatch(/^HTTP\/1\.1 408/)
    }
    const idle = new RawConnection(where.url)
    await idle.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('the end of an idle one', () => idle.closed)
    expect(idle.text).toMatch(/^HTTP\/1\.1 200/)
    await gone(where)
  })
})

describe('a session of HTTP/2', () => {
  it('is ended when nothing is on it, and kept while an answer is being made', async () => {
    let answer = (): void => {}
    const made = new Promise<void>((resolve) => {
      answer = resolve
    })
    const where = await shell(
      async (arrival) => {
        await made
        return fine(arrival)
      },
      { times: { idle: 50 } },
    )
    const idle = connect(where.url)
    idle.on('error', () => {})
    const busy = connect(where.url)
    let goingAway = false
    busy.on('goaway', () => {
      goingAway = true
    })
    const request = busy.request({ ':path': '/slow' })
    await until('the end of the idle one', () => idle.closed)
    const [waited] = [performance.now() + 200]
    await until('some more time', () => performance.now() > waited)
    expect(goingAway).toBe(false)
    answer()
    let text = ''
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    expect(text).toBe('/slow')
    await until('its end', () => busy.closed)
    await gone(where)
  })

  it('gives up a request that never arrives, and goes on', async () => {
    const bodies: string[] = []
    const where = await shell(
      async (arrival) => {
        await arrival
          .collect(() => {})
          .then(
            () => bodies.push('whole'),
            () => bodies.push('cut'),
          )
        return fine(arrival)
      },
      { times: { arriving: 50 } },
    )
    const raw = new RawConnection(where.url)
    await raw.greet()
    await raw.send(frame(types.headers, flags.endHeaders, 1, posted))
    await until('a reset', () => raw.frames.some(({ type, stream }) => type === types.reset && stream === 1))
    expect(bodies).toEqual(['cut'])
    await raw.send(frame(types.headers, flags.endHeaders, 3, posted), frame(types.data, flags.endStream, 3, Buffer.from('x')))
    await until('an answer', () => raw.frames.some(({ type, stream }) => type === types.data && stream === 3))
    expect(bodies).toEqual(['cut', 'whole'])
    raw.socket.destroy()
  })

  it('closes with the server, with those that said nothing', async () => {
    const where = await shell(fine)
    const session = connect(where.url)
    await until('it', () => session.connecting === false)
    const silent = new RawConnection(where.url)
    const half = new RawConnection(where.url)
    await half.send('PR')
    await until('their acceptance', async () => (await connections(where)) === 3)
    where.server.close()
    where.http2.close()
    await until('the end of the silent ones', () => silent.closed && half.closed)
    await until('the end of the session', () => session.closed)
  })
})

describe('an answer', () => {
  it('that is streamed to nobody who reads is cut off, and its source told, in both versions', async () => {
    const sources: ReturnType<typeof endless>[] = []
    const where = await shell(
      async () => {
        const source = endless()
        sources.push(source)
        return { status: 200, headers: {}, stream: source.stream }
      },
      { patience: 100 },
    )
    const one = new RawConnection(where.url)
    one.socket.pause()
    await one.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    // Its window is 65,535 bytes, and is never opened further.
    const two = new RawConnection(where.url)
    await two.greet()
    await two.send(frame(types.headers, flags.endHeaders | flags.endStream, 1, asked))
    await until('their ends', () => sources.length === 2 && sources.every(({ cancelled }) => cancelled()))
    // As much as sockets and windows hold, and no more.
    for (const { given } of sources) expect(given()).toBeLessThan(20_000)
    await until('a reset', () => two.frames.some(({ type, stream }) => type === types.reset && stream === 1))
    one.socket.destroy()
    two.socket.destroy()
  })

  it('that takes the client long to read is not, and leaves no listener behind', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    const chunks = 2_000
    const where = await shell(
      async () => {
        let left = chunks
        const stream = new ReadableStream<Uint8Array>({
          pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(10_000)) : controller.close()),
        })
        return { status: 200, headers: {}, stream }
      },
      { patience: 10_000 },
    )
    const session = connect(where.url)
    for (const read of [
      async () => (await (await fetch(where.url)).arrayBuffer()).byteLength,
      async () => {
        let length = 0
        for await (const chunk of session.request({ ':path': '/' })) length += (chunk as Buffer).length
        return length
      },
    ])
      expect(await read()).toBe(chunks * 10_000)
    session.destroy()
    process.off('warning', onWarning)
    expect(warnings).toEqual([])
  })

  it('sets no limit to the next one on its connection', async () => {
    const where = await shell(
      async ({ path }) => {
        if (path === '/slow') {
          const waited = performance.now() + 200
          await until('its time', () => performance.now() > waited)
        }
        return { status: 200, headers: {}, body: path === '/large' ? 'x'.repeat(100_000) : path }
      },
      { patience: 50 },
    )
    const raw = new RawConnection(where.url)
    const rest = 'HTTP/1.1\r\nHost: x\r\n'
    await raw.send(`GET /large ${rest}\r\nGET /slow ${rest}Connection: close\r\n\r\n`)
    await until('the end', () => raw.closed)
    expect(raw.text).toMatch(/x\r?\n?HTTP\/1\.1 200[\s\S]*\r\n\r\n\/slow$/)
  })

  it('that breaks off is never taken for whole', async () => {
    const where = await shell(async () => {
      let pulls = 0
      const stream = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (pulls++ === 0) controller.enqueue(new TextEncoder().encode('half'))
          else controller.error(new Error('broke'))
        },
      })
      return { status: 200, headers: {}, stream }
    })
    await expect(fetch(where.url).then((response) => response.text())).rejects.toThrow()
    const session = connect(where.url)
    const request = session.request({ ':path': '/' })
    request.resume()
    const error = await new Promise<unknown>((resolve) => {
      request.once('error', resolve)
      request.once('end', () => resolve('whole'))
    })
    expect(error).toBeInstanceOf(Error)
    expect(request.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR)
    session.destroy()
  })

  it('ends its source when the client goes', async () => {
    const sources: ReturnType<typeof endless>[] = []
    const where = await shell(async () => {
      const source = endless()
      sources.push(source)
      return { status: 200, headers: {}, stream: source.stream }
    })
    const session = connect(where.url)
    const request = session.request({ ':path': '/' })
    await new Promise((resolve) => request.once('data', resolve))
    request.close(constants.NGHTTP2_CANCEL)
    await until('its end', () => sources[0]?.cancelled())
    const another = session.request({ ':path': '/' })
    another.once('data', () => session.destroy())
    another.on('error', () => {})
    await until('the end of the other', () => sources[1]?.cancelled())
    const raw = new RawConnection(where.url)
    await raw.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('some of it', () => raw.text.length > 100)
    raw.socket.resetAndDestroy()
    await until('the end of the last', () => sources[2]?.cancelled())
  })

  it('that is made when its client is gone already has its source ended', async () => {
    const source = [endless(), endless()]
    let arrived = 0
    let make = (): void => {}
    const made = new Promise<void>((resolve) => {
      make = resolve
    })
    const where = await shell(async () => {
      const mine = source[arrived++]
      await made
      return { status: 200, headers: {}, ...(mine ? { stream: mine.stream } : {}) }
    })
    const raw = new RawConnection(where.url)
    await raw.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    const session = connect(where.url)
    session.request({ ':path': '/' }).on('error', () => {})
    await until('both', () => arrived === 2)
    raw.socket.destroy()
    session.destroy()
    await gone(where)
    make()
    await until('the ends of both', () => source.every(({ cancelled }) => cancelled()))
  })

  it('to HEAD has the headers and no body, whole or streamed', async () => {
    const sources: ReturnType<typeof endless>[] = []
    const where = await shell(async (arrival) => {
      if (arrival.path === '/whole') return fine(arrival)
      const source = endless()
      sources.push(source)
      return { status: 200, headers: { 'x-kind': 'stream' }, stream: source.stream }
    })
    const session = connect(where.url)
    for (const path of ['/whole', '/stream']) {
      const request = session.request({ ':path': path, ':method': 'HEAD' })
      const headers = await new Promise<Record<string, unknown>>((resolve) => request.once('response', resolve))
      expect(headers).toMatchObject(path === '/whole' ? { 'content-length': '6' } : { 'x-kind': 'stream' })
      let length = 0
      for await (const chunk of request) length += (chunk as Buffer).length
      expect(length).toBe(0)
      const one = await fetch(where.url + path, { method: 'HEAD' })
      expect(await one.text()).toBe('')
    }
    expect(sources.map(({ cancelled }) => cancelled())).toEqual([true, true])
    session.destroy()
  })

  it('knows of a body that nobody announced', async () => {
    const where = await shell(async (arrival) => ({ status: 200, headers: {}, body: String(arrival.hasBody) }))
    const session = connect(where.url)
    const ask = async (method: string, body?: string): Promise<string> => {
      const request = session.request({ ':path': '/', ':method': method }, { endStream: body === undefined })
      if (body !== undefined) request.end(body)
      let text = ''
      for await (const chunk of request.setEncoding('utf8')) text += chunk
      return text
    }
    expect([await ask('POST', '{}'), await ask('POST'), await ask('GET')]).toEqual(['true', 'false', 'false'])
    session.destroy()
  })

  it('that cannot be written ends its connection, not the process', async () => {
    const where = await shell(async () => ({ status: 1_000, headers: {}, body: 'x' }))
    await expect(fetch(where.url)).rejects.toThrow()
    const session = connect(where.url)
    const request = session.request({ ':path': '/' })
    await expect(new Promise((_, reject) => request.once('error', reject).resume())).rejects.toThrow()
    session.destroy()
  })
})

describe('what Node would answer by itself', () => {
  it('goes the way of all requests', async () => {
    const where = await shell(async ({ method }) => ({ status: 405, headers: { 'x-request-id': 'ours' }, body: method }))
    const session = connect(where.url)
    for (const headers of [
      { ':method': 'CONNECT', ':authority': 'x:443' },
      { ':path': '/', expect: '200-ok' },
    ]) {
      const request = session.request(headers)
      const answered = await new Promise<Record<string, unknown>>((resolve) => request.once('response', resolve))
      expect(answered).toMatchObject({ ':status': 405, 'x-request-id': 'ours' })
      request.close()
    }
    session.destroy()
  })
})

it('nobody waits for ever for a call that never ends: the client goes, and the server forgets it', async () => {
  const where = await shell(never)
  const session = connect(where.url)
  session.on('error', () => {})
  session.request({ ':path': '/' }).on('error', () => {})
  const raw = new RawConnection(where.url)
  await raw.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await until('both', async () => (await connections(where)) === 2)
  session.destroy()
  raw.socket.destroy()
  await gone(where)
})
