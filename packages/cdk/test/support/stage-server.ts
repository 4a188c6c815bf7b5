import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { RestApi } from './rest-api.ts'

/**
 * The double of API Gateway on a port, as a client meets it: without a domain of its own below the name of the stage, which functions
 * aren't given; or on a custom domain that is mapped to the stage, below the base path, which they are given. Paths stay encoded; what is
 * outside is 403.
 */
export class StageServer {
  /** What the functions were given. */
  readonly paths: string[] = []
  readonly #server: Server
  readonly #prefix: string

  private constructor(api: RestApi, prefix: string, basePath: string) {
    this.#prefix = prefix
    this.#server = createServer(async (request, response) => {
      const path = request.url?.startsWith(`${prefix}/`) ? request.url.slice(prefix.length) : undefined
      if (path === undefined) return void response.writeHead(403).end('{"message":"Forbidden"}')
      this.paths.push(`${basePath}${path}`)
      const body = await buffer(request)
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, value ?? '']))
      const method = request.method ?? 'GET'
      const told = await api.ask({ method, path, basePath, headers, ...(body.length > 0 && { body }) })
      response.writeHead(told.status, { ...told.headers }).end(told.bytes)
    })
  }

  static start(api: RestApi, stage = 'live'): Promise<StageServer> {
    return StageServer.#listen(new StageServer(api, `/${stage}`, ''))
  }

  /** @param basePath of the mapping, such as `/models`; nothing for one without. */
  static domain(api: RestApi, basePath = ''): Promise<StageServer> {
    return StageServer.#listen(new StageServer(api, basePath, basePath))
  }

  static async #listen(stageServer: StageServer): Promise<StageServer> {
    await new Promise<void>((resolve) => stageServer.#server.listen(0, '127.0.0.1', resolve))
    return stageServer
  }

  /** As the stack's output says it, but for the slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#prefix}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
