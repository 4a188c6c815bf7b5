/** A run as those who follow it are told: what each entry of its journal changes. @module */
import type { ServerEvent } from '../define/route.ts'
import { streamId } from '../event-driven/progress.ts'
import { timestamp } from '../ports/clock.ts'
import { dependantsOf } from './plan/graph.ts'
import { type JournalEntry, synthesis } from './run/journal.ts'
import { RunState, type RunStatus } from './run/run-state.ts'
import { showStep, statusShown } from './show-workflow.ts'

type Told = Omit<ServerEvent, 'id'>

/** The last id that an entry can have: that of `done` and `error`, behind all that it changes. */
const closing = 999_999_999

/** The id of the event that closes a run whose journal has so many entries. */
export function closingId(entries: number): number {
  return streamId(entries, closing)
}

/** Folds a journal, and tells of each change once: with ids that grow, and that are the same for whoever follows. */
export class WorkflowChanges {
  readonly state: RunState
  /** How many entries were told. */
  entries = 0
  readonly #id: string
  #status: RunStatus = 'planning'
  /** Of each step, what was last told: its status and tries. */
  readonly #told = new Map<string, string>()
  #dependants: ReadonlyMap<string, readonly string[]> = new Map()

  /** @param options.approval whether somebody has to agree to the plan. */
  constructor(workflowId: string, options: { readonly approval: boolean }) {
    this.#id = workflowId
    this.state = new RunState(options)
  }

  /** What the next entry changes, as `GET` shows it from then on. */
  *tell(entry: JournalEntry): Generator<ServerEvent> {
    this.state.apply(entry)
    this.entries++
    const at = { workflow_id: this.#id, at: timestamp(entry.at) }
    let number = 0
    for (const { event, data } of this.#changes(entry)) {
      yield { id: streamId(this.entries, number++), event, data: { ...at, ...data } }
    }
  }

  *#changes(entry: JournalEntry): Generator<Told> {
    if (entry.kind === 'planned' || entry.kind === 'replanned') yield this.#plan(entry)
    if (entry.kind === 'approved' || entry.kind === 'rejected') yield approval(entry)
    if (entry.kind === 'approved' && entry.plan) yield this.#plan(entry)
    yield* this.#steps(entry)
    const shown = statusShown(this.state)
    const why = reason(entry)
    if (shown.status !== this.#status || why) yield { event: 'status', data: { ...shown, ...why } }
    this.#status = shown.status
  }

  #plan(entry: JournalEntry): Told {
    const { plan, source, revision } = this.state
    this.#dependants = dependantsOf(plan?.steps ?? [])
    const because = entry.kind === 'replanned' ? { because: entry.because } : {}
    return { event: 'plan', data: { source: entry.kind === 'replanned' ? 'replanned' : source, revision, ...because, ...plan } }
  }

  /** A step that changes can change those that need it, and through them others; what an entry without a step changes may be any of them. */
  *#steps(entry: JournalEntry): Generator<Told> {
    if (!('step' in entry) || entry.step === undefined || entry.kind === 'retried') {
      for (const id of this.state.steps.keys()) yield* this.#step(id)
      return
    }
    const left = [entry.step]
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      const [told] = this.#step(id)
      if (!told) continue
      yield told
      left.push(...(this.#dependants.get(id) ?? []))
    }
  }

  *#step(id: string): Generator<Told> {
    const state = this.state.steps.get(id)
    if (!state) return
    const now = `${state.status} ${state.attempts}`
    if (now === (this.#told.get(id) ?? 'pending 0')) return
    this.#told.set(id, now)
    yield { event: id === synthesis ? 'synthesis' : 'step', data: showStep(state) }
  }
}

function approval(entry: JournalEntry & { readonly kind: 'approved' | 'rejected' }): Told {
  const { kind: decision, by, step } = entry
  const why = entry.kind === 'rejected' ? { reason: entry.reason } : {}
  return { event: 'approval', data: { decision, by, ...(step === undefined ? {} : { step_id: step }), ...why } }
}

/** Why a run doesn't go on as it did, where its status alone doesn't tell. */
function reason(entry: JournalEntry): object | undefined {
  if (entry.kind === 'unplanned') return { error: { code: entry.code, message: entry.message } }
  if (entry.kind === 'cancelled') return { stopping: 'cancelled', by: entry.by, reason: entry.reason }
  if (entry.kind === 'expired') return { stopping: 'deadline_exceeded' }
  return undefined
}
