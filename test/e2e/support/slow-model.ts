import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { completion } from '../../../packages/models/test/openai-stub.ts'

/** A server of OpenAI's protocol that takes its time, and remembers what it was asked: it outlives the process that asks. */
export class SlowModel {
  /** What the user's turns said, in the order in which they came. */
  readonly asked: string[] = []
  /** How many didn't wait for their answer. */
  left = 0
  readonly #server: Server

  private constructor(milliseconds: () => number) {
    this.#server = createServer((request, response) => {
      let text = ''
      response.on('close', () => {
        if (!response.writableEnded) this.left++
      })
      request.setEncoding('utf8').on('data', (part: string) => (text += part))
      request.on('end', () => {
        const { messages } = JSON.parse(text) as { readonly messages: readonly { readonly content: unknown }[] }
        const prompt = JSON.stringify(messages.at(-1)?.content)
        this.asked.push(prompt)
        setTimeout(() => {
          response.setHeader('content-type', 'application/json')
          response.end(JSON.stringify(completion({ content: `Answer ${this.asked.length}.` })))
        }, milliseconds())
      })
    })
  }

  static async start(milliseconds: () => number): Promise<SlowModel> {
    const model = new SlowModel(milliseconds)
    await new Promise<void>((resolve) => model.#server.listen(0, '127.0.0.1', resolve))
    return model
  }

  /** Variables by which a server asks it. */
  get environment(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo
    return {
      PLINTH_MODEL: 'openai-compatible/slow',
      PLINTH_MODEL_BASE_URL: `http://127.0.0.1:${port}/v1`,
      PLINTH_MODEL_API_KEY: 'none',
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
