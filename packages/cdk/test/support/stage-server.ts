import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { RestApi } from './rest-api.ts'

/**
 * The double of API Gateway on a port, as a client meets it without a domain of its own: below the name of the stage. The function is
 * given the path without it, and still encoded; what is outside of any stage is 403.
 */
export class StageServer {
  /** What the functions were given. */
  readonly paths: string[] = []
  readonly #server: Server
  readonly #stage: string

  private constructor(api: RestApi, stage: string) {
    this.#stage = stage
    this.#server = createServer(async (request, response) => {
      const path = request.url?.startsWith(`/${stage}/`) ? request.url.slice(stage.length + 1) : undefined
      if (path === undefined) return void response.writeHead(403).end('{"message":"Forbidden"}')
      this.paths.push(path)
      const body = await buffer(request)
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, value ?? '']))
      const told = await api.ask({ method: request.method ?? 'GET', path, headers, ...(body.length > 0 && { body }) })
      response.writeHead(told.status, { ...told.headers }).end(told.bytes)
    })
  }

  static async start(api: RestApi, stage = 'live'): Promise<StageServer> {
    const stageServer = new StageServer(api, stage)
    await new Promise<void>((resolve) => stageServer.#server.listen(0, '127.0.0.1', resolve))
    return stageServer
  }

  /** As the stack's output says it, but for the slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${this.#stage}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
