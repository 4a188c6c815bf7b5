import type { EventToEmit } from '../../define/event.ts'
import type { Usage } from '../../language-model/catalogue.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { noUsage } from '../../rag/usage.ts'
import type { ConversationPart } from '../steps/conversation.ts'
import { type Ending, type JournalEntry, type MadeCall, type StepOutcome, synthesis } from './journal.ts'
import { type Journal, type JournalListener, RunLostError } from './journal-writer.ts'
import { type GivenResult, resultsFor } from './results-for.ts'
import type { RunState } from './run-state.ts'
import { type RunSlots, StepSlots } from './step-slots.ts'
import type { StepState } from './step-state.ts'
import { stepTimeout } from './step-timeout.ts'

/** What a step's work is given. */
export interface StepCall {
  readonly state: StepState
  /** From 1; counts starts, also those after a crash. */
  readonly attempt: number
  /** The same for a try and for the one that takes its place after a crash: what a tool may know its call again by. */
  readonly key: string
  /** Fires when the step is broken off, or the run is lost. */
  readonly signal: AbortSignal
  /** Milliseconds that it may take. */
  readonly timeout: number
  /** What the steps that it needs gave, in the order in which it names them; those that failed or were left out aren't there. */
  readonly results: readonly GivenResult[]
  /** Puts down what an agent goes on from; what it used until then isn't told again with its end. */
  keep(part: ConversationPart, used: Omit<StepEnd, 'outcome'>): void
  /** Resolves when all that led here is kept: to be awaited before anything that can't be taken back. */
  settled(): Promise<void>
}

export interface StepEnd {
  readonly outcome: StepOutcome
  readonly usage: Usage
  readonly toolCalls: number
  /** Of those calls what is kept. */
  readonly made?: readonly MadeCall[] | undefined
}

/** Does a step's work. What it throws is a fault of Plinth's own, and is tried again. */
export type StepWork = (call: StepCall) => Promise<StepEnd>

export interface EngineLimits {
  /** Steps of the run that run at a time. */
  readonly concurrency: number
  /** The same of one agent, over all runs that share {@link EngineLimits.slots}. */
  concurrencyOf?(agentType: string): number | undefined
  /** Room that this run shares with others of its tenant. */
  readonly slots?: StepSlots | undefined
  /** When the run's time is over, milliseconds UTC; it is asked again and again, since it moves when somebody is waited for. */
  deadline?(): number | undefined
  /** When this process has to be done with it, milliseconds UTC: no step starts that might not end before. */
  readonly endsAt?: number | undefined
  /** Whether nothing may start now: what runs goes to its end, and the rest is left. */
  isHeld?(): boolean
  /** What waits longer than so many milliseconds isn't waited for here. Default: nothing is. */
  readonly longestNap?: number
}

/** How it came to rest: at its end; or until somebody does something; or until a time; or for whoever is given it next. */
export type Rest =
  | { readonly ending: Ending }
  | { readonly waits: true }
  | { readonly wakeAt: number }
  | { readonly replan: StepState }
  | { readonly handOver: true }

const pollEvery = 500
/** What is further ahead is looked at again after this time, milliseconds. */
const longestTimer = 86_400_000
/** Who is told to break off has so long to say what it used, milliseconds. */
const grace = 5_000
/** A process that is new has at least so much time less than it was given when its first step starts, milliseconds. */
const startUp = 5_000

