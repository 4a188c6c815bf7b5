import type { Usage } from '../../language-model/catalogue.ts'
import { inAll, noUsage } from '../../rag/usage.ts'
import { changedSteps, dependantsOf, remainingPaths, sinksOf, withAllBehind } from '../plan/graph.ts'
import type { Plan, Step } from '../plan/plan.ts'
import { type Ending, type JournalEntry, type PlanSource, type StepOutcome, synthesis } from './journal.ts'
import { ReadySteps } from './ready-steps.ts'
import { type Said, saidBy } from './said.ts'
import { type CallDecision, forget, isOver, newState, type StepState, synthesisOf } from './step-state.ts'

export type RunStatus = 'planning' | 'awaiting_approval' | 'running' | 'completed' | 'failed' | 'cancelled'

/** A step that was in flight so often when the process died isn't tried again: it may be what kills it. */
const mostCutOffs = 6
const usualAttempts = 3
const mostPlanFailures = 6
/** What waits for a model that is left alone comes again so late, milliseconds, or later; and so often, which is seven minutes or so. */
const leastDeferral = 1_000
const mostDeferrals = 10

/**
 * A run as its journal tells it. `apply` is the fold: the same entries give the same state, in time that grows with the dependants of the
 * step that an entry is about, never with the plan.
 */
export class RunState {
  status: RunStatus = 'planning'
  plan: Plan | undefined
  source: PlanSource | undefined
  planFaults: readonly string[] = []
  readonly steps: Map<string, StepState> = new Map()
  /** Steps that wait for nothing but room, or a time. */
  ready: ReadySteps = new ReadySteps()
  /** Steps that run. */
  running = 0
  /** Steps that haven't ended. */
  open = 0
  epoch = 0
  /** The span of the first that had the run, as `traceparent`. */
  trace: string | undefined
  /** Of all calls so far, the planner's too. */
  usage: Usage = noUsage
  toolCalls = 0
  replans = 0
  /** Which plan it is, from 1: the one that was made first, and those made anew. */
  get revision(): number {
    return this.replans + 1
  }
  /** Words that came with an idempotency key, by it: what each said. */
  readonly sent: Map<string, string> = new Map()
  /** Who approved, rejected, cancelled or wanted something again. */
  readonly said: Said[] = []
  /** How often no plan was to be had, and when it is tried again. */
  planFailures = 0
  planDeferrals = 0
  planAgainAt = 0
  ending: Ending | undefined
  /** Why the run is to end before its steps have: nothing is started any more. */
  stopping: Exclude<Ending, { status: 'completed' }> | undefined
  /** What runs is to be broken off, for this reason. */
  breaksOff: 'cancelled' | 'deadline_exceeded' | undefined
  /** The step whose failure asks for another plan of what is left. */
  replanFor: StepState | undefined
  /** What waits for approval, and nobody was told of: steps' ids, and `''` for the plan. */
  readonly untold: Set<string> = new Set()
  /** Nothing goes on until somebody acts, and that is put down. */
  get isAtRest(): boolean {
    return this.#restsSince !== undefined
  }
  /** How long it waited for nothing but somebody's word, milliseconds: that is no part of its time. */
  rested = 0
  /** When its time began anew, since somebody wanted a step again. */
  againAt: number | undefined
  /** Types of agents that were defined in another way when a process went on with the run. */
  readonly agentsChanged: Set<string> = new Set()
  /** The journal's first and last entry. */
  startedAt: number | undefined
  updatedAt = 0
  #restsSince: number | undefined
  #dependants: ReadonlyMap<string, readonly string[]> = new Map()
  /** Of each step: dependencies that haven't ended, and those that completed. */
  #needs = new Map<string, { open: number; completed: number }>()
  /** What was done before the run began. */
  readonly #kept = new Map<string, Pick<StepState, 'result' | 'endedAt' | 'givenBy'>>()
  readonly #needsApproval: boolean
  /** Whether somebody agreed to the plan as it is now. */
  #agreed = false

  /** @param options.approval whether somebody has to agree to the plan. */
  constructor({ approval = false }: { readonly approval?: boolean } = {}) {
    this.#needsApproval = approval
  }

  /** The step that is the synthesis: the plan's only sink, when a report agent does it; undefined: one of its own. */
  get synthesisStep(): string | undefined {
    const [only, ...others] = sinksOf(this.plan?.steps ?? [])
    return only?.agent_type === 'report' && others.length === 0 ? only.id : undefined
  }

  /** Whether every step has ended, and nothing but the synthesis is left. */
  get isThrough(): boolean {
    return this.status === 'running' && this.open === 0
  }

