import { afterEach, describe, expect, it } from 'vitest'
import { advanceWorkflow } from '../../../src/multi-agent/advance-workflow.ts'
import { putAgent } from '../../../src/multi-agent/agents/registry.ts'
import { createWorkflow, type NewWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import {
  approveWorkflow,
  cancelWorkflow,
  getWorkflow,
  resumeWorkflow,
  retryStep,
} from '../../../src/multi-agent/manage-workflow.ts'
import type { RunState } from '../../../src/multi-agent/run/run-state.ts'
import type { StepState } from '../../../src/multi-agent/run/step-state.ts'
import type { Outcome } from '../../../src/ports/queue.ts'
import type { Scope } from '../../../src/scope/scope.ts'
import { EventBench } from '../../event-driven/bench.ts'
import { MortalProcess } from '../../support/mortal-process.ts'
import { step } from '../support.ts'
import { journalOf, openBench, SlowModel } from './workflow-bench.ts'

const second = 1_000
const minute = 60 * second

let bench: EventBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

interface Started {
  readonly bench: EventBench
  readonly scope: Scope
  readonly id: string
  readonly model: SlowModel
  state(): Promise<RunState>
  step(id: string): Promise<StepState | undefined>
}

async function start(workflow: NewWorkflow, model: SlowModel, options: Parameters<typeof openBench>[1] = {}): Promise<Started> {
  const opened = await openBench(model, options)
  bench = opened
  const scope = await opened.scope()
  const { workflow_id: id } = await createWorkflow(scope, workflow)
  const state = async (): Promise<RunState> => (await getWorkflow(scope, id)).state
  return { bench: opened, scope, id, model, state, step: async (name) => (await state()).steps.get(name) }
}

const chain = { steps: [step('a'), step('b', ['a']), step('c', ['b'], { agent_type: 'report' })] }
const says = (milliseconds: number): SlowModel => new SlowModel((what) => `Found by ${what}.`, milliseconds)

describe("a workflow's time", () => {
  it('is over at a hard deadline: what runs is broken off and shown as it is, what comes after is left out [X43]', async () => {
    const { bench, state, model } = await start({ request: 'Report.', plan: chain, budget: { seconds: 15 } }, says(10 * second))
    await bench.pass(14 * second)
    expect((await state()).status).toBe('running')
    await bench.pass(2 * second, 250)
    const { ending, steps } = await state()
    expect(ending).toMatchObject({ status: 'failed', code: 'deadline_exceeded' })
    expect([...steps.values()].slice(0, 3).map(({ status, error }) => [status, error?.code])).toEqual([
      ['completed', undefined],
      ['cancelled', 'deadline_exceeded'],
      ['skipped', undefined],
    ])
    await bench.pass(minute)
    expect(model.asked).toEqual(['a', 'b'])
    expect((await bench.events('genai.workflow.finished')).map(({ detail }) => detail.code)).toEqual(['deadline_exceeded'])
  })

  it('goes on while nobody has it: a restart gives no more of it [X43]', async () => {
    const { bench, scope, id, state, model } = await start(
      { request: 'Report.', plan: chain, budget: { seconds: 30 } },
      says(20 * second),
      { worker: false },
    )
    const mortal = new MortalProcess(bench, { worker: true, death: { at: 9, when: 'after' } })
    await bench.pass(25 * second)
    expect(mortal.isDead).toBe(true)
    await mortal.stop()
    await bench.pass(10 * second)
    expect((await state()).ending).toBeUndefined()
    const next = new MortalProcess(bench, { worker: true })
    await bench.pass(40 * second)
    await next.stop()
    const { ending } = await state()
    expect(ending).toMatchObject({ status: 'failed', code: 'deadline_exceeded' })
    const entries = await journalOf(scope, id)
    expect(entries.filter(({ kind }) => kind === 'expired')).toHaveLength(1)
    expect(model.times('c')).toBe(0)
  })

  it('stands still while it waits for nothing but somebody’s word, and begins anew when a step is wanted again', async () => {
    const plan = { steps: [step('a', [], { approval: true }), step('b', ['a'], { agent_type: 'report' })] }
    const { bench, scope, id, state } = await start(
      { request: 'Report.', plan, approval: 'plan', budget: { seconds: 15 } },
      says(10 * second),
    )
    for (const [wait, word] of [
      [60 * minute, {}],
      [20 * minute, { step: 'a' }],
    ] as const) {
      await bench.pass(2 * second, 250)
      await bench.pass(wait, minute)
      expect((await state()).ending).toBeUndefined()
      await approveWorkflow(scope, id, word)
    }
    await bench.pass(20 * second)
    expect((await state()).ending).toMatchObject({ code: 'deadline_exceeded' })
    expect((await state()).steps.get('a')?.status).toBe('completed')
    await retryStep(scope, id, 'b')
    await bench.pass(15 * second)
    expect((await state()).status).toBe('completed')
  })

  it('breaks planning off, and a wait for another try', async () => {
    const planning = await start({ request: 'Research it and report.', budget: { seconds: 5 } }, says(minute))
    await planning.bench.pass(6 * second, 250)
    expect((await planning.state()).ending).toMatchObject({ code: 'deadline_exceeded' })
    await planning.bench.stop()

    const steps = [step('a', [], { expected_output: { type: 'object' }, retry: { attempts: 5, wait_seconds: 600 } })]
    const waiting = await start({ request: 'Report.', plan: { steps }, budget: { seconds: 60 } }, says(second))
    await waiting.bench.pass(58 * second)
    expect((await waiting.step('a'))?.status).toBe('pending')
    await waiting.bench.pass(4 * second)
    expect((await waiting.state()).ending).toMatchObject({ code: 'deadline_exceeded' })
    expect((await waiting.step('a'))?.error?.code).toBeDefined()
  })
})

describe('a step’s time', () => {
  it('is limited; another try comes after a wait that doubles, and each counts [X43]', async () => {
    const steps = [step('a', [], { timeout: 5, retry: { attempts: 3, wait_seconds: 2 }, on_failure: 'skip' }), step('b')]
    const { bench, scope, id, state } = await start({ request: 'Report.', plan: { steps } }, slowFor('a'))
    await bench.pass(40 * second, 250)
    const { status, steps: ended } = await state()
    expect(status).toBe('completed')
    expect(ended.get('a')).toMatchObject({ status: 'failed', attempts: 3, error: { code: 'step_timed_out' } })
    const starts = (await journalOf(scope, id)).flatMap((entry) =>
      entry.kind === 'started' && entry.step === 'a' ? [entry.at] : [],
    )
    const waits = starts.slice(1).map((at, index) => Math.round((at - (starts[index] ?? 0)) / second))
    expect(waits).toEqual([7, 9])
  })
})

/** Takes a minute for one step, and a second for all else. */
function slowFor(id: string): SlowModel {
  return new SlowModel(async (what) => {
    if (what === id) await new Promise<void>((resolve) => bench?.memory.clock.setTimer(minute, resolve))
    return `Found by ${what}.`
  }, second)
}

describe('a workflow that is cancelled', () => {
  const cancelled = async ({ bench, scope, id, state }: Started): Promise<RunState> => {
    await cancelWorkflow(scope, id, 'Never mind.')
    await bench.pass(2 * second, 250)
    const now = await state()
    expect(now.ending).toEqual({ status: 'cancelled', reason: 'Never mind.' })
    expect((await bench.events('genai.workflow.finished')).map(({ detail }) => detail.status)).toEqual(['cancelled'])
    await bench.pass(5 * minute, 5 * second)
    return now
  }

  it('while it is planned ends at once, and has no steps [X43]', async () => {
    const started = await start({ request: 'Research it and report.' }, says(minute))
    await started.bench.pass(2 * second)
    expect(started.model.asked).toEqual(['plan'])
    expect((await cancelled(started)).steps.size).toBe(0)
    expect(started.model.asked).toEqual(['plan'])
  })

  it('before anybody has begun with it does nothing', async () => {
    const started = await start({ request: 'Report.', plan: chain }, says(second), { worker: false })
    await cancelWorkflow(started.scope, started.id, 'Never mind.')
    started.bench.start()
    await started.bench.pass(5 * second)
    expect((await started.state()).status).toBe('cancelled')
    expect(started.model.asked).toEqual([])
  })

  it('while its plan waits for approval, or a step does', async () => {
    const forPlan = await start({ request: 'Report.', plan: chain, approval: 'plan' }, says(second))
    await forPlan.bench.pass(3 * second)
    expect((await cancelled(forPlan)).steps.get('a')?.status).toBe('cancelled')
    await expect(approveWorkflow(forPlan.scope, forPlan.id, {})).rejects.toMatchObject({ code: 'wrong_state' })
    await forPlan.bench.stop()
    const plan = { steps: [step('a'), step('b', ['a'], { approval: true })] }
    const forStep = await start({ request: 'Report.', plan }, says(second))
    await forStep.bench.pass(5 * second)
    const { steps } = await cancelled(forStep)
    expect([steps.get('a')?.status, steps.get('b')?.status]).toEqual(['completed', 'cancelled'])
  })

  it('while steps run reaches them [X43]', async () => {
    const started = await start({ request: 'Report.', plan: { steps: [step('a'), step('b')] } }, says(minute))
    await started.bench.pass(3 * second)
    const calls = started.bench.models.calls
    const { steps } = await cancelled(started)
    expect(calls.map(({ signal }) => signal?.aborted)).toEqual([true, true])
    expect([...steps.values()].slice(0, 2).map(({ status, error }) => [status, error?.code])).toEqual([
      ['cancelled', 'cancelled'],
      ['cancelled', 'cancelled'],
    ])
    expect(started.model.asked).toHaveLength(2)
  })

  it('while a tool runs reaches the tool, which is left though it does not answer [X43]', async () => {
    const opened = await EventBench.open(() => ({
      content: [{ type: 'tool-call', toolCallId: 'c1', toolName: 'fetch_url', input: '{"url":"https://slow.test/page"}' }],
      finishReason: { unified: 'tool-calls', raw: undefined },
    }))
    bench = opened
    opened.memory.outbound.answer = () => ({ hangs: 'at once' })
    const scope = await opened.scope()
    await putAgent(scope, { type: 'reader', model_id: 'test/tools', tools: ['fetch_url:slow.test'] })
    const plan = { steps: [step('a', [], { agent_type: 'reader' })] }
    const { workflow_id: id } = await createWorkflow(scope, { request: 'Read it.', plan })
    await opened.pass(3 * second)
    expect(opened.memory.outbound.requests).toHaveLength(1)
    await cancelWorkflow(scope, id, 'Never mind.')
    await opened.pass(2 * second, 250)
    expect(opened.memory.outbound.requests[0]?.signal?.aborted).toBe(true)
    const { state } = await getWorkflow(scope, id)
    expect(state.ending).toEqual({ status: 'cancelled', reason: 'Never mind.' })
    expect(state.steps.get('a')).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } })
    // What its model was asked before counts.
    expect(state.steps.get('a')?.usage.input_tokens).toBeGreaterThan(0)
  })

  it('while it is put together, or waits for another try', async () => {
    const joined = await start({ request: 'Report.', plan: { steps: [step('a'), step('b')] } }, slowFor('synthesis'))
    await joined.bench.pass(5 * second)
    expect(joined.model.asked).toContain('synthesis')
    await cancelled(joined)
    await joined.bench.stop()
    for (const wait of [5, 3_000]) {
      const steps = [step('a', [], { expected_output: { type: 'object' }, retry: { attempts: 5, wait_seconds: wait } })]
      const waiting = await start({ request: 'Report.', plan: { steps } }, says(second))
      await waiting.bench.pass(4 * second)
      expect((await waiting.step('a'))?.status).toBe('pending')
      expect((await cancelled(waiting)).steps.get('a')?.status).toBe('cancelled')
      expect(waiting.model.asked).toHaveLength(1)
      if (wait === 5) await waiting.bench.stop()
    }
  })
})

