import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll } from 'vitest'
import type { ShownEvent } from './api.ts'

/** What reached a sink. */
export interface Told {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly event: ShownEvent
}

type Answer = (told: Told, response: ServerResponse) => void

const opened = new Set<WebhookSink>()

afterAll(async () => {
  await Promise.all([...opened].map((sink) => sink.close()))
})

/** Somebody's receiver of webhooks, on a socket of this machine, in the process of the tests. */
export class WebhookSink {
  readonly told: Told[] = []
  /** How paths answer; others answer 204. */
  readonly answers = new Map<string, Answer>()
  readonly #server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    try {
      for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece)
    } catch {
      return
    }
    const text = Buffer.concat(pieces).toString()
    const told = { path: request.url ?? '', headers: request.headers, text, event: JSON.parse(text || '{}') as ShownEvent }
    this.told.push(told)
    const answer = this.answers.get(told.path)
    if (answer) answer(told, response)
    else response.writeHead(204).end()
  })

  static async open(): Promise<WebhookSink> {
    const sink = new WebhookSink()
    await new Promise<void>((resolve) => sink.#server.listen(0, '127.0.0.1', resolve))
    opened.add(sink)
    return sink
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  url(path: string): string {
    return `http://${this.host}${path}`
  }

  at(path: string): readonly Told[] {
    return this.told.filter((told) => told.path === path)
  }

  async close(): Promise<void> {
    opened.delete(this)
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** Checks a signature as a receiver does, by a library of its own. @throws Error for one that doesn't hold. */
export function verify(told: Told, secret: string): void {
  new Webhook(secret).verify(told.text, told.headers as Record<string, string>)
}
