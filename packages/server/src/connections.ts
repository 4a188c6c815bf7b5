import type { RequestListener, Server } from 'node:http'
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'

/** What a client that speaks HTTP/2 without asking first begins with (RFC 9113, 3.4). No method of HTTP/1.1 does. */
const preface = Buffer.from('PRI')
/** A connection that says nothing is closed after this time, milliseconds. */
const silence = 10_000
/** As long as a connection of HTTP/1.1 is kept that nobody uses. */
const idle = 65_000

/** The connections of HTTP/2 of one server. */
export interface Http2Connections {
  /** Takes no more requests; connections end with what runs on them. */
  close(): void
  /** Ends all at once. */
  destroy(): void
}

/**
 * Has a server of HTTP/1.1 speak HTTP/2, too, on the same port: clients of AWS for JavaScript do so in clear, with prior knowledge.
 * @returns those connections, which have to be closed with the server.
 */
export function alsoHttp2(server: Server, listener: RequestListener): Http2Connections {
  const http2 = createHttp2Server({ maxHeaderListPairs: 200, settings: { maxConcurrentStreams: 250, maxHeaderListSize: 32_768 } })
  // Request and response have the parts of HTTP/1.1's that are used here.
  http2.on('request', listener as never)
  http2.on('sessionError', () => {})
  const sessions = new Set<ServerHttp2Session>()
  http2.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.setTimeout(idle, () => session.close())
  })
  const http1 = server.listeners('connection') as ((socket: Socket) => void)[]
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    let seen: Buffer = Buffer.alloc(0)
    const giveUp = (): void => void socket.destroy()
    const look = (chunk: Buffer): void => {
      seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk])
      const known = Math.min(seen.length, preface.length)
      const isPreface = seen.compare(preface, 0, known, 0, known) === 0
      if (isPreface && known < preface.length) return
      socket.off('data', look)
      socket.off('timeout', giveUp)
      socket.off('error', giveUp)
      socket.setTimeout(0)
      socket.pause()
      socket.unshift(seen)
      if (isPreface) http2.emit('connection', socket)
      else {
        for (const accept of http1) accept.call(server, socket)
        socket.resume()
      }
    }
    socket.on('data', look)
    socket.once('error', giveUp)
    socket.setTimeout(silence, giveUp)
  })
  return {
    close: () => {
      for (const session of sessions) session.close()
    },
    destroy: () => {
      for (const session of sessions) session.destroy()
    },
  }
}
