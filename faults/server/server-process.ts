import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { plinthCommand } from '../../test/e2e/support/command.ts'
import { until } from '../../test/e2e/support/until.ts'
import { type Faults, faultVariables } from '../life-process.ts'

/** What a life is given to bear. */
export interface LifeOptions {
  /** The folder on whose disk the data folder lies. */
  readonly disk: string
  readonly environment: Readonly<Record<string, string>>
  /** The library that counts system calls, and the call at which the process dies; what counts is the folder `disk`. */
  readonly faults?: Omit<Faults, 'folder'>
  /** From when on (milliseconds UTC) its clock is off by how much. */
  readonly clock?: { readonly from: number; readonly by: number }
  readonly cache: string
}

export const dataOf = (disk: string): string => join(disk, 'data')

/** Far beyond what a start takes, on a machine with much else to do as well. */
const longestStart = 300_000
const clockModule = new URL('./clock.ts', import.meta.url).href

/** One run of the real server, as a process of its own. */
export class ServerProcess {
  readonly exited: Promise<void>
  readonly #child: ChildProcess
  #stdout = ''
  #stderr = ''
  #exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined

  constructor(options: LifeOptions, args: readonly string[] = ['start', '--json']) {
    const [program = '', ...rest] = plinthCommand()
    this.#child = spawn(program, [...rest, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: environmentOf(options) })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.exited = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => {
        this.#exit = { code, signal }
        resolve()
      })
    })
  }

  get stdout(): string {
    return this.#stdout
  }

  get stderr(): string {
    return this.#stderr
  }

  get isOver(): boolean {
    return this.#exit !== undefined
  }

  /** Whether it died of kill -9, whoever sent it. */
  get wasKilled(): boolean {
    return this.#exit?.signal === 'SIGKILL'
  }

  /** In words, how it ended. */
  get ending(): string {
    const { code, signal } = this.#exit ?? {}
    return `${signal ?? `code ${code}`}: ${this.#stderr.trim().slice(-600)}`
  }

  /** Where it listens; undefined when it ended before. */
  async listens(): Promise<string | undefined> {
    const line = await until(
      'a server that listens or ends',
      () => (this.isOver ? '' : this.#stdout.includes('\n') && this.#stdout),
      {
        within: longestStart,
        every: 5,
      },
    )
    return line === '' ? undefined : (JSON.parse(line) as { readonly url: string }).url
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.exited
  }
}

/** Nothing of ours leaks in from the shell. */
function environmentOf({ disk, environment, faults, clock, cache }: LifeOptions): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env
  return {
    ...{ PATH, HOME, TMPDIR },
    PORT: '0',
    PLINTH_DATA_DIR: dataOf(disk),
    PLINTH_EMBEDDING_MODEL: 'local/hashing',
    PLINTH_LOG_LEVEL: 'error',
    PLINTH_SELF_METRICS: 'off',
    NODE_COMPILE_CACHE: cache,
    ...environment,
    ...(faults && faultVariables({ ...faults, folder: disk })),
    ...(clock && { NODE_OPTIONS: `--import=${clockModule}`, FAULTS_CLOCK: `${clock.from},${clock.by}` }),
  }
}
