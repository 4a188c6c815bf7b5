import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateJson } from '../../packages/models/src/schema/generate.ts'
import { smallest } from '../../packages/models/src/schema/smallest.ts'
import type { CallEnd, OutsideLedger } from './ledger.ts'
import { ordersIn, ownersIn } from './marks.ts'

const throttled = 0.3
const resets = 0.03
const hangs = 0.02
const slowest = 120

interface Asked {
  readonly max_tokens?: number
  readonly max_completion_tokens?: number
  readonly stream?: boolean
  readonly messages: readonly { readonly content: unknown }[]
  readonly response_format?: { readonly json_schema?: { readonly schema?: unknown } }
}

/**
 * A server of OpenAI's protocol that throttles, resets and hangs, by what it is asked for and how often, so that a seed says which calls.
 * It outlives the process that asks, and counts for itself.
 */
export class FaultyModel {
  readonly #ledger: OutsideLedger
  readonly #seed: number
  readonly #times = new Map<string, number>()
  readonly #hanging = new Set<ServerResponse>()
  readonly #server = createServer((request, response) => void this.#take(request, response))
  #calls = 0
  #calm = false

  private constructor(ledger: OutsideLedger, seed: number) {
    this.#ledger = ledger
    this.#seed = seed
  }

  static async start(ledger: OutsideLedger, seed: number): Promise<FaultyModel> {
    const model = new FaultyModel(ledger, seed)
    await new Promise<void>((resolve) => model.#server.listen(0, '127.0.0.1', resolve))
    return model
  }

  /** Variables by which a server asks it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      PLINTH_MODEL: 'openai-compatible/faults',
      PLINTH_MODEL_BASE_URL: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`,
      PLINTH_MODEL_API_KEY: 'none',
    }
  }

  /** No faults from now on; who hangs is let go. */
  calm(): void {
    this.#calm = true
    for (const response of this.#hanging) response.destroy()
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = ''
    try {
      for await (const part of request.setEncoding('utf8')) text += part
    } catch {
      // It died before it had said what it wants.
      return
    }
    const asked = JSON.parse(text) as Asked
    const call = ++this.#calls
    const mark = this.#markOf(text)
    this.#ledger.add({ type: 'asked', call, life: this.#ledger.life, mark, bytes: Buffer.byteLength(text), most: mostOf(asked) })
    const fate = this.#fateOf(mark)
    const answer = answerTo(call, asked)
    const used = { input: 3 + (call % 5), output: 2 + (call % 17) }
    const end = (how: CallEnd): void => {
      const whole = how === 'answered' ? { text: answer, ...used } : { input: 0, output: 0 }
      this.#ledger.add({ type: 'ended', call, end: how, ...whole })
    }
    let over = false
    response.on('close', () => {
      this.#hanging.delete(response)
      if (!over) end(fate.end === 'answered' ? 'cut' : fate.end)
    })
    if (fate.end === 'hung') return void this.#hanging.add(response)
    if (fate.end === 'reset') return void response.destroy()
    if (fate.end === 'throttled') {
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '1' })
      response.end(JSON.stringify({ error: { message: 'Slow down.', type: 'rate_limit_error', code: 'rate_limit_exceeded' } }))
      return
    }
    setTimeout(() => {
      if (response.destroyed) return
      over = true
      // Before the last byte leaves: nobody can have read it without its being counted.
      end('answered')
      send(response, { call, text: answer, stream: asked.stream === true, ...used })
    }, fate.milliseconds)
  }

  /** What is asked for; for what names no order of ours, the question itself. */
  #markOf(text: string): string {
    const owners = ownersIn(text)
    if (owners.length > 1) this.#ledger.odd(`the model was shown words of ${owners.join(' and ')} in one call`)
    const orders = ordersIn(text)
    if (orders.length > 1) this.#ledger.odd(`the model was asked for ${orders.join(' and ')} in one call`)
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 12)
    return orders[0] ?? `${owners[0] ?? 'nobody'}-other-${hash}`
  }

  #fateOf(mark: string): { readonly end: CallEnd; readonly milliseconds: number } {
    const time = (this.#times.get(mark) ?? 0) + 1
    this.#times.set(mark, time)
    const bytes = createHash('sha256').update(`${this.#seed} ${mark} ${time}`).digest()
    const chance = bytes.readUInt32BE(0) / 2 ** 32
    const milliseconds = (bytes.readUInt32BE(4) / 2 ** 32) * slowest
    if (this.#calm) return { end: 'answered', milliseconds: 0 }
    if (chance < throttled) return { end: 'throttled', milliseconds }
    if (chance < throttled + resets) return { end: 'reset', milliseconds }
    return { end: chance < throttled + resets + hangs ? 'hung' : 'answered', milliseconds }
  }
}

function mostOf({ max_tokens, max_completion_tokens }: Asked): number {
  return max_completion_tokens ?? max_tokens ?? 0
}

function answerTo(call: number, asked: Asked): string {
  const schema = asked.response_format?.json_schema?.schema
  if (schema === undefined) return `Answer ${call}.`
  return JSON.stringify(generateJson(schema, smallest).value)
}

interface Answered {
  readonly call: number
  readonly text: string
  readonly stream: boolean
  readonly input: number
  readonly output: number
}

/** The forms are those of OpenAI's API reference: objects `chat.completion` and `chat.completion.chunk`. */
function send(response: ServerResponse, { call, text, stream, input, output }: Answered): void {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output }
  const about = { id: `call-${call}`, created: 1_741_569_952, model: 'faults' }
  if (!stream) {
    response.setHeader('content-type', 'application/json')
    const message = { role: 'assistant', content: text, refusal: null }
    const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
    response.end(JSON.stringify({ ...about, object: 'chat.completion', choices, usage }))
    return
  }
  response.setHeader('content-type', 'text/event-stream')
  const chunk = (delta: object, finish_reason: string | null, more: object = { usage: null }): string =>
    frame({ ...about, object: 'chat.completion.chunk', choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...more })
  const last = frame({ ...about, object: 'chat.completion.chunk', choices: [], usage })
  response.end(`${chunk({ role: 'assistant', content: text }, null)}${chunk({}, 'stop')}${last}data: [DONE]\n\n`)
}

function frame(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`
}