  apply(entry: JournalEntry): void {
    this.startedAt ??= entry.at
    this.updatedAt = entry.at
    if (entry.kind !== 'kept' && 'by' in entry) this.said.push(saidBy(entry))
    switch (entry.kind) {
      case 'kept':
        this.#kept.set(entry.step, { result: entry.result, endedAt: entry.at, givenBy: entry.by })
        break
      case 'planned':
        this.source = entry.source
        this.planFaults = entry.faults ?? []
        this.#spend(entry.usage)
        this.#take(entry.plan)
        this.#ask()
        break
      case 'replanned':
        this.#spend(entry.usage)
        this.#replan(entry.steps)
        this.#agreed = false
        this.#ask()
        break
      case 'approved':
        this.#approve(entry)
        break
      case 'rejected':
        this.#reject(entry)
        break
      case 'started':
        this.#start(this.steps.get(entry.step), entry)
        break
      case 'conversed':
        this.#converse(this.steps.get(entry.step), entry)
        break
      case 'finished':
        this.#finish(this.steps.get(entry.step), entry)
        break
      case 'retried':
        this.#retry(this.steps.get(entry.step), entry.at)
        break
      case 'cancelled':
        this.#goesOn(entry.at)
        this.#cancel(entry.reason)
        break
      case 'unplanned':
        if (entry.deferred && this.planDeferrals < mostDeferrals) {
          this.planDeferrals++
          this.planAgainAt = entry.at + Math.max(entry.wait, leastDeferral)
          break
        }
        this.planFailures++
        this.planAgainAt = entry.at + Math.max(entry.wait, 1_000 * 2 ** (this.planFailures - 1))
        if (!entry.retryable || this.planFailures >= mostPlanFailures)
          this.stopping ??= { status: 'failed', code: entry.code, message: `No plan could be made: ${entry.message}` }
        break
      case 'expired':
        this.stopping ??= { status: 'failed', code: 'deadline_exceeded', message: "The workflow's time is over." }
        this.breaksOff ??= 'deadline_exceeded'
        break
      case 'owned':
        this.epoch = entry.epoch
        this.trace ??= entry.trace
        for (const type of entry.agents_changed ?? []) this.agentsChanged.add(type)
        this.#takeUp(entry.at)
        break
      case 'waits':
        this.untold.delete(entry.step ?? '')
        break
      case 'rests':
        this.#restsSince = entry.at
        break
      case 'ended':
        this.#end(entry.ending, entry.at)
        break
    }
  }

