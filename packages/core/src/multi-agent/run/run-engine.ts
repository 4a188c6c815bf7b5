import type { Usage } from '../../language-model/catalogue.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Ending, JournalEntry, StepOutcome, StepResult } from './journal.ts'
import { synthesis } from './journal.ts'
import type { Journal, JournalListener } from './journal-writer.ts'
import type { RunState, StepState } from './run-state.ts'

/** What a step's work is given. */
export interface StepCall {
  readonly state: StepState
  /** From 1; counts starts, also those after a crash. */
  readonly attempt: number
  /** The same for a try and for the one that takes its place after a crash: what a tool may know its call again by. */
  readonly key: string
  /** Fires when the step is cancelled, takes too long, or the run is lost. */
  readonly signal: AbortSignal
  /** What the steps that it needs gave, in the order in which it names them; those that failed or were left out aren't there. */
  readonly results: readonly { readonly step: string; readonly result: StepResult }[]
  /** Resolves when all that led here is kept: to be awaited before anything that can't be taken back. */
  settled(): Promise<void>
}

export interface StepEnd {
  readonly outcome: StepOutcome
  readonly usage: Usage
  readonly toolCalls: number
}

/** Does a step's work. What it throws is a fault of Plinth's own, and is tried again. */
export type StepWork = (call: StepCall) => Promise<StepEnd>

export interface EngineLimits {
  /** Steps of the run that run at a time. */
  readonly concurrency: number
  /** The same of one agent. */
  concurrencyOf?(agentType: string): number | undefined
}

/** How it came to rest: at its end; or until somebody does something; or until a time. */
export type Rest =
  | { readonly ending: Ending }
  | { readonly waits: true }
  | { readonly wakeAt: number }
  | { readonly replan: StepState }

const pollEvery = 500
const noUsage: Usage = { input_tokens: 0, output_tokens: 0, usd: 0, latency_ms: 0 }

/**
 * Runs the steps of one plan: each the moment that the last of what it needs has ended (guarantee 6), those with the longest way to the
 * end first. It holds no state of its own but what runs; all it knows it puts into the journal.
 */
export class RunEngine implements JournalListener {
  readonly state: RunState
  readonly journal: Journal
  readonly #clock: Clock
  readonly #work: StepWork
  readonly #limits: EngineLimits
  readonly #runId: string
  readonly #inFlight = new Map<string, AbortController>()
  readonly #byAgent = new Map<string, number>()
  #wake: () => void = () => {}
  #timer: Timer | undefined
  /** Whether the journal is to be looked at. */
  #isDue = false

  constructor(parts: {
    readonly runId: string
    readonly state: RunState
    journal(listener: JournalListener): Journal
    readonly clock: Clock
    readonly limits: EngineLimits
    readonly work: StepWork
  }) {
    this.#runId = parts.runId
    this.state = parts.state
    this.journal = parts.journal(this)
    this.#clock = parts.clock
    this.#work = parts.work
    this.#limits = parts.limits
  }

  /**
   * Goes on until nothing can go on by itself.
   * @param signal ends it at once: what runs is left as it is, for whoever takes the run up.
   * @throws RunLostError; what a commit throws; the signal's reason.
   */
  async run(signal: AbortSignal): Promise<Rest> {
    const leave = (): void => this.#wake()
    signal.addEventListener('abort', leave)
    try {
      for (;;) {
        signal.throwIfAborted()
        if (this.state.stopping?.status === 'cancelled') this.#abortAll('cancelled')
        const rest = this.#startReady()
        if (rest) {
          await this.journal.settled()
          return rest
        }
        if (await this.#something()) await this.journal.poll()
      }
    } finally {
      signal.removeEventListener('abort', leave)
      this.#timer?.cancel()
      this.#abortAll('left')
    }
  }

  told(entry: JournalEntry): void {
    this.state.apply(entry)
    this.#wake()
  }

  failed(): void {
    this.#isDue = true
    this.#wake()
  }

  /** Puts down what happened, and goes by it. */
  put(entry: JournalEntry): void {
    this.state.apply(entry)
    this.journal.append(entry)
  }

  #startReady(): Rest | undefined {
    const state = this.state
    const now = this.#clock.now()
    while (!state.stopping && !state.replanFor && state.running < this.#limits.concurrency) {
      const next = state.ready.take(now, (agentType) => this.#hasRoom(agentType))
      if (!next) break
      this.#start(next)
    }
    if (state.running > 0) return undefined
    if (state.stopping) return { ending: state.stopping }
    if (state.replanFor) return { replan: state.replanFor }
    if (state.isThrough) return this.#synthesise()
    const { wakeAt } = state.ready
    if (wakeAt !== undefined) return { wakeAt }
    return { waits: true }
  }

  #synthesise(): Rest | undefined {
    const own = this.state.synthesisStep
    const state = this.state.steps.get(own ?? synthesis)
    if (state?.status === 'completed') return { ending: { status: 'completed', text: '', ...state.result } }
    if (own !== undefined || !state)
      return { ending: { status: 'failed', code: 'nothing_completed', message: 'No step completed.' } }
    this.#start(state)
    return undefined
  }

