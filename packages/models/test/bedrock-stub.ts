import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { invokeAnswer, invokeViolations } from './bedrock-invoke.ts'
import {
  type ConverseAnswer,
  type FaultName,
  type Signing,
  type StreamEvent,
  signatureFault,
  violationsOf,
  writeAnswer,
  writeEvents,
  writeException,
  writeFault,
} from './bedrock-protocol.ts'
import { rerankAnswer, rerankModelOf, rerankViolations } from './bedrock-rerank.ts'

/** What the stub does with a call. */
export type BedrockReply =
  | { readonly answer: ConverseAnswer }
  | { readonly fault: FaultName; readonly headers?: Readonly<Record<string, string>> }
  /** Events of a stream, frames of faults between them, or the connection's end. */
  | { readonly stream: readonly (StreamEvent | { readonly exception: FaultName } | 'reset')[]; readonly piece?: number }
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  | 'reset'

export interface BedrockCall {
  readonly operation: 'converse' | 'converse-stream' | 'invoke' | 'rerank'
  /** As it stood in the path, decoded. */
  readonly modelId: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
}

/** Who may call: with a signature or a key. */
export type Admission = Signing | { readonly bearerToken: string }

/**
 * Bedrock Runtime's Converse, ConverseStream and, for embeddings, InvokeModel, and Bedrock Agent Runtime's Rerank on a local port, which
 * lets through what the real ones would.
 */
export class BedrockStub {
  readonly calls: BedrockCall[] = []
  /** How many connections there were. */
  connections = 0
  readonly #server: Server
  readonly #admission: Admission
  #replies: BedrockReply[] = []

  private constructor(admission: Admission) {
    this.#admission = admission
    this.#server = createServer((request, response) => void this.#take(request, response))
    this.#server.on('connection', () => this.connections++)
  }

