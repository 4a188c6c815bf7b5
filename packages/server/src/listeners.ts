import type { Server } from 'node:http'
import { type AddressInfo, createServer, type Server as SocketServer } from 'node:net'

/**
 * libuv takes one connection of a listening socket in a turn of the loop. Under load turns take some hundredths of a second, and whoever
 * connects then, a health check included, would wait for seconds, while those that are connected are served.
 */
const sockets = 64

interface Place {
  readonly host: string
  readonly port: number
}

/** The sockets on which one server listens: several on one port, where the system shares it between them. */
export class Listeners {
  readonly #servers: readonly SocketServer[]

  private constructor(servers: readonly SocketServer[]) {
    this.#servers = servers
  }

  /** Has a server listen on a port that nobody else has. @throws the error of the system when that can't be. */
  static async open(server: Server, { host, port: wanted }: Place): Promise<Listeners> {
    const port = await freePort({ host, port: wanted })
    try {
      await listening(server, { host, port, reusePort: true })
    } catch {
      await listening(server, { host, port })
      return new Listeners([server])
    }
    // As Node's own server of HTTP opens its sockets.
    const more = Array.from({ length: sockets - 1 }, () =>
      createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket)),
    )
    const all = new Listeners([server, ...more])
    const opened = await Promise.allSettled(more.map((each) => listening(each, { host, port, reusePort: true })))
    const failed = opened.find((each) => each.status === 'rejected')
    if (!failed) return all
    await all.close()
    throw failed.reason
  }

  /** Takes no more connections; resolves when those that were taken have ended. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map(closed))
  }
}

/** A port is only shared among sockets that all say so: one that doesn't finds out whether another process has it. */
async function freePort(place: Place): Promise<number> {
  const alone = createServer((socket) => socket.destroy())
  await listening(alone, place)
  const { port } = alone.address() as AddressInfo
  await closed(alone)
  return port
}

function listening(server: SocketServer, place: Place & { readonly reusePort?: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(place, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function closed(server: SocketServer): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
