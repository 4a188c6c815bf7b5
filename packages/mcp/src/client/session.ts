import {
  type CallToolResult,
  Client,
  ClientCredentialsProvider,
  SdkError,
  SdkErrorCode,
  StreamableHTTPClientTransport,
  type Tool,
  type Transport,
} from '@modelcontextprotocol/client'
import {
  type Clock,
  type JsonObject,
  orLeft,
  type SourceAnswer,
  type SourceCall,
  type ToolSourceCode,
  ToolSourceError,
} from '@plinth/core'
import { idempotencyKey } from '../idempotency-key.ts'
import { answerOf } from './answer-text.ts'
import { boundedFetch } from './bounded-fetch.ts'
import { faultOfCall } from './faults.ts'
import { ProcessTransport } from './process-transport.ts'
import type { McpAddress } from './servers.ts'
import { StartFault } from './start-fault.ts'
import { withDeadline } from './with-deadline.ts'

/** Of one message. */
const maxBytes = 8 * 1024 * 1024
const probeMilliseconds = 5_000
/** The SDK's own time-outs are put off: ours are the clock's. */
const never = 2 ** 31 - 1
const closeMilliseconds = 2_000
/** How long a list of tools is believed where its server tells of no change. */
const listMilliseconds = 300_000
const mostPages = 50

/** After which a session is good for nothing. */
const breaks: ReadonlySet<string> = new Set<ToolSourceCode>(['tool_server_lost', 'tool_server_unavailable'])

export interface SessionOptions {
  readonly address: McpAddress
  readonly limits: { readonly call: number; readonly start: number }
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  readonly version: string
}

/**
 * One conversation with one server, from its start to its end. It offers the server nothing of ours: no sampling, no questions to a user, no
 * folders.
 */
export class Session {
  readonly #options: SessionOptions
  readonly #client: Client
  readonly #transport: Transport
  #tools: { readonly at: number; readonly tools: Promise<readonly Tool[]> } | undefined
  /** Messages from the server: times would not tell an answer from one in the same millisecond as the next question. */
  #heard = 0
  #running = 0
  #retired = false
  /** Resolves at its end, whoever brought it about. */
  readonly ended: Promise<void>