describe('a workflow that rests', () => {
  it('is woken without anything being told twice, and goes on by itself when its time has come', async () => {
    const { bench, scope, id, state } = await start({ request: 'Report.', plan: chain, approval: 'plan' }, says(second))
    for (let time = 0; time < 3; time++) {
      await bench.pass(3 * second)
      await resumeWorkflow(scope, id)
    }
    await bench.pass(3 * second)
    expect(await bench.events('genai.workflow.awaiting_approval')).toHaveLength(1)
    expect((await journalOf(scope, id)).filter(({ kind }) => kind === 'rests')).toHaveLength(1)
    expect((await getWorkflow(scope, id)).record.fields.status).toBe('awaiting_approval')
    await approveWorkflow(scope, id, {})
    await bench.pass(2 * second, 250)
    expect((await getWorkflow(scope, id)).record.fields.status).toBe('running')
    await bench.pass(10 * second)
    expect((await state()).status).toBe('completed')
  })
})

describe('a workflow of which many steps wait for somebody', () => {
  it('comes to rest, each of them told once, and goes on step by step', async () => {
    const steps = Array.from({ length: 25 }, (_, index) => step(`s${index}`, [], { approval: true }))
    const { bench, scope, id, state } = await start({ request: 'Report.', plan: { steps } }, says(second))
    await bench.pass(5 * second)
    expect((await getWorkflow(scope, id)).record.fields.status).toBe('awaiting_approval')
    expect(await bench.events('genai.workflow.awaiting_approval')).toHaveLength(25)
    for (const { id: each } of steps) await approveWorkflow(scope, id, { step: each })
    await bench.pass(minute)
    expect((await state()).status).toBe('completed')
  })
})