  #cancel(reason: string): void {
    if (this.ending) return
    this.stopping = { status: 'cancelled', reason }
    this.breaksOff = 'cancelled'
  }

  /** Goes on with the plan when somebody has agreed to it, where that is asked for. */
  #ask(): void {
    const waits = this.#needsApproval && !this.#agreed
    this.status = waits ? 'awaiting_approval' : 'running'
    if (waits) this.untold.add('')
  }

  /** Somebody did something: time counts again. */
  #goesOn(at: number): void {
    if (this.#restsSince !== undefined) this.rested += Math.max(0, at - this.#restsSince)
    this.#restsSince = undefined
  }

  #take(plan: Plan): void {
    if (this.plan) this.#keepUnchanged(this.plan.steps, plan.steps)
    this.plan = plan
    this.untold.clear()
    this.steps.clear()
    for (const step of plan.steps) {
      const kept = this.#kept.get(step.id)
      this.steps.set(step.id, { ...newState(step), ...(kept ? { status: 'completed', ...kept } : {}) })
    }
    this.#build(plan.steps)
  }

  /** What was done before doesn't hold for a step that was changed, nor behind one. */
  #keepUnchanged(before: readonly Step[], now: readonly Step[]): void {
    if (this.#kept.size === 0) return
    for (const id of withAllBehind(now, changedSteps(before, now))) this.#kept.delete(id)
  }

  /** Steps that are new are put beside those that are there; then all that can be told of the graph is told anew. */
  #build(steps: readonly Step[]): void {
    const dependants = dependantsOf(steps)
    const remaining = remainingPaths(steps, dependants)
    for (const step of steps) {
      const known = this.steps.get(step.id)
      this.steps.set(step.id, { ...(known ?? newState(step)), step, remaining: remaining.get(step.id) ?? 1 })
    }
    if (!this.steps.has(synthesis)) this.steps.set(synthesis, newState(synthesisOf(this.plan)))
    this.#dependants = dependants
    this.#needs = new Map()
    this.ready = new ReadySteps()
    this.running = 0
    this.open = 0
    this.replanFor = undefined
    for (const step of steps) {
      const state = this.steps.get(step.id)
      if (!state) continue
      if (state.status === 'awaiting_approval' && !state.calls) state.status = 'pending'
      if (state.status === 'running') this.running++
      if (!isOver(state)) this.open++
      const needs = { open: 0, completed: 0 }
      for (const needed of new Set(step.dependencies)) {
        const other = this.steps.get(needed)
        if (other?.status === 'completed') needs.completed++
        else if (other && !isOver(other)) needs.open++
      }
      this.#needs.set(step.id, needs)
    }
    for (const step of steps) this.#release(this.steps.get(step.id))
  }

  /** Lets a step go on when all that it needs has ended; one for which nothing of that came out is left out. */
  #release(first: StepState | undefined): void {
    const left = [first]
    while (left.length > 0) {
      const state = left.pop()
      const needs = state && this.#needs.get(state.step.id)
      if (!needs || needs.open > 0 || state.status !== 'pending') continue
      if (state.step.dependencies.length > 0 && needs.completed === 0) {
        state.status = 'skipped'
        this.open--
        for (const dependant of this.#tell(state)) left.push(dependant)
      } else if (state.step.approval && !state.approved) {
        state.status = 'awaiting_approval'
        this.untold.add(state.step.id)
      } else this.ready.add(state)
    }
  }

  /** Those that needed a step that has ended, and now need nothing that is open. */
  #tell(state: StepState): readonly StepState[] {
    const free: StepState[] = []
    for (const id of this.#dependants.get(state.step.id) ?? []) {
      const needs = this.#needs.get(id)
      const dependant = this.steps.get(id)
      if (!needs || !dependant) continue
      needs.open--
      if (state.status === 'completed') needs.completed++
      if (needs.open === 0) free.push(dependant)
    }
    return free
  }

  #settle(state: StepState, status: 'completed' | 'failed' | 'cancelled', at: number): void {
    state.status = status
    state.endedAt = at
    if (state.step.id === synthesis) return
    this.open--
    if (status === 'cancelled') return
    for (const dependant of this.#tell(state)) this.#release(dependant)
  }

  #start(state: StepState | undefined, { at, attempt }: { readonly at: number; readonly attempt: number }): void {
    if (!state || isOver(state)) return
    if (state.status !== 'running') this.running++
    state.status = 'running'
    state.attempts = attempt
    state.notBefore = 0
    state.startedAt ??= at
    state.beganAt = at
  }

  #converse(state: StepState | undefined, entry: JournalEntry & { readonly kind: 'conversed' }): void {
    if (!this.#use(state, entry)) return
    state.conversation = [...(state.conversation ?? []), entry.part]
    delete state.decision
  }

  #finish(state: StepState | undefined, entry: JournalEntry & { readonly kind: 'finished' }): void {
    if (!this.#use(state, entry)) return
    this.running--
    state.ran += Math.max(0, entry.at - state.beganAt)
    const { outcome } = entry
    if (outcome.status === 'completed') {
      const { status: _, ...result } = outcome
      state.result = result
      delete state.error
      forget(state)
      this.#settle(state, 'completed', entry.at)
    } else if (outcome.status === 'awaiting_approval') {
      state.status = 'awaiting_approval'
      state.calls = outcome.calls
      delete state.error
      this.untold.add(state.step.id)
    } else if (outcome.status === 'cancelled') {
      const { code, message } = outcome
      state.error = { code, message }
      this.#settle(state, 'cancelled', entry.at)
    } else this.#fail(state, outcome, entry.at)
  }

  /** Counts what a try used. @returns whether it is the one that runs. */
  #use(state: StepState | undefined, entry: JournalEntry & { readonly kind: 'conversed' | 'finished' }): state is StepState {
    this.#spend(entry.usage)
    this.toolCalls += entry.toolCalls
    if (state?.status !== 'running' || state.attempts !== entry.attempt) return false
    state.usage = inAll(state.usage, entry.usage)
    state.toolCalls += entry.toolCalls
    return true
  }

  #fail(state: StepState, outcome: StepOutcome & { readonly status: 'failed' }, at: number): void {
    const { code, message, retryable, wait = 0, deferred } = outcome
    if (deferred && state.deferrals < mostDeferrals) {
      this.#defer(state, at + Math.max(wait, leastDeferral))
      return
    }
    state.failures++
    state.error = { code, message }
    if (retryable && state.failures < (state.step.retry?.attempts ?? usualAttempts)) {
      const { wait_seconds: first = 1 } = state.step.retry ?? {}
      state.status = 'pending'
      state.notBefore = at + Math.max(wait, first * 1_000 * 2 ** (state.failures - 1))
      this.ready.add(state)
      return
    }
    const { on_failure: then = 'fail', id } = state.step
    if (then === 'replan') this.replanFor = state
    else if (then === 'fail') {
      const words = id === synthesis ? `The synthesis failed: ${message}` : `The step ${id} failed: ${message}`
      this.stopping ??= { status: 'failed', code: 'step_failed', message: words }
    }
    this.#settle(state, 'failed', at)
  }

  /** It goes on later, as if this try hadn't been: what went wrong before stays known. */
  #defer(state: StepState, until: number): void {
    state.deferrals++
    state.status = 'pending'
    state.notBefore = until
    if (state.step.id !== synthesis) this.ready.add(state)
  }

  #approve({ step, plan, at, sent }: JournalEntry & { readonly kind: 'approved' }): void {
    this.#goesOn(at)
    if (sent) this.sent.set(sent.key, sent.digest)
    if (step === undefined) {
      if (this.status !== 'awaiting_approval') return
      if (plan) {
        this.source = 'edited'
        this.#take(plan)
      }
      this.#agreed = true
      this.status = 'running'
      this.untold.delete('')
      return
    }
    const state = this.steps.get(step)
    this.untold.delete(step)
    if (state) state.decided = true
    if (state?.calls) this.#decide(state, { calls: state.calls })
    if (!state || state.approved) return
    state.approved = true
    if (state.status !== 'awaiting_approval') return
    state.status = 'pending'
    this.ready.add(state)
  }

  #reject({ step, reason, at, sent }: JournalEntry & { readonly kind: 'rejected' }): void {
    this.#goesOn(at)
    if (sent) this.sent.set(sent.key, sent.digest)
    if (step === undefined) {
      if (this.status === 'awaiting_approval') this.#cancel(reason)
      return
    }
    const state = this.steps.get(step)
    if (state?.status !== 'awaiting_approval') return
    state.decided = true
    this.untold.delete(step)
    if (state.calls) this.#decide(state, { calls: state.calls, rejected: reason })
    else this.#fail(state, { status: 'failed', code: 'step_rejected', message: reason, retryable: false }, at)
  }

  /** A step whose agent asked goes on with what it was told. */
  #decide(state: StepState, decision: CallDecision): void {
    state.decision = decision
    delete state.calls
    state.status = 'pending'
    this.ready.add(state)
  }

  /** Somebody wants a step again that failed or was left out: it, and what was left out behind it, begins anew. */
  #retry(state: StepState | undefined, at: number): void {
    if (!state || (state.status !== 'failed' && state.status !== 'skipped' && state.status !== 'cancelled')) return
    this.#anew(state)
    for (const other of this.steps.values()) if (other.status === 'skipped' || other.status === 'cancelled') this.#anew(other)
    const end = this.steps.get(synthesis)
    if (end && end.status !== 'pending') this.#anew(end)
    this.#ask()
    this.ending = undefined
    this.stopping = undefined
    this.breaksOff = undefined
    this.againAt = at
    this.rested = 0
    this.planFailures = 0
    this.planDeferrals = 0
    this.#build(this.plan?.steps ?? [])
  }

  #anew(state: StepState): void {
    state.status = 'pending'
    state.failures = 0
    state.deferrals = 0
    state.rounds++
    state.cutOffs = 0
    state.notBefore = 0
    forget(state)
    delete state.endedAt
    delete state.error
  }

  /** Takes the place of all steps that haven't begun; what has ended or runs stays. */
  #replan(steps: readonly Step[]): void {
    this.replans++
    const kept: Step[] = []
    for (const [id, state] of this.steps) {
      if (id === synthesis) continue
      const asks = state.status === 'awaiting_approval' && !state.calls
      if (state.status === 'pending' || asks || state.status === 'skipped') this.steps.delete(id)
      else kept.push(state.step)
    }
    this.untold.clear()
    const all = [...kept, ...steps]
    this.plan = { goal: '', success_criteria: [], ...this.plan, steps: all }
    this.#build(all)
  }

  /** What was in flight when the process before ended isn't any more. */
  #takeUp(at: number): void {
    for (const state of this.steps.values()) {
      if (state.status !== 'running') continue
      this.running--
      state.cutOffs++
      if (state.cutOffs < mostCutOffs) {
        state.status = 'pending'
        if (state.step.id !== synthesis) this.ready.add(state)
        continue
      }
      const message = 'The process died each time that it ran.'
      this.#fail(state, { status: 'failed', code: 'step_gave_up', message, retryable: false }, at)
    }
  }

  #end(ending: Ending, at: number): void {
    this.ending = ending
    this.status = ending.status
    this.running = 0
    this.untold.clear()
    const left = ending.status === 'cancelled' ? 'cancelled' : 'skipped'
    for (const state of this.steps.values()) {
      if (isOver(state) || (state.step.id === synthesis && state.status === 'pending')) continue
      if (state.status === 'running') state.ran += Math.max(0, at - state.beganAt)
      state.endedAt = at
      // What had begun was broken off; what hadn't was left out.
      state.status = state.startedAt === undefined ? left : 'cancelled'
      if (state.startedAt !== undefined)
        state.error ??= { code: this.breaksOff ?? 'cancelled', message: 'The workflow ended before the step did.' }
    }
  }

  #spend(usage: Usage): void {
    this.usage = inAll(this.usage, usage)
  }
}
