/**
 * A proxy in front of moto that injects what AWS does on bad days. A test says which requests meet which fault; everything else
 * passes unchanged. It has no timers: a fault that waits is given what it waits for.
 * @module
 */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { type AwsClients, destroyClients } from '../../src/clients.ts'
import { type Moto, motoClients } from './moto.ts'

export interface ProxiedRequest {
  readonly method: string
  /** With its query. */
  readonly path: string
  /** What is asked for where the protocol is JSON, such as `PutEvents`; S3's has only method and path. */
  readonly operation: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface ProxiedAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The connection breaks after so many bytes of the body. */
  readonly cutAfter?: number
}

/** What becomes of a request: an answer, or none since the connection broke. Calling `forward` gives it its effect. */
export type Fault = (asked: ProxiedRequest, forward: () => Promise<ProxiedAnswer>) => Promise<ProxiedAnswer | 'reset'>

export type Matches = (asked: ProxiedRequest) => boolean

/** Milliseconds, longer than our own clients wait: what is queued behind a request that nobody answers goes on then. */
const patience = 40_000

/** Moto didn't answer. AWS breaks such a connection off, and so does the proxy. */
class UnansweredError extends Error {}

interface Injection {
  readonly matches: Matches
  readonly fault: Fault
  left: number
  met: number
}

/** Requests of an operation of a JSON protocol: DynamoDB, SQS, EventBridge, KMS. */
export function operation(...names: readonly string[]): Matches {
  return (asked) => asked.operation !== undefined && names.includes(asked.operation)
}

/** Requests by method and path with query, as S3's are told apart. */
export function route(method: string, path: RegExp): Matches {
  return (asked) => asked.method === method && path.test(asked.path)
}

/** Requests of DynamoDB. */
export const ofTable: Matches = ({ headers }) => String(headers['x-amz-target']).startsWith('DynamoDB')

/** Nothing happens, and nobody says so. */
export const resetBefore: Fault = async () => 'reset'

/** It happens, and nobody says so. */
export const resetAfter: Fault = async (_, forward) => {
  await forward()
  return 'reset'
}

/** One request has its effect after the other: moto looks whether it may write and then writes, where AWS does both in one. */
export function oneAtATime(): (_: ProxiedRequest, forward: () => Promise<ProxiedAnswer>) => Promise<ProxiedAnswer> {
  let last: Promise<unknown> = Promise.resolve()
  return async (_, forward) => {
    const turn = last.then(forward)
    last = turn.catch(() => undefined)
    return turn
  }
}

/** Moto's answer, changed. */
export function rewrite(change: (answer: ProxiedAnswer) => ProxiedAnswer): Fault {
  return async (_, forward) => change(await forward())
}

/** Moto's JSON answer, changed. */
export function rewriteJson<Body>(change: (body: Body) => unknown): Fault {
  return rewrite((answer) => ({ ...answer, body: Buffer.from(JSON.stringify(change(JSON.parse(answer.body.toString())))) }))
}

/** AWS's refusal in the form of the service that was asked; it never gets to moto. */
export function refuse(status: number, code: string, message = 'as the test wants it'): Fault {
  return async (asked) => refusal(asked, status, code, message)
}

