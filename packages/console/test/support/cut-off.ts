import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** What stands between a page and its server, and can cut what goes through it. */
export class CutOff {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#server = createServer((near) => {
      const far = connect(Number(port), hostname)
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one)
        one.on('error', () => other.destroy()).on('close', () => this.#sockets.delete(one))
        one.pipe(other)
      }
    })
  }

  static async before(url: string): Promise<CutOff> {
    const cutOff = new CutOff(url)
    await new Promise<void>((resolve) => cutOff.#server.listen(0, '127.0.0.1', resolve))
    return cutOff
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Ends all connections in the middle of what they carry; new ones go through. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
