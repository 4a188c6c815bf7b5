import { type ChildProcess, spawn } from 'node:child_process'
import { afterAll } from 'vitest'
import { plinthCommand } from './command.ts'
import { until } from './until.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ProcessOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Default: the folder of the tests' process. */
  readonly cwd?: string
}

const running = new Set<PlinthProcess>()

afterAll(async () => {
  for (const one of running) one.signal('SIGKILL')
  await Promise.all([...running].map((one) => one.exited))
})

/** One run of the real command, as a process of its own. */
export class PlinthProcess {
  readonly #child: ChildProcess
  readonly exited: Promise<Exit>
  stdout = ''
  stderr = ''
  exit: Exit | undefined

  constructor(args: readonly string[], options: ProcessOptions = {}) {
    const [program = '', ...rest] = plinthCommand()
    this.#child = spawn(program, [...rest, ...args], {
      env: bare(options.environment),
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: options.cwd,
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    running.add(this)
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        running.delete(this)
        this.exit = { code, signal }
        resolve(this.exit)
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Kills it as kill -9 does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited
  }

  /** Asks it to stop. */
  async stop(): Promise<Exit & { readonly milliseconds: number }> {
    const started = Date.now()
    this.signal('SIGTERM')
    const exit = await this.exited
    return { ...exit, milliseconds: Date.now() - started }
  }
}

/** Runs a verb to its end. */
export async function runPlinth(
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<PlinthProcess & { readonly exit: Exit }> {
  const run = new PlinthProcess(args, options)
  await run.exited
  return run as PlinthProcess & { readonly exit: Exit }
}

/** What `plinth start --json` says. */
export interface StartLine {
  readonly url: string
  readonly data_dir: string
  readonly platform: string
  readonly model: string
  readonly pid: number
}

export interface RunningPlinth extends StartLine {
  readonly process: PlinthProcess
}

/** Starts the server on a free port and waits until it listens. */
export async function startPlinth(folder: string, environment: Readonly<Record<string, string>> = {}): Promise<RunningPlinth> {
  const started = new PlinthProcess(['start', '--json'], { environment: serverEnvironment(folder, environment) })
  const line = await until(
    'the line that says where it listens',
    () => {
      if (started.exit) throw new Error(`plinth start ended (${JSON.stringify(started.exit)}): ${started.stderr}`)
      return started.stdout.includes('\n') && started.stdout
    },
    { within: 120_000, every: 5 },
  )
  return { ...(JSON.parse(line) as StartLine), process: started }
}

/** The variables of a server under test: a free port, its own folder, the model for tests. */
export function serverEnvironment(folder: string, environment: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PORT: '0',
    PLINTH_DATA_DIR: folder,
    PLINTH_MODEL: 'scripted',
    // Made at once; the usual one takes a second to start, and a thread.
    PLINTH_EMBEDDING_MODEL: 'local/hashing',
    PLINTH_LOG_LEVEL: 'warn',
    // What a test finds is what it made.
    PLINTH_SELF_METRICS: 'off',
    ...environment,
  }
}

/** Nothing of ours leaks in from the shell that runs the tests. */
function bare(environment: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return { PATH, HOME, TMPDIR, ...environment }
}