  #start(state: StepState): void {
    const { id } = state.step
    const attempt = state.attempts + 1
    this.put({ at: this.#clock.now(), kind: 'started', step: id, attempt })
    const controller = new AbortController()
    this.#inFlight.set(id, controller)
    this.#count(state.step.agent_type, 1)
    this.#do(state, attempt, controller.signal).then(
      (end) => this.#finished(state, attempt, controller.signal, end),
      (error: unknown) => this.#finished(state, attempt, controller.signal, faulty(error)),
    )
  }

  async #do(state: StepState, attempt: number, signal: AbortSignal): Promise<StepEnd> {
    return this.#work({
      state,
      attempt,
      key: `${this.#runId}:${state.step.id}:${state.rounds}:${state.failures}`,
      signal,
      results: this.#resultsFor(state),
      settled: () => this.journal.settled(),
    })
  }

  #resultsFor({ step }: StepState): StepCall['results'] {
    const ids = step.id === synthesis ? [...this.state.steps.keys()] : step.dependencies
    return ids.flatMap((id) => {
      const result = this.state.steps.get(id)?.result
      return result && id !== step.id ? [{ step: id, result }] : []
    })
  }

  #finished(state: StepState, attempt: number, signal: AbortSignal, { outcome, usage, toolCalls }: StepEnd): void {
    this.#count(state.step.agent_type, -1)
    this.#inFlight.delete(state.step.id)
    // The run was left: whoever takes it up starts the step again.
    if (signal.aborted && signal.reason === 'left') return
    this.put({ at: this.#clock.now(), kind: 'finished', step: state.step.id, attempt, outcome, usage, toolCalls })
    this.#wake()
  }

  #abortAll(reason: 'cancelled' | 'left'): void {
    for (const controller of this.#inFlight.values()) controller.abort(reason)
  }

  #hasRoom(agentType: string): boolean {
    const most = this.#limits.concurrencyOf?.(agentType)
    return most === undefined || (this.#byAgent.get(agentType) ?? 0) < most
  }

  #count(agentType: string, by: number): void {
    this.#byAgent.set(agentType, (this.#byAgent.get(agentType) ?? 0) + by)
  }

  /**
   * Resolves when a step has ended, somebody wrote, a time has come, or it is time to look for what others wrote.
   * @returns whether it is.
   */
  async #something(): Promise<boolean> {
    const { wakeAt } = this.state.ready
    const due =
      wakeAt === undefined ? undefined : this.#clock.setTimer(Math.max(0, wakeAt - this.#clock.now()), () => this.#wake())
    this.#timer ??= this.#clock.setTimer(pollEvery, () => {
      this.#timer = undefined
      this.failed()
    })
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    due?.cancel()
    const isDue = this.#isDue
    this.#isDue = false
    return isDue
  }
}

function faulty(_error: unknown): StepEnd {
  return {
    outcome: { status: 'failed', code: 'internal', message: 'The step failed in a way that it does not know.', retryable: true },
    usage: noUsage,
    toolCalls: 0,
  }
}
