import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { contractAnswer, type ReceivedRequest } from '@plinth/core/contracts'

/** Somebody's server, on a socket of this machine. */
export class Receiver {
  readonly received: ReceivedRequest[] = []
  /** Every connection that was ever made. */
  connections = 0
  readonly #server: Server

  private constructor(handle: (request: IncomingMessage, response: ServerResponse, body: string) => void) {
    this.#server = createServer(async (request, response) => {
      const pieces: Buffer[] = []
      for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
      const body = Buffer.concat(pieces).toString()
      this.received.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers as never, body })
      handle(request, response, body)
    })
    this.#server.on('connection', (_: Socket) => this.connections++)
  }

  static async open(
    handle: (request: IncomingMessage, response: ServerResponse, body: string) => void = answerContract,
    host = '127.0.0.1',
  ): Promise<Receiver> {
    const receiver = new Receiver(handle)
    await new Promise<void>((resolve) => receiver.#server.listen(0, host, resolve))
    return receiver
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  url(path: string, host = '127.0.0.1'): string {
    return `http://${host}:${this.port}${path}`
  }

  /** Ends the connections that nobody uses, as a server does when it pleases. */
  closeIdle(): void {
    this.#server.closeIdleConnections()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function answerContract(request: IncomingMessage, response: ServerResponse): void {
  const answer = contractAnswer(request.url ?? '')
  if (typeof answer === 'string' || answer.hangs === 'at once') return
  response.writeHead(answer.status ?? 200, answer.headers)
  response.write(answer.body ?? '')
  if (!answer.hangs) response.end()
}