  private constructor(options: SessionOptions, transport: Transport, mode: 'auto' | 'legacy') {
    this.#options = options
    this.#transport = transport
    this.#client = new Client(
      { name: 'plinth', version: options.version },
      {
        capabilities: {},
        versionNegotiation: { mode, probe: { timeoutMs: probeMilliseconds } },
        listMaxPages: mostPages,
        listChanged: {
          tools: {
            autoRefresh: false,
            onChanged: () => {
              this.#tools = undefined
            },
          },
        },
      },
    )
    this.ended = new Promise((resolve) => {
      this.#client.onclose = () => resolve()
    })
    // Told by what fails; what a server says beside it is its own.
    this.#client.onerror = () => {}
  }

  /**
   * @param signal ends the start.
   * @throws ToolSourceError `tool_server_unavailable`; its cause is a StartFault.
   */
  static async start(options: SessionOptions, signal: AbortSignal): Promise<Session> {
    const over = new AbortController()
    const timer = options.clock.setTimer(options.limits.start, () => over.abort(new Error('It did not start in time.')))
    const either = AbortSignal.any([signal, over.signal])
    try {
      return await Session.#begin(options, 'auto', either)
    } catch (error) {
      // It may have ended at the question for the newer revision, as servers of the older one may.
      if (options.address.kind === 'process' && isEndAtQuestion(error) && !either.aborted)
        return await Session.#begin(options, 'legacy', either).catch(unavailable)
      return unavailable(error)
    } finally {
      timer.cancel()
    }
  }

  /** When it fails, nothing of it is left. */
  static async #begin(options: SessionOptions, mode: 'auto' | 'legacy', signal: AbortSignal): Promise<Session> {
    const transport = transportOf(options)
    const session = new Session(options, transport, mode)
    try {
      await orLeft(session.#connect(signal), signal)
      return session
    } catch (error) {
      const own = transport instanceof ProcessTransport ? transport : undefined
      await own?.heardOut()
      const exit = own?.exit
      await session.close()
      throw new StartFault(error, { stderr: own?.stderr ?? '', exit })
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    await this.#client.connect(this.#transport, { signal, timeout: never })
    const { onmessage } = this.#transport
    this.#transport.onmessage = (message, extra) => {
      this.#heard++
      onmessage?.(message, extra)
    }
  }

  /** Which revision of the protocol is spoken. */
  get revision(): string | undefined {
    return this.#client.getNegotiatedProtocolVersion()
  }

  /** What the server offers now, all pages of it, in the time that its start may take: the first list belongs to it. @throws ToolSourceError */
  tools(): Promise<readonly Tool[]> {
    const now = this.#options.clock.now()
    // Of a clock that was set back nobody knows how old it is.
    if (this.#tools && now >= this.#tools.at && now - this.#tools.at < listMilliseconds) return this.#tools.tools
    const { start } = this.#options.limits
    const tools = this.#ask(start, (signal) =>
      this.#client.listTools(undefined, { signal, timeout: never, cacheMode: 'refresh' }),
    ).then((list) => list.tools)
    const listed = { at: now, tools }
    this.#tools = listed
    tools.catch(() => {
      if (this.#tools === listed) this.#tools = undefined
    })
    return tools
  }

  /** @throws ToolSourceError; the signal's reason. */
  async call(tool: Tool, input: JsonObject, { key, signal }: SourceCall): Promise<SourceAnswer> {
    const params = { name: tool.name, arguments: { ...input }, _meta: { [idempotencyKey]: key } }
    // Without its schema of results, which isn't run: it holds regular expressions of the server's making.
    const { outputSchema: _, ...toolDefinition } = tool
    const result = await this.#ask(
      this.#options.limits.call,
      (either) => this.#client.callTool(params, { signal: either, timeout: never, toolDefinition }),
      signal,
    )
    try {
      return answerOf(result as CallToolResult)
    } catch (cause) {
      throw new ToolSourceError('tool_failed', { cause })
    }
  }

  async #ask<Answer>(milliseconds: number, ask: (signal: AbortSignal) => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    const heard = this.#heard
    this.#running++
    try {
      return await withDeadline(this.#options.clock, milliseconds, signal, ask)
    } catch (error) {
      signal?.throwIfAborted()
      const fault = faultOfCall(error)
      const silent = fault.code === 'tool_timeout' && this.#heard === heard
      if (silent || breaks.has(fault.code)) this.#retired = true
      throw fault
    } finally {
      this.#running--
      if (this.#retired && this.#running === 0) void this.close()
    }
  }

  /** Nobody should ask it any more: the server is gone, knows nothing of it, or says nothing at all. It ends when nobody waits for it. */
  get retired(): boolean {
    return this.#retired
  }

  /** Ends it, and the process that it is with; resolves when that is gone. */
  async close(): Promise<void> {
    if (this.#transport instanceof StreamableHTTPClientTransport) {
      const transport = this.#transport
      await withDeadline(this.#options.clock, closeMilliseconds, undefined, () => transport.terminateSession()).catch(() => {})
    }
    await this.#client.close().catch(() => {})
    // A client that never came to be connected doesn't know its transport.
    await this.#transport.close().catch(() => {})
  }
}

function unavailable(cause: unknown): never {
  throw new ToolSourceError('tool_server_unavailable', { cause })
}

function isEndAtQuestion(error: unknown): boolean {
  const cause = error instanceof StartFault ? error.cause : undefined
  return cause instanceof SdkError && cause.code === SdkErrorCode.EraNegotiationFailed
}

function transportOf({ address, variables, clock }: SessionOptions): Transport {
  if (address.kind === 'process') return new ProcessTransport({ address, variables, clock, maxBytes })
  const url = new URL(address.url)
  const { headers, oauth } = address
  const origins = [url.origin, ...(oauth ? [new URL(oauth.issuer).origin] : [])]
  const provider = oauth && new ClientCredentialsProvider({ ...oauth, expectedIssuer: oauth.issuer })
  return new StreamableHTTPClientTransport(url, {
    fetch: boundedFetch({ maxBytes, origins }),
    requestInit: { headers: { ...headers } },
    ...(provider ? { authProvider: provider } : {}),
  })
}
