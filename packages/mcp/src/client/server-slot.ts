import { type Clock, faultOf, type Log, orLeft, sleep, type Timer, ToolSourceError } from '@plinth/core'
import { longestBackOff, type McpServer } from './servers.ts'
import type { Session, SessionOptions } from './session.ts'
import { StartFault } from './start-fault.ts'

/** A session that lived so long was a good one. */
const goodMilliseconds = 60_000
const shownStderr = 500

/** The place of one server's session with one tenant: started when it is needed, again after it ended, and ended when nobody uses it. */
export class ServerSlot {
  readonly #server: McpServer
  readonly #options: SessionOptions
  readonly #log: Log
  readonly #onIdle: () => void
  /** Who is asked now. */
  #asked: Session | undefined
  #starting: Promise<Session> | undefined
  /** Those that have not ended. */
  readonly #sessions = new Set<Session>()
  /** Ends and failed starts since the last good session. */
  #failures = 0
  #notBefore = 0
  #uses = 0
  #idle: Timer | undefined
  readonly #stop = new AbortController()

  /** @param parts.onIdle told when nobody has used it for long. */
  constructor(server: McpServer, options: SessionOptions, parts: { readonly log: Log; onIdle(): void }) {
    this.#server = server
    this.#options = options
    this.#log = parts.log
    this.#onIdle = () => parts.onIdle()
  }

  get busy(): boolean {
    return this.#uses > 0
  }

  /**
   * Does something with the session; again with a new one where the server knew nothing of it, and so took nothing.
   * @throws ToolSourceError `tool_server_unavailable`; the signal's reason; what `work` throws.
   */
  async use<Answer>(signal: AbortSignal, work: (session: Session) => Promise<Answer>): Promise<Answer> {
    this.#uses++
    this.#idle?.cancel()
    try {
      const session = await this.#ready(signal)
      try {
        return await work(session)
      } catch (error) {
        const taken = !(error instanceof ToolSourceError && error.code === 'tool_server_unavailable')
        if (taken || !session.retired || signal.aborted) throw error
        return await work(await this.#ready(signal))
      }
    } finally {
      this.#uses--
      if (this.#uses === 0 && !this.#stop.signal.aborted)
        this.#idle = this.#clock.setTimer(this.#server.limits.idle, () => this.#onIdle())
    }
  }

  async close(): Promise<void> {
    this.#idle?.cancel()
    this.#stop.abort(new ToolSourceError('tool_server_unavailable'))
    await this.#starting?.catch(() => {})
    await Promise.all([...this.#sessions].map((session) => session.close()))
  }

  get #clock(): Clock {
    return this.#options.clock
  }

  /** Whoever comes while one is started waits for that one; the start goes on when they leave. */
  #ready(signal: AbortSignal): Promise<Session> {
    if (this.#asked && !this.#asked.retired) return Promise.resolve(this.#asked)
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined
    })
    return orLeft(this.#starting, signal)
  }

  async #start(): Promise<Session> {
    const { signal } = this.#stop
    const { name: server } = this.#server
    // A clock may jump back, and would put the start off by as much.
    const wait = Math.min(Math.max(0, this.#notBefore - this.#clock.now()), longestBackOff)
    this.#log.debug({ server, wait }, 'An MCP server is started.')
    if (wait > 0) await sleep(this.#clock, wait, signal)
    signal.throwIfAborted()
    try {
      // Its SDK takes half a second to load, which those without such servers needn't wait for.
      const { Session } = await import('./session.ts')
      const session = await Session.start(this.#options, signal)
      const from = this.#clock.now()
      this.#sessions.add(session)
      this.#asked = session
      this.#log.info({ server, revision: session.revision }, 'An MCP server is in use.')
      void session.ended.then(() => {
        this.#sessions.delete(session)
        if (this.#asked === session) this.#asked = undefined
        if (this.#clock.now() - from >= goodMilliseconds) this.#failures = 0
        if (signal.aborted) return
        this.#backOff()
        this.#log.warn({ server }, 'An MCP server ended.')
      })
      return session
    } catch (error) {
      signal.throwIfAborted()
      this.#backOff()
      this.#log.warn({ server, ...wordsOf(error) }, 'An MCP server could not be started.')
      throw error
    }
  }

  /** The first end costs no time, the next ones a second, two, four … */
  #backOff(): void {
    this.#failures++
    this.#notBefore = this.#failures < 2 ? 0 : this.#clock.now() + Math.min(1_000 * 2 ** (this.#failures - 2), longestBackOff)
  }
}

function wordsOf(error: unknown): Readonly<Record<string, unknown>> {
  const { cause } = error instanceof Error ? error : { cause: undefined }
  if (!(cause instanceof StartFault)) return faultOf(error)
  // Nothing of a tenant's was there to be written down.
  const { message, stderr, exit } = cause
  return { reason: message.slice(0, shownStderr), stderr: stderr.slice(-shownStderr), ...(exit === undefined ? {} : { exit }) }
}