  static async start(admission: Admission): Promise<BedrockStub> {
    const stub = new BedrockStub(admission)
    await new Promise<void>((resolve) => stub.#server.listen(0, '127.0.0.1', resolve))
    return stub
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** What the next calls get, one each; after them all get {@link hello}, or {@link invokeAnswer}. */
  reply(...replies: readonly BedrockReply[]): void {
    this.#replies.push(...replies)
  }

  /** Forgets calls and replies. */
  reset(): void {
    this.calls.length = 0
    this.#replies = []
    this.connections = 0
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    let text = ''
    for await (const part of request.setEncoding('utf8')) text += part
    const refused = await this.#refusal({ path, headers, body: text })
    if (refused !== undefined)
      return send(response, 403, JSON.stringify({ message: refused }), { 'x-amzn-errortype': 'AccessDeniedException' })
    if (request.method === 'POST' && path === '/rerank') {
      const body = JSON.parse(text) as Record<string, unknown>
      this.calls.push({ operation: 'rerank', modelId: rerankModelOf(body), path, body, headers })
      const wrong = rerankViolations(body)
      if (wrong !== undefined) return sendFault(response, 'ValidationException', wrong)
      return carryOut(this.#replies.shift() ?? { status: 200, body: rerankAnswer(body) }, 'rerank', response)
    }
    const [, id, operation] = /^\/model\/([^/]+)\/(converse|converse-stream|invoke)$/.exec(path) ?? []
    if (request.method !== 'POST' || id === undefined || !isOperation(operation))
      return send(response, 404, '{}', { 'x-amzn-errortype': 'UnknownOperationException' })
    const modelId = decodeURIComponent(id)
    const body = JSON.parse(text) as Record<string, unknown>
    this.calls.push({ operation, modelId, path, body, headers })
    const wrong = operation === 'invoke' ? invokeViolations(modelId, body) : violationsOf(operation, modelId, body)
    if (wrong.length > 0) return sendFault(response, 'ValidationException', wrong.join('; '))
    if (refusesForcedTools(modelId, body))
      return sendFault(response, 'ValidationException', "This model doesn't support the toolConfig.toolChoice.any field.")
    const usual = operation === 'invoke' ? { status: 200, ...invokeAnswer(modelId, body) } : { answer: hello }
    await carryOut(this.#replies.shift() ?? usual, operation, response)
  }

  #refusal(request: Parameters<typeof signatureFault>[0]): Promise<string | undefined> | string | undefined {
    if (!('bearerToken' in this.#admission)) return signatureFault(request, this.#admission)
    return request.headers.authorization === `Bearer ${this.#admission.bearerToken}` ? undefined : 'no such key'
  }
}

/** A short answer. */
export const hello: ConverseAnswer = answerOf('Hello from Bedrock, größer & 漢字 😀.')

/** An answer of one text. */
export function answerOf(text: string, parts: Partial<ConverseAnswer> = {}): ConverseAnswer {
  return {
    output: { message: { role: 'assistant', content: [{ text }] } },
    stopReason: 'end_turn',
    usage: { inputTokens: 11, outputTokens: 7, totalTokens: 18 },
    metrics: { latencyMs: 42 },
    ...parts,
  }
}

/** The answer's events, its texts in pieces of a few characters. */
export function eventsOf({ output, stopReason, usage, metrics }: ConverseAnswer): readonly StreamEvent[] {
  const blocks = (output?.message?.content ?? []).flatMap((block, contentBlockIndex): StreamEvent[] => {
    const stop: StreamEvent = { contentBlockStop: { contentBlockIndex } }
    if (block.toolUse) {
      const { toolUseId, name, input } = block.toolUse
      const whole = JSON.stringify(input)
      const halves = [whole.slice(0, whole.length / 2), whole.slice(whole.length / 2)]
      return [
        { contentBlockStart: { contentBlockIndex, start: { toolUse: { toolUseId, name } } } },
        ...halves.map((half) => ({ contentBlockDelta: { contentBlockIndex, delta: { toolUse: { input: half } } } })),
        stop,
      ]
    }
    const pieces = (block.text ?? '').match(/.{1,5}/gsu) ?? []
    return [...pieces.map((text) => ({ contentBlockDelta: { contentBlockIndex, delta: { text } } })), stop]
  })
  return [
    { messageStart: { role: 'assistant' } },
    ...blocks,
    { messageStop: { stopReason } },
    { metadata: { usage, metrics: { latencyMs: metrics?.latencyMs } } },
  ]
}

function isOperation(name: string | undefined): name is Exclude<BedrockCall['operation'], 'rerank'> {
  return name === 'converse' || name === 'converse-stream' || name === 'invoke'
}

/** As reported of Llama 3.3 (strands-agents/harness-sdk#1241, run-llama/llama_index#19886). */
function refusesForcedTools(modelId: string, body: Readonly<Record<string, unknown>>): boolean {
  const tools = body.toolConfig as { readonly toolChoice?: object } | undefined
  return modelId.includes('meta.llama') && tools?.toolChoice !== undefined && 'any' in tools.toolChoice
}

async function carryOut(reply: BedrockReply, operation: BedrockCall['operation'], response: ServerResponse): Promise<void> {
  if (reply === 'reset') response.socket?.resetAndDestroy()
  else if ('fault' in reply) sendFault(response, reply.fault, `The words of ${reply.fault}.`, reply.headers)
  else if ('status' in reply) send(response, reply.status, reply.body, reply.headers)
  else if ('stream' in reply) await sendStream(response, reply.stream, reply.piece)
  else if (operation === 'converse') send(response, 200, writeAnswer(reply.answer))
  else await sendStream(response, eventsOf(reply.answer))
}

function sendFault(
  response: ServerResponse,
  name: FaultName,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const { status, body } = writeFault(name, message)
  send(response, status, body, { 'x-amzn-errortype': `${name}:http://internal.amazon.com/coral/com.amazon.bedrock/`, ...headers })
}

function send(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-requestid': randomUUID(), ...headers })
  response.end(body)
}

/** @param piece so many bytes are written at a time; all at once when left out. */
async function sendStream(
  response: ServerResponse,
  parts: Extract<BedrockReply, { readonly stream: unknown }>['stream'],
  piece = Number.POSITIVE_INFINITY,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-requestid': randomUUID() })
  for (const part of parts) {
    if (part === 'reset') return void response.socket?.resetAndDestroy()
    const frame =
      'exception' in part ? writeException(part.exception, `The words of ${part.exception}.`) : await writeEvents([part])
    for (let at = 0; at < frame.length; at += piece) {
      response.write(frame.subarray(at, Math.min(frame.length, at + piece)))
      // Another packet.
      await new Promise(setImmediate)
    }
  }
  response.end()
}
