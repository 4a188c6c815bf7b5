import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll } from 'vitest'
import { chunk, completion } from '../../../packages/models/test/openai-stub.ts'

const opened = new Set<Telltale>()

afterAll(async () => {
  await Promise.all([...opened].map((one) => one.close()))
})

/**
 * All that a Plinth calls, on one socket, and none of it keeps a secret: a model that quotes what it is asked, and refuses a prompt with
 * `[[deny]]` by quoting the key as well; MCP servers and receivers of webhooks that fail with all that they were sent; a collector of spans.
 */
export class Telltale {
  /** What came, by path. */
  readonly seen = new Map<string, string[]>()
  readonly #server = createServer(async (request, response) => {
    const body = await text(request)
    const path = request.url ?? ''
    const whole = `${JSON.stringify(request.headers)} ${body}`
    this.seen.set(path, [...(this.seen.get(path) ?? []), whole])
    this.#answer(path, { headers: request.headers, body, whole }, response)
  })

  static async open(): Promise<Telltale> {
    const one = new Telltale()
    await new Promise<void>((resolve) => one.#server.listen(0, '127.0.0.1', resolve))
    opened.add(one)
    return one
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #answer(path: string, sent: { headers: IncomingHttpHeaders; body: string; whole: string }, response: ServerResponse): void {
    const json = (status: number, body: object): unknown =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'x-told': encodeURIComponent(sent.whole).slice(0, 2_000) })
        .end(JSON.stringify(body))
    if (path === '/v1/traces') return void json(200, {})
    if (path !== '/v1/chat/completions' || sent.body.includes('[[deny]]'))
      return void json(path === '/v1/chat/completions' ? 401 : 500, {
        error: { message: `No: ${sent.whole}`, type: 'denied', code: sent.whole },
      })
    const { messages, stream } = JSON.parse(sent.body) as {
      readonly messages: readonly { readonly content: unknown }[]
      readonly stream?: boolean
    }
    const content = `You said: ${JSON.stringify(messages.at(-1)?.content)}`
    if (!stream) return void json(200, completion({ content }))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(`${chunk({ role: 'assistant', content })}${chunk({}, 'stop')}data: [DONE]\n\n`)
  }

  async close(): Promise<void> {
    opened.delete(this)
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