interface InFlight {
  readonly state: StepState
  readonly attempt: number
  readonly controller: AbortController
}

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
  readonly #announce: ((step: string | undefined) => EventToEmit) | undefined
  readonly #inFlight = new Map<string, InFlight>()
  readonly #slots: RunSlots
  /** The most that a step has in a process whose time is limited. */
  readonly #longest: number
  #wake: () => void = () => {}
  #timer: Timer | undefined
  #grace: Timer | undefined
  /** Whether the journal is to be looked at. */
  #isDue = false
  /** By this time it was looked at what can start. */
  #now = 0

  constructor(parts: {
    readonly runId: string
    readonly state: RunState
    journal(listener: JournalListener): Journal
    readonly clock: Clock
    readonly limits: EngineLimits
    readonly work: StepWork
    /** What others are told when a step waits for approval, or the plan does. */
    announce?(step: string | undefined): EventToEmit
  }) {
    this.#runId = parts.runId
    this.state = parts.state
    this.journal = parts.journal(this)
    this.#clock = parts.clock
    this.#work = parts.work
    this.#limits = parts.limits
    this.#announce = parts.announce
    const { slots = new StepSlots({ most: Number.POSITIVE_INFINITY }), endsAt = Number.POSITIVE_INFINITY } = parts.limits
    this.#slots = slots.open(() => this.#wake())
    this.#longest = Math.max(0, endsAt - startUp - parts.clock.now())
  }

  /**
   * Says in the journal that this owner has the run, before anything else is done: whatever the one before wrote until then counts, and
   * nothing of it after.
   * @throws RunLostError when yet another one has it.
   */
  async take(entry: JournalEntry & { readonly kind: 'owned' }): Promise<void> {
    // What was read before: somebody took it since it was taken here.
    if (this.state.epoch >= entry.epoch) throw new RunLostError()
    while (!(await this.journal.commit([entry], { writes: [], durability: 'relaxed' }))) if (this.state.ending) return
    this.state.apply(entry)
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
        this.#lookAtTime()
        const rest = this.#startReady()
        if (rest) {
          await this.journal.settled()
          return rest
        }
        if (await this.#something()) await this.journal.poll()
      }
    } finally {
      signal.removeEventListener('abort', leave)
      this.#leave()
    }
  }

  /**
   * Does something else than steps, such as planning, and looks meanwhile whether somebody cancels the run, or its time is over.
   * @param work ends with its signal, soon.
   * @returns undefined when that happened.
   */
  async during<Result>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<Result>): Promise<Result | undefined> {
    const stop = new AbortController()
    let isOver = false
    const working = work(AbortSignal.any([signal, stop.signal])).finally(() => {
      isOver = true
      this.#wake()
    })
    working.catch(() => {})
    try {
      for (;;) {
        this.#lookAtTime()
        if (this.state.stopping) return undefined
        if (isOver || signal.aborted) return await working
        if (await this.#something()) await this.journal.poll()
      }
    } finally {
      stop.abort('stopped')
      this.#leave()
    }
  }

  get deadline(): number | undefined {
    return this.#limits.deadline?.()
  }

  /** Nothing runs here any more. */
  close(): void {
    this.#leave()
    this.#slots.close()
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
  put(entry: JournalEntry, emit?: readonly EventToEmit[]): void {
    this.state.apply(entry)
    this.journal.append(entry, emit)
  }

  /** What the time asks for. */
  #lookAtTime(): void {
    const { state } = this
    const now = this.#clock.now()
    this.#now = now
    const deadline = state.isAtRest ? undefined : this.deadline
    if (deadline !== undefined && deadline <= now && !state.stopping && !state.ending) this.put({ at: now, kind: 'expired' })
    if (state.breaksOff) this.#breakOff(state.breaksOff)
  }

  #startReady(): Rest | undefined {
    const { state } = this
    this.#tellWaiting()
    if (state.status === 'awaiting_approval' && !state.stopping) return { waits: true }
    const now = this.#now
    const isHeldBack = this.#startSteps(now)
    if (state.running > 0) return undefined
    if (state.stopping) return { ending: state.stopping }
    if (state.replanFor) return { replan: state.replanFor }
    if (isHeldBack) return { handOver: true }
    if (state.isThrough) return this.#synthesise(now)
    return this.#slots.wants ? undefined : this.#restUntil(state.ready.wakeAt, now)
  }

  /** @returns whether one waits for a process that has more time left, or all do since nothing may start. */
  #startSteps(now: number): boolean {
    const { state } = this
    if (this.#limits.isHeld?.()) return true
    let isHeldBack = false
    const hasRoom = ({ step }: StepState): boolean => {
      const fits = this.#fits(step, now)
      isHeldBack ||= !fits
      return fits && this.#slots.mayTake(step.agent_type, this.#limits.concurrencyOf?.(step.agent_type))
    }
    const looked = this.#slots.look()
    while (!state.stopping && !state.replanFor && state.running < this.#limits.concurrency) {
      const next = state.ready.take(now, hasRoom)
      if (!next) break
      this.#start(next)
    }
    looked()
    return isHeldBack
  }

  /** Somebody is told of each step that waits for their word, once. */
  #tellWaiting(): void {
    for (const id of this.state.untold) {
      // A step's turn comes when its plan is agreed to.
      if (id !== '' && this.state.status === 'awaiting_approval') continue
      const step = id === '' ? undefined : id
      const events = this.#announce ? [this.#announce(step)] : []
      this.put({ at: this.#clock.now(), kind: 'waits', ...(step === undefined ? {} : { step }) }, events)
    }
  }

  /** Whether a step that starts now ends before this process has to be done. */
  #fits(step: StepState['step'], now: number): boolean {
    const { endsAt } = this.#limits
    return endsAt === undefined || now + Math.min(stepTimeout(step), this.#longest) <= endsAt
  }

  #restUntil(wakeAt: number | undefined, now: number): Rest | undefined {
    if (wakeAt === undefined) return { waits: true }
    return wakeAt - now <= (this.#limits.longestNap ?? 0) ? undefined : { wakeAt }
  }

  #synthesise(now: number): Rest | undefined {
    const own = this.state.synthesisStep
    const state = this.state.steps.get(own ?? synthesis)
    if (state?.status === 'completed') return { ending: { status: 'completed', text: '', ...state.result } }
    if (own !== undefined || !state || !this.#hasResults())
      return { ending: { status: 'failed', code: 'nothing_completed', message: 'No step completed.' } }
    if (state.notBefore > now) return this.#restUntil(state.notBefore, now)
    if (!this.#fits(state.step, now)) return { handOver: true }
    this.#start(state)
    return undefined
  }

  #hasResults(): boolean {
    for (const { status } of this.state.steps.values()) if (status === 'completed') return true
    return false
  }

  #start(state: StepState): void {
    const { id, agent_type: agentType } = state.step
    const attempt = state.attempts + 1
    this.put({ at: this.#clock.now(), kind: 'started', step: id, attempt })
    const flight = { state, attempt, controller: new AbortController() }
    this.#inFlight.set(id, flight)
    this.#slots.take(agentType)
    this.#do(state, attempt, flight.controller.signal).then(
      (end) => this.#finished(flight, end),
      () => this.#finished(flight, faulty),
    )
  }

  async #do(state: StepState, attempt: number, signal: AbortSignal): Promise<StepEnd> {
    return this.#work({
      state,
      attempt,
      key: `${this.#runId}:${state.step.id}:${state.rounds}:${state.failures}`,
      signal,
      timeout: Math.min(stepTimeout(state.step), this.#longest),
      results: resultsFor(this.state, state),
      keep: (part, used) => this.#keep(state, attempt, signal, { part, ...used }),
      settled: () => this.journal.settled(),
    })
  }

  #keep(
    state: StepState,
    attempt: number,
    signal: AbortSignal,
    kept: { readonly part: ConversationPart } & Omit<StepEnd, 'outcome'>,
  ): void {
    if (signal.aborted && signal.reason === 'left') return
    this.put({ at: this.#clock.now(), kind: 'conversed', step: state.step.id, attempt, ...kept })
  }

  #finished(flight: InFlight, { outcome, usage, toolCalls, made = [] }: StepEnd): void {
    const { state, attempt, controller } = flight
    const { id: step, agent_type: agentType } = state.step
    // The run was left, and whoever takes it up starts the step again; or it was told to break off, and didn't in time.
    if (this.#inFlight.get(step) !== flight) return
    this.#inFlight.delete(step)
    this.#slots.give(agentType)
    const { aborted, reason } = controller.signal
    const end = aborted && outcome.status !== 'completed' ? brokenOff(reason) : outcome
    const kept = made.length > 0 ? { made } : {}
    this.put({ at: this.#clock.now(), kind: 'finished', step, attempt, outcome: end, usage, toolCalls, ...kept })
    // At once, so that what ended and what begins thereby are one commit of the journal.
    this.#lookAtTime()
    this.#startSteps(this.#now)
    this.#wake()
  }

  /** What runs is told to end, and taken to have ended when it doesn't. */
  #breakOff(code: BreakOff): void {
    if (this.#inFlight.size === 0) return
    for (const { controller } of this.#inFlight.values()) controller.abort(code)
    this.#grace ??= this.#clock.setTimer(grace, () => {
      for (const flight of this.#inFlight.values())
        this.#finished(flight, { outcome: brokenOff(code), usage: noUsage, toolCalls: 0 })
    })
  }

  #leave(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#grace?.cancel()
    this.#grace = undefined
    const left = [...this.#inFlight.values()]
    this.#inFlight.clear()
    for (const { state, controller } of left) {
      this.#slots.give(state.step.agent_type)
      controller.abort('left')
    }
  }

  /**
   * Resolves when a step has ended, somebody wrote, a time has come, or it is time to look for what others wrote.
   * @returns whether it is.
   */
  async #something(): Promise<boolean> {
    // What was due when it was last looked at waits for something else.
    const times = [this.state.ready.wakeAt ?? 0, this.deadline ?? 0].filter((time) => time > this.#now)
    const delay = Math.min(...times, this.#now + longestTimer) - this.#clock.now()
    const due = times.length > 0 ? this.#clock.setTimer(Math.max(0, delay), () => this.#wake()) : undefined
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

type BreakOff = NonNullable<RunState['breaksOff']>

function brokenOff(code: BreakOff): StepOutcome & { readonly status: 'cancelled' } {
  const message = code === 'cancelled' ? 'The workflow was cancelled.' : "The workflow's time was over."
  return { status: 'cancelled', code, message }
}

const faulty: StepEnd = {
  outcome: { status: 'failed', code: 'internal', message: 'The step failed in a way that it does not know.', retryable: true },
  usage: noUsage,
  toolCalls: 0,
}