describe('a function that has fifteen minutes', () => {
  it('gives a workflow back in time, and the next one goes on without a step that is done twice [R68]', async () => {
    const steps = [step('a'), step('b', ['a']), step('c', ['b']), step('d', ['c']), step('e', ['d'], { agent_type: 'report' })]
    const { bench, scope, id, state, model } = await start({ request: 'Report.', plan: { steps } }, says(4 * minute), {
      worker: false,
    })
    const outcomes: Outcome[] = []
    for (let call = 0; call < 5 && !outcomes.some((outcome) => 'done' in outcome); call++) {
      const body = { workflow_id: id }
      const job = { queue: '', tenant: 'alpha', id, lane: 'normal', version: 1, correlationId: '', body } as const
      const lease = { cutOffs: 0, signal: new AbortController().signal, endsAt: bench.memory.clock.now() + 15 * minute }
      const working = advanceWorkflow(scope, body, { job, lease: { ...lease, extend: async () => {} } })
      await bench.pass(15 * minute, 10 * second)
      outcomes.push(await working)
    }
    expect(outcomes.map((outcome) => Object.keys(outcome))).toEqual([['retryAt'], ['retryAt'], ['done']])
    expect(model.asked).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(
      [...(await state()).steps.values()].slice(0, 5).every(({ attempts, cutOffs }) => attempts === 1 && cutOffs === 0),
    ).toBe(true)
    expect((await state()).status).toBe('completed')
  })
})
