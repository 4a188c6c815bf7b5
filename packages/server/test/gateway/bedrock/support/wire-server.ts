import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Wire } from './clients.ts'

export interface ReceivedCall {
  /** Decoded. */
  readonly modelId: string
  readonly operation: string
  readonly body: unknown
}

/** Bedrock's paths on a local port, answered as a test says. */
export class WireServer {
  readonly calls: ReceivedCall[] = []
  readonly #server: Server

  private constructor(answer: (call: ReceivedCall) => Wire) {
    this.#server = createServer(async (request, response) => {
      let text = ''
      for await (const part of request.setEncoding('utf8')) text += part
      const [, id = '', operation = ''] = /^\/model\/([^/]+)\/([a-z-]+)$/.exec(request.url ?? '') ?? []
      const call = { modelId: decodeURIComponent(id), operation, body: JSON.parse(text) as unknown }
      this.calls.push(call)
      const { status, headers, pieces } = answer(call)
      response.writeHead(status, headers)
      for (const piece of pieces) response.write(piece)
      response.end()
    })
  }

  static async start(answer: (call: ReceivedCall) => Wire): Promise<WireServer> {
    const made = new WireServer(answer)
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve))
    return made
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** How often the model was asked. */
  attempts(modelId: string): number {
    return this.calls.filter((call) => call.modelId === modelId).length
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
