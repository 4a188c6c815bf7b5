import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

export const root: string = join(import.meta.dirname, '..', '..')
const run = promisify(execFile)

/** What a command answered; a code other than 0 is no exception here. */
export interface Answer {
  readonly code: number
  readonly output: string
}

/** A folder that looks like a checkout to whoever works in it; what is written there doesn't litter the real one. */
export class Checkout {
  readonly directory: string
  readonly #environment: Record<string, string | undefined>
  #server: ChildProcess | undefined

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'plinth-docs-'))
    for (const name of readdirSync(root)) {
      if (!['.git', '.plinth'].includes(name)) symlinkSync(join(root, name), join(this.directory, name))
    }
    const { NODE_OPTIONS: _, PORT: __, PLINTH_TOKEN: ___, ...environment } = process.env
    this.#environment = {
      ...environment,
      PATH: `${dirname(process.execPath)}:${environment.PATH}`,
      PLINTH_DATA_DIR: join(this.directory, '.plinth'),
    }
  }

  /** Starts a server on a port that is free, and points every later command at it. */
  async start(): Promise<string> {
    const plinth = join(root, 'packages', 'cli', 'bin', 'plinth.js')
    const environment = { ...this.#environment, PORT: '0', PLINTH_LOG_LEVEL: 'error' }
    const server = spawn(process.execPath, [plinth, 'start', '--json'], {
      cwd: this.directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#server = server
    const [line] = (await Promise.race([once(createInterface(server.stdout), 'line'), once(server, 'exit')])) as [unknown]
    if (typeof line !== 'string') throw new Error(`The server ended with ${line} before it listened.`)
    const { url } = JSON.parse(line) as { url: string }
    this.#environment.PLINTH_URL = url
    return url
  }

  async run(command: string, words: readonly string[]): Promise<Answer> {
    const options = { cwd: this.directory, env: this.#environment, maxBuffer: 16 * 1024 * 1024 }
    try {
      const { stdout, stderr } = await run(command, words, options)
      return { code: 0, output: stdout + stderr }
    } catch (error) {
      const {
        code,
        stdout = '',
        stderr = '',
        message,
      } = error as { code?: number; stdout?: string; stderr?: string; message: string }
      return { code: typeof code === 'number' ? code : 1, output: stdout + stderr || message }
    }
  }

  async dispose(): Promise<void> {
    if (this.#server && this.#server.exitCode === null) {
      const ended = once(this.#server, 'exit')
      this.#server.kill('SIGTERM')
      await ended
    }
    rmSync(this.directory, { recursive: true, force: true })
  }
}
