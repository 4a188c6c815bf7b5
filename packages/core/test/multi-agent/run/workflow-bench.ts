import { canonicalJson, type JsonObject } from '../../../src/json.ts'
import { createWorkflow, type NewWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import { approveWorkflow, getWorkflow, type Workflow } from '../../../src/multi-agent/manage-workflow.ts'
import type { JournalEntry } from '../../../src/multi-agent/run/journal.ts'
import { readJournal } from '../../../src/multi-agent/run/journal-writer.ts'
import type { Scope } from '../../../src/scope/scope.ts'
import type { Script, ScriptedCall } from '../../../src/testing/index.ts'
import { EventBench } from '../../event-driven/bench.ts'

/** What a model is asked to do: the step's id, `plan`, or `synthesis`. */
export function askedFor({ prompt, options }: Pick<ScriptedCall, 'prompt' | 'options'>): string {
  if (JSON.stringify(options.prompt[0]).includes('Write a plan for the request')) return 'plan'
  return /(?:^User Request: |Task: )Do ([a-z0-9]+)\./m.exec(prompt)?.[1] ?? 'synthesis'
}

/** A model that takes a while, and counts what it is asked for. */
export class SlowModel {
  /** What was asked for, in order. */
  readonly asked: string[] = []
  bench: EventBench | undefined
  readonly #answer: (what: string, prompt: string) => string | Promise<string>
  readonly #milliseconds: number

  /** @param answer what it says. */
  constructor(answer: (what: string, prompt: string) => string | Promise<string>, milliseconds = 300) {
    this.#answer = answer
    this.#milliseconds = milliseconds
  }

  times(what: string): number {
    return this.asked.filter((each) => each === what).length
  }

  readonly script: Script = async (call) => {
    const what = askedFor(call)
    this.asked.push(what)
    await new Promise<void>((resolve) => this.bench?.memory.clock.setTimer(this.#milliseconds, resolve))
    call.signal?.throwIfAborted()
    return this.#answer(what, call.prompt)
  }
}

/** A Plinth in memory whose model is slow; nothing moves until `pass`. */
export async function openBench(model: SlowModel, options: Parameters<typeof EventBench.open>[1] = {}): Promise<EventBench> {
  const bench = await EventBench.open(model.script, options)
  model.bench = bench
  return bench
}

/** Asks for a workflow, the same again after a process has died. */
export async function ask(scope: Scope, workflow: NewWorkflow): Promise<string> {
  return (await createWorkflow(scope, workflow, { idempotencyKey: 'the-one' })).workflow_id
}

/** Agrees to whatever waits. */
export async function approveAll(scope: Scope, id: string): Promise<void> {
  const { state } = await getWorkflow(scope, id)
  if (state.status === 'awaiting_approval') {
    await approveWorkflow(scope, id, {})
    return
  }
  for (const [step, { status }] of state.steps) if (status === 'awaiting_approval') await approveWorkflow(scope, id, { step })
}

/** How a run ended, without what differs when it was broken off in between: times, and how often what was in flight was started. */
export function outcomeOf({ state, record }: Workflow): JsonObject {
  const steps = [...state.steps].map(([id, step]) => [id, step.status, step.result?.text ?? null, step.error?.code ?? null])
  const { input_tokens, output_tokens, usd } = state.usage
  const usage = { input_tokens, output_tokens, usd: Number(usd.toFixed(9)) }
  const ending = state.ending ?? null
  const shown = { status: state.status, listed: record.fields.status, ending, steps, usage }
  return JSON.parse(canonicalJson(JSON.parse(JSON.stringify(shown)) as JsonObject)) as JsonObject
}

export async function journalOf(scope: Scope, id: string): Promise<readonly JournalEntry[]> {
  return (await readJournal(scope, id)).entries
}
