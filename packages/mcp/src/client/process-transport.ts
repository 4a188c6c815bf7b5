import { type ChildProcess, spawn } from 'node:child_process'
import { deserializeMessage, type JSONRPCMessage, serializeMessage, type Transport } from '@modelcontextprotocol/client'
import { type Clock, sleep, ToolSourceError } from '@plinth/core'
import { tooLargeAnswer } from './faults.ts'
import { idOfLong, MessageLines } from './message-lines.ts'
import type { McpAddress } from './servers.ts'

/** What programs need to find their way, and holds no secrets. Nothing else of our environment is handed on. */
const harmless = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TERM',
  'TMPDIR',
  'LANG',
  'TZ',
  'SystemRoot',
  'COMSPEC',
  'TEMP',
  'TMP',
]
const keptStderr = 2_000
const politeMilliseconds = 1_000
const termMilliseconds = 1_000
const lastWordsMilliseconds = 500

export interface ProcessTransportOptions {
  readonly address: Extract<McpAddress, { readonly kind: 'process' }>
  /** The process's own, of which the harmless ones are handed on. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** The most bytes of one message. */
  readonly maxBytes: number
}

/**
 * A server as a process of ours, spoken to through its pipes. It leads a process group of its own, so that what a starter such as `npx`
 * started ends with it; the SDK's own transport leaves such helpers behind, waits four seconds for a stubborn one, and ends at a message that is too
 * long. Here such a message is passed over, and its request gets an error. What the server writes to standard error is read
 * and, but for the last 2,000 bytes, forgotten.
 */
export class ProcessTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: (message: JSONRPCMessage) => void
  readonly #options: ProcessTransportOptions
  #child: ChildProcess | undefined
  #ended: Promise<void> = Promise.resolve()
  /** Resolves when all that it wrote is read, or half a second after its end. */
  #heardOut: Promise<unknown> = Promise.resolve()
  #stderr = ''
  #closed = false

  constructor(options: ProcessTransportOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** The last that it wrote there. */
  get stderr(): string {
    return this.#stderr
  }

  /** With what it ended by itself. */
  get exit(): number | string | undefined {
    return this.#child?.exitCode ?? this.#child?.signalCode ?? undefined
  }

  /** Of one that won't read any more, resolves when it is heard out. */
  async heardOut(): Promise<void> {
    const child = this.#child
    const isEnding = child && (child.exitCode !== null || child.signalCode !== null || !child.stdin?.writable)
    if (!isEnding || child.pid === undefined || !(await this.#endsWithin(lastWordsMilliseconds))) return
    await this.#heardOut
  }

  start(): Promise<void> {
    const { address, variables, maxBytes, clock } = this.#options
    const env = Object.fromEntries(harmless.flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]]])))
    const child = spawn(address.command, address.args, {
      env: { ...env, ...address.env },
      cwd: address.cwd,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    this.#child = child
    const lines = new MessageLines({
      most: maxBytes,
      onLine: (line) => this.#read(line),
      onLong: (line) => {
        const id = idOfLong(line)
        if (id === undefined) void this.close()
        else this.onmessage?.(tooLargeAnswer(id))
      },
    })
    child.stdout.on('data', (chunk: Buffer) => lines.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8', Math.max(0, chunk.length - keptStderr))).slice(-keptStderr)
    })
    for (const stream of [child.stdin, child.stdout, child.stderr])
      stream.on('error', (error) => {
        this.onerror?.(error)
      })
    return new Promise((resolve, reject) => {
      child.once('spawn', () => resolve())
      child.once('error', (error) => {
        reject(error)
        this.#end()
      })
      // Not `close`: a helper that holds the pipes open must not make a dead server look alive.
      this.#ended = new Promise((ended) => {
        child.once('exit', () => {
          // What it wrote last is read before its end is told.
          this.#heardOut = Promise.race([
            new Promise((closed) => child.once('close', closed)),
            sleep(clock, lastWordsMilliseconds),
          ]).then(() => this.#end())
          ended()
        })
        child.once('error', () => ended())
      })
    })
  }

  send(message: JSONRPCMessage): Promise<void> {
    const stdin = this.#child?.stdin
    // What was not written whole was not taken: it has no end of line.
    const notTaken = (cause?: unknown): ToolSourceError => new ToolSourceError('tool_server_unavailable', { cause })
    if (this.#closed || !stdin?.writable) return Promise.reject(notTaken())
    return new Promise((resolve, reject) => {
      stdin.write(serializeMessage(message), (error) => (error ? reject(notTaken(error)) : resolve()))
    })
  }

  /** Asks it to end by closing its input, then by SIGTERM, then makes it end; resolves when it is gone. */
  async close(): Promise<void> {
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.stdin?.end()
      if (!(await this.#endsWithin(politeMilliseconds))) {
        this.#signal('SIGTERM')
        if (!(await this.#endsWithin(termMilliseconds))) this.#signal('SIGKILL')
        await this.#ended
      }
    }
    this.#end()
  }

  #endsWithin(milliseconds: number): Promise<boolean> {
    const over = new AbortController()
    const late = sleep(this.#options.clock, milliseconds, over.signal).then(
      () => false,
      () => false,
    )
    return Promise.race([this.#ended.then(() => true), late]).finally(() => over.abort())
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    // Helpers that it left behind.
    this.#signal('SIGKILL')
    this.#child?.stdout?.destroy()
    this.#child?.stderr?.destroy()
    this.#child?.stdin?.destroy()
    this.onclose?.()
  }

  /** To the whole group. */
  #signal(signal: NodeJS.Signals): void {
    const pid = this.#child?.pid
    if (pid === undefined) return
    try {
      process.kill(process.platform === 'win32' ? pid : -pid, signal)
    } catch {
      // Nobody is left.
    }
  }

  #read(line: string): void {
    let message: JSONRPCMessage
    try {
      message = deserializeMessage(line)
    } catch (error) {
      // What a server prints besides messages is no fault of the session's.
      this.onerror?.(error instanceof Error ? error : new Error(String(error)))
      return
    }
    this.onmessage?.(message)
  }
}
