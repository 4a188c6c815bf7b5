import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { createWorkflow, type NewWorkflow } from '../../src/multi-agent/create-workflow.ts'
import { type Fork, forkWorkflow } from '../../src/multi-agent/fork-workflow.ts'
import { approveWorkflow, cancelWorkflow, getWorkflow, type Workflow } from '../../src/multi-agent/manage-workflow.ts'
import { withAllBehind } from '../../src/multi-agent/plan/graph.ts'
import { showWorkflow } from '../../src/multi-agent/show-workflow.ts'
import type { EventBench } from '../event-driven/bench.ts'
import { MortalProcess } from '../support/mortal-process.ts'
import { openBench, SlowModel } from './run/workflow-bench.ts'
import { graphs, step } from './support.ts'

let bench: EventBench
afterEach(() => bench.stop())

const prompts: string[] = []
const model = new SlowModel((what, prompt) => {
  prompts.push(prompt)
  return `Found by ${what}.`
})

async function open(options: { readonly worker?: boolean } = {}): Promise<void> {
  bench = await openBench(model, options)
  forget()
}

function forget(): void {
  model.asked.length = 0
  prompts.length = 0
}

async function run(workflow: NewWorkflow, milliseconds = 10_000): Promise<string> {
  const { workflow_id: id } = await createWorkflow(await bench.scope(), workflow)
  await bench.pass(milliseconds, 250)
  return id
}

async function fork(id: string, asked: Fork, milliseconds = 10_000): Promise<Workflow> {
  forget()
  const { workflow_id: own } = await forkWorkflow(await bench.scope(), id, asked)
  await bench.pass(milliseconds, 250)
  return getWorkflow(await bench.scope(), own)
}

const starts = ({ state }: Workflow): object => Object.fromEntries([...state.steps].map(([id, { attempts }]) => [id, attempts]))
const report = { agent_type: 'report' }
/** A fan-out and a join, and one step beside. */
const plan = {
  steps: [
    step('a'),
    ...['b1', 'b2', 'b3'].map((id) => step(id, ['a'])),
    step('c', ['b1', 'b2', 'b3']),
    step('d', ['c', 'a'], report),
  ],
}

