import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findOutsideFaults, repeatedCalls } from './findings/outside.ts'
import { type Call, type Death, type Faults, type Mode, readTrace, runLife } from './life-process.ts'
import type { Program } from './program.ts'
import type { FinalState } from './workload/final-state.ts'
import { readLedger } from './workload/ledger.ts'
import { planOf } from './workload/plan.ts'
import type { AnyStep } from './workload/steps.ts'

/** What all trials of a run share. */
export interface Bench {
  readonly program: Program
  /** Absent: processes die at named steps only. */
  readonly shim?: string
  /** Where each trial gets a folder of its own: in memory, if the system has that. */
  readonly folder: string
  readonly requests: number
  /** Folders of trials with findings are left there. */
  readonly keep: boolean
}

/** Where a process dies: at a call that changes the folder, or at the n-th time of a named step. */
export type CrashPoint =
  | { readonly mode: Mode; readonly at: number; readonly seed: number }
  | { readonly step: AnyStep; readonly time: number }

export interface TrialResult {
  /** Whether the process died there; else it got to its end. */
  readonly fired: boolean
  /** Where it died, for people. */
  readonly place: string
  readonly findings: readonly string[]
  readonly repeatedCalls: number
  /** The folder, when it was kept. */
  readonly folder?: string
}

/** How a process died, and after how many calls that change the folder. */
export type Crash = Pick<TrialResult, 'fired' | 'place' | 'findings'> & { readonly calls: number }

/** Few, so that there are many checkpoints. */
const logPages = 16
const within = 25_000
const longestWords = 500
const mostAgain = 6

/** A folder with a data folder and a ledger in it, and the lives of processes on it. */
export class Trial {
  readonly #bench: Bench
  readonly #folder: string
  #lives = 0

  constructor(bench: Bench, name: string) {
    this.#bench = bench
    this.#folder = join(bench.folder, name)
    mkdirSync(join(this.#folder, 'disk'), { recursive: true })
  }

  /** A trial that goes on from what this one left. */
  copy(name: string): Trial {
    const copied = new Trial(this.#bench, name)
    cpSync(this.#folder, copied.#folder, { recursive: true, preserveTimestamps: true })
    return copied
  }

  /** A life that dies there, unless it ends before. @returns what is wrong with it already, and how many calls it made. */
  async crash(point: CrashPoint): Promise<Crash> {
    const trace = this.#trace()
    const death = 'step' in point ? await this.#live({ die: point }) : await this.#live({}, { ...this.#faults(trace), ...point })
    const last = 'step' in point ? undefined : readTrace(trace).at(-1)
    const place = 'step' in point ? `${point.step} ${point.time}` : nameOf(last)
    const fired = death.signal === 'SIGKILL' && !death.hung
    const odd = !fired && (death.code !== 0 || death.hung)
    return { fired, place, findings: odd ? [`the process ${wordsOf(death)}`] : [], calls: last?.number ?? 0 }
  }

  /** A life to its end that counts its calls. */
  async count(): Promise<readonly Call[]> {
    const trace = this.#trace()
    const death = await this.#live({}, this.#faults(trace))
    if (death.code !== 0) throw new Error(`The workload doesn't even end by itself: it ${wordsOf(death)}`)
    return readTrace(trace)
  }

  /** A life to its end that counts its steps. */
  async countSteps(): Promise<Readonly<Record<AnyStep, number>>> {
    const steps = join(this.#folder, 'steps.json')
    const death = await this.#live({ steps })
    if (death.code !== 0) throw new Error(`The workload doesn't even end by itself: it ${wordsOf(death)}`)
    return JSON.parse(readFileSync(steps, 'utf8')) as Record<AnyStep, number>
  }

  /** A life without a fault, until everything has come to rest; then everything is compared. */
  async recover(): Promise<Pick<TrialResult, 'findings' | 'repeatedCalls'>> {
    const state = join(this.#folder, 'state.json')
    const death = await this.#live({ state })
    const entries = readLedger(this.#ledger)
    if (death.code !== 0) return { findings: [`the start after it ${wordsOf(death)}`], repeatedCalls: repeatedCalls(entries) }
    const outcome = { plan: planOf(this.#bench.requests), entries, state: JSON.parse(readFileSync(state, 'utf8')) as FinalState }
    return { findings: findOutsideFaults(outcome), repeatedCalls: repeatedCalls(entries) }
  }

  /** Removes the folder, unless someone wants to look into it. @returns it, when it is still there. */
  end(findings: readonly string[]): { readonly folder?: string } {
    if (this.#bench.keep && findings.length > 0) return { folder: this.#folder }
    rmSync(this.#folder, { recursive: true, force: true })
    return {}
  }

  get #ledger(): string {
    return join(this.#folder, 'ledger.jsonl')
  }

  #trace(): string {
    return join(this.#folder, `trace-${++this.#lives}`)
  }

  #faults(trace: string): Faults {
    return { shim: this.#bench.shim ?? '', folder: join(this.#folder, 'disk'), trace }
  }

  #live(options: Parameters<typeof runLife>[1] extends infer Life ? Partial<Life> : never, faults?: Faults): Promise<Death> {
    const directory = join(this.#folder, 'disk', 'data')
    const { program, requests } = this.#bench
    return runLife(program, { directory, ledger: this.#ledger, requests, logPages, within, ...options }, faults)
  }
}

/** One crash, one recovery. @param of of how many calls the point is one; absent: it is that call or none. */
export async function tryPoint(bench: Bench, name: string, point: CrashPoint, of?: number): Promise<TrialResult> {
  return tryFrom((again) => new Trial(bench, again === 0 ? name : `${name}-${again}`), point, of)
}

/**
 * One crash from where trials begin, one recovery. Runs differ in how many calls they make: what is committed together is a matter of
 * moments. So one that got to its end before the point is tried again, at the same part of its own length.
 */
export async function tryFrom(begin: (again: number) => Trial, point: CrashPoint, of?: number): Promise<TrialResult> {
  let aimed = point
  for (let again = 0; ; again++) {
    const trial = begin(again)
    const crash = await trial.crash(aimed)
    const over = crash.fired || crash.findings.length > 0 || of === undefined || again === mostAgain
    if (over || !('at' in point) || !('at' in aimed)) {
      const recovery = await trial.recover()
      const findings = [...crash.findings, ...recovery.findings]
      return { ...crash, ...recovery, findings, ...trial.end(findings) }
    }
    trial.end([])
    aimed = { ...aimed, at: Math.max(1, Math.floor((crash.calls * point.at) / of)) }
  }
}

function nameOf(call: Call | undefined): string {
  return call ? `call ${call.number}: ${call.name} ${call.path}` : 'before any call'
}

function wordsOf({ code, signal, stderr, hung }: Death): string {
  if (hung) return 'hung'
  const said = stderr.split('\n').find((line) => /^\w*Error\b.*: /.test(line)) ?? stderr.trim().slice(0, longestWords)
  return `ended with ${signal ?? `code ${code}`}: ${said}`
}
