import type { RequestListener, Server } from 'node:http'
import { constants, createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'

/** What a client that speaks HTTP/2 without asking first begins with (RFC 9113, 3.4). No method of HTTP/1.1 does. */
const preface = Buffer.from('PRI')

/** Milliseconds. */
export interface ConnectionTimes {
  /** A connection that says nothing is closed after this time. */
  readonly silence: number
  /** A connection of HTTP/2 that has no request on it is closed after this time; as long as one of HTTP/1.1 is kept. */
  readonly idle: number
  /** A request of HTTP/2 has to be there whole within this time; Node's own limit for HTTP/1.1. */
  readonly arriving: number
}

const usual: ConnectionTimes = { silence: 10_000, idle: 65_000, arriving: 300_000 }

/** The connections of one server, as far as Node's server of HTTP/1.1 doesn't know or doesn't tell of them. */
export interface OpenConnections {
  /** Takes no more requests; connections end with what runs on them, those that said nothing yet at once. */
  close(): void
  /** Ends those of HTTP/1.1 on which no request has arrived: what comes of one now would come too late. */
  closeArriving(): void
  /** Ends all at once. */
  destroy(): void
}

/**
 * Has a server of HTTP/1.1 speak HTTP/2, too, on the same port: clients of AWS for JavaScript do so in clear, with prior knowledge.
 * Floods of resets, continuations, pings and settings are ended by the limits of Node and nghttp2.
 * @returns those connections, which have to be closed with the server.
 */
export function alsoHttp2(server: Server, listener: RequestListener, times: ConnectionTimes = usual): OpenConnections {
  const http2 = createHttp2Server({ maxHeaderListPairs: 200, settings: { maxConcurrentStreams: 250, maxHeaderListSize: 32_768 } })
  // Request and response have the parts of HTTP/1.1's that are used here. What Node would refuse by itself gets an id and a body, too.
  for (const event of ['request', 'checkExpectation', 'connect']) http2.on(event, listener as never)
  http2.on('sessionError', () => {})
  const sessions = new Set<ServerHttp2Session>()
  http2.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    endWhenIdle(session, times)
  })
  const silent = new Set<Socket>()
  /** Of HTTP/1.1, and the number of requests on each that aren't answered. */
  const spoken = new Map<Socket, number>()
  for (const event of ['request', 'checkExpectation'] as const)
    server.prependListener(event, ({ socket }, response) => {
      const count = (by: number): void => {
        const open = spoken.get(socket)
        if (open !== undefined) spoken.set(socket, open + by)
      }
      count(1)
      response.once('close', () => count(-1))
    })
  const http1 = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    let seen: Buffer = Buffer.alloc(0)
    const look = (chunk: Buffer): void => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      const known = Math.min(seen.length, preface.length)
      const isPreface = seen.compare(preface, 0, known, 0, known) === 0
      if (isPreface && known < preface.length) return
      socket.off('data', look)
      for (const event of ['timeout', 'error', 'end', 'close']) socket.off(event, forget)
      silent.delete(socket)
      socket.setTimeout(0)
      socket.pause()
      socket.unshift(seen)
      if (isPreface) {
        // As sockets of Node's own servers of HTTP/2: a client that has closed its half is gone.
        socket.allowHalfOpen = false
        http2.emit('connection', socket)
      } else {
        spoken.set(socket, 0)
        socket.once('close', () => spoken.delete(socket))
        for (const accept of http1) accept.call(server, socket)
        socket.resume()
      }
    }
    const forget = (): void => {
      silent.delete(socket)
      socket.destroy()
    }
    silent.add(socket)
    socket.on('data', look)
    // A client that goes without a word leaves its half of the connection open: nobody else would close ours.
    for (const event of ['timeout', 'error', 'end', 'close']) socket.once(event, forget)
    socket.setTimeout(times.silence)
  })
  return {
    close: () => {
      for (const socket of silent) socket.destroy()
      for (const session of sessions) session.close()
    },
    closeArriving: () => {
      for (const [socket, open] of spoken) if (open === 0) socket.destroy()
    },
    destroy: () => {
      for (const socket of silent) socket.destroy()
      for (const session of sessions) session.destroy()
    },
  }
}

/** A session is kept while a request is on it, however long its answer takes; one that doesn't arrive is cut off. */
function endWhenIdle(session: ServerHttp2Session, { idle, arriving }: ConnectionTimes): void {
  let open = 0
  session.on('stream', (stream) => {
    open++
    stream.once('close', () => open--)
    if (stream.endAfterHeaders) return
    const late = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), arriving).unref()
    const arrived = (): void => clearTimeout(late)
    stream.once('end', arrived)
    stream.once('close', arrived)
  })
  session.setTimeout(idle)
  session.on('timeout', () => {
    if (open === 0) session.close()
  })
}