export function refusal(asked: ProxiedRequest, status: number, code: string, message: string): ProxiedAnswer {
  if (asked.operation !== undefined) {
    const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'injected' }
    return { status, headers, body: Buffer.from(JSON.stringify({ __type: code, message })) }
  }
  const xml = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message><RequestId>injected</RequestId></Error>`
  const headers = { 'content-type': 'application/xml', 'x-amz-request-id': 'injected' }
  return { status, headers, body: Buffer.from(asked.method === 'HEAD' ? '' : xml) }
}

/** The proxy of one test file; faults and the record of requests are its tests' own. */
export class FaultProxy {
  endpoint = ''
  #target: URL | undefined
  #injections: Injection[] = []
  #requests: ProxiedRequest[] = []
  #sending = 0
  #broken: unknown
  readonly #made: AwsClients[] = []
  readonly #asking = new Map<ProxiedRequest, number>()
  readonly #server: Server = createServer((incoming, outgoing) => {
    // A client that gives up while it asks.
    this.#serve(incoming, outgoing).catch(() => outgoing.destroy())
  })

  /** What was asked so far in this test, in the order of arrival. */
  get requests(): readonly ProxiedRequest[] {
    return this.#requests
  }

  /** How many answers are on their way, not taken to their end. */
  get sending(): number {
    return this.#sending
  }

  /** What moto was asked and hasn't answered, and for how many milliseconds; to be told where a test waits in vain. */
  get unanswered(): readonly string[] {
    return [...this.#asking].map(([asked, since]) => `${nameOf(asked)} for ${Math.round(performance.now() - since)} ms`)
  }

  /**
   * The first so many requests that match meet the fault; of several injections that match, the one made first.
   * @returns what tells how many have met it.
   */
  inject(matches: Matches, fault: Fault, times = 1): { readonly met: number } {
    const injection = { matches, fault, left: times, met: 0 }
    this.#injections.push(injection)
    return injection
  }

  /** Asks DynamoDB one request at a time from now on: moto can't isolate transactions, and takes back what others wrote while one failed. */
  isolateTransactions(): void {
    this.inject(ofTable, oneAtATime(), Number.POSITIVE_INFINITY)
  }

  /** The SDK's clients as the platform makes them, talking through this proxy. By default every call is tried once. */
  clients(options: { readonly maxAttempts?: number } = {}): AwsClients {
    const made = motoClients(this.endpoint, options)
    this.#made.push(made)
    return made
  }

  async open(target: string): Promise<void> {
    this.#target = new URL(target)
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.endpoint = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Forgets faults and requests of a test. @throws what a fault of it threw: that would look like a connection that broke. */
  forget(): void {
    const broken = this.#broken
    this.#broken = undefined
    this.#injections = []
    this.#requests = []
    if (broken) throw broken
  }

  async close(): Promise<void> {
    for (const clients of this.#made) destroyClients(clients)
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming
    const operation =
      String(headers['x-amz-target'] ?? '')
        .split('.')
        .at(-1) || undefined
    const asked = { method, path, operation, headers, body: await bodyOf(incoming) }
    this.#requests.push(asked)
    const answer = await this.#meet(asked).catch((error: unknown) => {
      if (error instanceof UnansweredError) console.warn(error.message)
      else this.#broken ??= error
      return 'reset' as const
    })
    if (answer === 'reset') return void outgoing.destroy()
    this.#sending++
    outgoing.on('close', () => this.#sending--)
    send(asked, answer, outgoing)
  }

  async #meet(asked: ProxiedRequest): Promise<ProxiedAnswer | 'reset'> {
    const injection = this.#injections.find(({ matches, left }) => left > 0 && matches(asked))
    if (!injection) return this.#forward(asked)
    injection.left--
    injection.met++
    return injection.fault(asked, () => this.#forward(asked))
  }

  async #forward(asked: ProxiedRequest): Promise<ProxiedAnswer> {
    this.#asking.set(asked, performance.now())
    try {
      return await this.#ask(asked)
    } finally {
      this.#asking.delete(asked)
    }
  }

  #ask(asked: ProxiedRequest): Promise<ProxiedAnswer> {
    const { method, path, headers, body } = asked
    return new Promise((resolve, reject) => {
      // The body is whole here, so moto needn't be asked whether it wants it.
      const { expect: _, 'transfer-encoding': __, ...others } = headers
      const { hostname, port } = this.#target ?? {}
      // A connection for each: one that is kept may be closed by moto at the moment when it is used again.
      const options = { hostname, port, agent: false, method, path, headers: { ...others, 'content-length': body.byteLength } }
      const asking = request(options, (incoming) => {
        bodyOf(incoming)
          .then((answer) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: answer }))
          .catch(reject)
      })
      asking.on('error', reject)
      asking.setTimeout(patience, () => asking.destroy(new UnansweredError(`moto did not answer ${nameOf(asked)} in time.`)))
      asking.end(body)
    })
  }
}

/** A proxy in front of a test file's moto, for as long as that runs; every test begins without faults. */
export function useFaultProxy(moto: Moto): FaultProxy {
  const proxy = new FaultProxy()
  beforeAll(() => proxy.open(moto.endpoint))
  afterEach(() => proxy.forget())
  afterAll(() => proxy.close())
  return proxy
}

function nameOf({ operation, method, path }: ProxiedRequest): string {
  return operation ?? `${method} ${path}`
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of incoming) pieces.push(piece)
  return Buffer.concat(pieces)
}

function send(asked: ProxiedRequest, { status, headers, body, cutAfter }: ProxiedAnswer, outgoing: ServerResponse): void {
  const { 'transfer-encoding': _, connection: __, ...others } = headers
  // The length that a HEAD tells is the object's.
  outgoing.writeHead(status, asked.method === 'HEAD' ? others : { ...others, 'content-length': body.byteLength })
  if (cutAfter === undefined) outgoing.end(body)
  else outgoing.write(body.subarray(0, cutAfter), () => outgoing.destroy())
}