describe('a fork of a workflow', () => {
  it('does a step with another prompt, and what depends on it; what is done besides is kept, and is not paid for again', async () => {
    await open()
    const id = await run({ request: 'Report.', plan })
    const source = JSON.stringify(await showWorkflow('alpha', await getWorkflow(await bench.scope(), id)))
    const forked = await fork(id, { step: 'b2', prompt: 'Do other.' })
    expect(model.asked).toEqual(['other', 'c', 'd'])
    expect(prompts[1]).toContain('Found by other.')
    expect(prompts[1]).toContain('Found by b1.')
    expect(starts(forked)).toEqual({ a: 0, b1: 0, b2: 1, b3: 0, c: 1, d: 1, '@synthesis': 0 })
    const shown = (await showWorkflow('alpha', forked)) as Record<string, never>
    expect(shown).toMatchObject({
      status: 'completed',
      plan: { source: 'forked' },
      forked_from: { workflow_id: id, step_id: 'b2' },
      result: { text: 'Found by d.' },
    })
    const of = [...forked.state.steps.values()]
    expect(forked.state.usage.input_tokens).toBe(of.reduce((sum, { usage }) => sum + usage.input_tokens, 0))
    expect(forked.state.steps.get('a')?.usage.input_tokens).toBe(0)
    expect(JSON.stringify(await showWorkflow('alpha', await getWorkflow(await bench.scope(), id)))).toBe(source)
  })

  it('has a step given the result that somebody wrote, which reaches what depends on it', async () => {
    await open()
    const id = await run({ request: 'Report.', plan })
    const forked = await fork(id, { step: 'c', result: 'It was the butler.' })
    expect(model.asked).toEqual(['d'])
    expect(prompts[0]).toContain('It was the butler.')
    expect(forked.state.steps.get('c')).toMatchObject({
      status: 'completed',
      attempts: 0,
      result: { text: 'It was the butler.' },
    })
    const last = await fork(id, { step: 'd', result: 'The end.' })
    expect([model.asked, last.state.ending]).toEqual([[], { status: 'completed', text: 'The end.' }])
  })

  it('takes a result in the form that the plan asks of the step, and no other', async () => {
    await open()
    const form = { type: 'object', required: ['x'], properties: { x: { type: 'integer' } } }
    const steps = [step('a', [], { expected_output: form }), step('b', ['a'], report)]
    const { workflow_id: id } = await createWorkflow(await bench.scope(), { request: 'Report.', plan: { steps } })
    await bench.pass(10_000, 250)
    for (const [result, fault] of [
      ['not json <script>', /holds no whole JSON value/],
      ['{"y": 1}', /does not fit its schema/],
      ['{"x": "one"}', /does not fit its schema/],
    ] as const) {
      const refused = forkWorkflow(await bench.scope(), id, { step: 'a', result })
      await expect(refused, result).rejects.toMatchObject({
        code: 'invalid_input',
        field: 'result',
        message: expect.stringMatching(fault),
      })
    }
    const forked = await fork(id, { step: 'a', result: '```json\n{"x": 1}\n```' })
    expect([forked.state.status, forked.state.steps.get('a')?.result?.json]).toEqual(['completed', { x: 1 }])
  })

  it('is one of a run that goes on, with what is completed at that moment', async () => {
    await open()
    const id = await run({ request: 'Report.', plan }, 500)
    expect((await getWorkflow(await bench.scope(), id)).state.steps.get('b1')?.status).toBe('running')
    const { workflow_id: own } = await forkWorkflow(await bench.scope(), id, { step: 'b1' })
    await bench.pass(10_000, 250)
    const [source, forked] = await Promise.all([id, own].map(async (each) => getWorkflow(await bench.scope(), each)))
    expect([source?.state.status, forked?.state.status]).toEqual(['completed', 'completed'])
    expect(forked && starts(forked)).toMatchObject({ a: 0, b1: 1, b2: 1, b3: 1 })
    expect(model.times('a')).toBe(1)
  })

  it('goes on from what failed, and keeps the agents as they were', async () => {
    await open()
    const steps = [step('a'), step('b', ['a'], { expected_output: { type: 'object' }, retry: { attempts: 1, wait_seconds: 0 } })]
    const id = await run({ request: 'Report.', plan: { steps } })
    const source = await getWorkflow(await bench.scope(), id)
    expect(source.state.status).toBe('failed')
    const forked = await fork(id, { step: 'b', result: '{}' })
    expect([forked.state.status, model.asked]).toEqual(['completed', ['synthesis']])
    expect(await forked.record.open('agents')).toBe(await source.record.open('agents'))
  })

  it('waits for approval when that is asked for; a plan changed then keeps what is unchanged and behind nothing changed', async () => {
    await open()
    const id = await run({ request: 'Report.', plan })
    const waiting = await fork(id, { step: 'd', approval: 'plan' })
    expect([waiting.state.status, model.asked]).toEqual(['awaiting_approval', []])
    const changed = plan.steps.map((each) => (each.id === 'b1' ? { ...each, prompt: 'Do other.' } : each))
    await approveWorkflow(await bench.scope(), waiting.record.fields.workflow_id, { plan: { steps: changed } })
    await bench.pass(10_000, 250)
    const ended = await getWorkflow(await bench.scope(), waiting.record.fields.workflow_id)
    expect([ended.state.status, model.asked]).toEqual(['completed', ['other', 'c', 'd']])
  })

  it('is the same for the same key, and refused for another step under it', async () => {
    await open()
    const id = await run({ request: 'Report.', plan })
    const scope = await bench.scope()
    const key = { idempotencyKey: 'once' }
    const [one, again] = [await forkWorkflow(scope, id, { step: 'd' }, key), await forkWorkflow(scope, id, { step: 'd' }, key)]
    expect(again.workflow_id).toBe(one.workflow_id)
    await expect(forkWorkflow(scope, id, { step: 'c' }, key)).rejects.toThrow(/another body/)
  })

  it('is refused without a plan, for steps that are not there, and for a result and a prompt at once', async () => {
    await open({ worker: false })
    const scope = await bench.scope()
    const { workflow_id: id } = await createWorkflow(scope, { request: 'Report.', plan })
    await expect(forkWorkflow(scope, id, { step: 'a' })).rejects.toMatchObject({ code: 'wrong_state' })
    await expect(forkWorkflow(scope, id, { step: 'a', prompt: 'x', result: 'y' })).rejects.toMatchObject({ field: 'result' })
    await expect(forkWorkflow(scope, 'nobody', { step: 'a' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(forkWorkflow(await bench.scope('beta'), id, { step: 'a' })).rejects.toMatchObject({ code: 'not_found' })
    bench.start()
    await bench.pass(10_000, 250)
    for (const each of ['nobody', '@synthesis', 'synthesis'])
      await expect(forkWorkflow(scope, id, { step: each })).rejects.toMatchObject({ code: 'not_found' })
    await expect(forkWorkflow(scope, id, {})).rejects.toMatchObject({ field: 'step' })
  })

  it('is refused when what is kept does not go into one commit, and nothing is kept then', async () => {
    const large = new SlowModel(() => 'much '.repeat(12_000))
    bench = await openBench(large)
    const steps = [...Array.from({ length: 100 }, (_, index) => step(`s${index}`)), step('end')]
    const id = await run({ request: 'Report.', plan: { steps } }, 30_000)
    const scope = await bench.scope()
    await expect(forkWorkflow(scope, id, { step: 'end' }, { idempotencyKey: 'k' })).rejects.toMatchObject({ code: 'too_large' })
    expect((await bench.events('genai.workflow.started')).length).toBe(1)
  })

  it.each(['before', 'after'] as const)('begins whole or not at all when the process dies %s its first write', async (when) => {
    await open()
    const id = await run({ request: 'Report.', plan })
    await bench.stop()
    const mortal = new MortalProcess(bench, { worker: false, death: { at: 1, when } })
    forget()
    const key = { idempotencyKey: 'once' }
    await forkWorkflow(await mortal.scope(), id, { step: 'c' }, key).catch(() => {})
    expect(mortal.isDead).toBe(true)
    await mortal.stop()
    bench.start()
    await bench.pass(10_000, 250)
    expect(model.asked).toEqual(when === 'before' ? [] : ['c', 'd'])
    const { workflow_id: own } = await forkWorkflow(await bench.scope(), id, { step: 'c' }, key)
    await bench.pass(10_000, 250)
    expect((await getWorkflow(await bench.scope(), own)).state.status).toBe('completed')
    expect(model.asked).toEqual(['c', 'd'])
  })

  it('of any plan, at any moment, keeps just what was completed and does not depend on the step', async () => {
    const drawn = fc.tuple(graphs, fc.nat(), fc.integer({ min: 0, max: 8 }), fc.boolean())
    await fc.assert(
      fc.asyncProperty(drawn, async ([steps, nth, moment, given]) => {
        await open()
        const id = await run({ request: 'Report.', plan: { steps } }, moment * 250)
        const { state } = await getWorkflow(await bench.scope(), id)
        if (!state.ending) await cancelWorkflow(await bench.scope(), id, 'Enough.')
        await bench.pass(5_000, 250)
        const before = await getWorkflow(await bench.scope(), id)
        const from = steps[nth % steps.length]?.id ?? ''
        fc.pre(before.state.plan !== undefined)
        const behind = withAllBehind(steps, [from])
        const forked = await fork(id, { step: from, ...(given ? { result: 'Given.' } : {}) }, 20_000)
        expect(forked.state.status).toBe('completed')
        for (const { id: each } of steps) {
          const isKept = before.state.steps.get(each)?.status === 'completed' && !behind.has(each)
          const isDone = !isKept && !(given && each === from)
          expect([each, model.times(each), forked.state.steps.get(each)?.attempts]).toEqual([
            each,
            isDone ? 1 : 0,
            isDone ? 1 : 0,
          ])
        }
        await bench.stop()
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})
