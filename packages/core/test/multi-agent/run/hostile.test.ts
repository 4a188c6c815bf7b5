import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PlinthError } from '../../../src/errors.ts'
import { createWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import { cancelWorkflow, getWorkflow } from '../../../src/multi-agent/manage-workflow.ts'
import type { Step } from '../../../src/multi-agent/plan/plan.ts'
import { hostileDefaults } from '../../../src/testing/index.ts'
import type { EventBench } from '../../event-driven/bench.ts'
import { assertUntilMet } from '../../support/assert-until-met.ts'
import { graphs } from '../support.ts'
import { approveAll, journalOf, openBench, SlowModel } from './workflow-bench.ts'

const second = 1_000
const minute = 60 * second

/** As a client does: again, until it is answered. */
async function patiently<Result>(bench: EventBench, work: () => Promise<Result>): Promise<Result | undefined> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (PlinthError.is(error) && error.code === 'wrong_state') return undefined
      if (!PlinthError.is(error) || !error.retryable) throw error
      await bench.pass(second)
    }
  }
  throw new Error('Never answered.')
}

const sent = fc.record({
  steps: graphs,
  approval: fc.constantFrom('none', 'none', 'plan'),
  /** It is cancelled after so many seconds. */
  cancel: fc.constantFrom(undefined, undefined, undefined, 5, 60),
})

describe('workflows on the weakest legal platform', () => {
  it('all end once, are told of once, and do no step again that had finished [R68, X43]', async () => {
    const met = new Map<string, number>()
    await assertUntilMet(
      fc.asyncProperty(fc.array(sent, { minLength: 1, maxLength: 4 }), async (flows) => {
        const model = new SlowModel((what) => `Found by ${what}.`, second)
        const bench = await openBench(model)
        const scope = await bench.scope()
        bench.memory.hostile.set(hostileDefaults)
        const ids: string[] = []
        for (const [index, { steps, approval }] of flows.entries()) {
          const send = (): Promise<string> =>
            createWorkflow(scope, { request: 'Report.', plan: { steps }, approval }, { idempotencyKey: `key-${index}` }).then(
              ({ workflow_id: id }) => id,
            )
          ids.push((await patiently(bench, send)) ?? '')
          expect(await patiently(bench, send)).toBe(ids[index])
        }
        for (let passed = 0; passed < 8 * minute; passed += 5 * second) {
          await bench.pass(5 * second)
          for (const [index, { cancel }] of flows.entries()) {
            const id = ids[index] ?? ''
            await patiently(bench, () => approveAll(scope, id))
            if (cancel !== undefined && cancel * second === passed)
              await patiently(bench, () => cancelWorkflow(scope, id, 'Enough.'))
          }
        }
        bench.memory.hostile.calm()
        await bench.pass(10 * minute, 5 * second)
        for (const [index, { cancel, steps }] of flows.entries())
          await expectEnded(bench, ids[index] ?? '', steps, cancel !== undefined)
        await bench.stop()
        for (const [fault, times] of Object.entries(bench.memory.hostile.injected))
          if (times > 0) met.set(fault, (met.get(fault) ?? 0) + times)
      }),
      { numRuns: 10 },
      ['conflict', 'ambiguousCommit', 'loseLease', 'miscountCutOffs'],
      met,
    )
  }, 240_000)
})

async function expectEnded(bench: EventBench, id: string, steps: readonly Step[], mayBeCancelled: boolean): Promise<void> {
  const scope = await bench.scope()
  const { state, record } = await getWorkflow(scope, id)
  const entries = await journalOf(scope, id)
  const errors = [...state.steps.values()].flatMap(({ error }) => (error ? [error.code] : []))
  // A step has three tries, and the store may leave all of them without an answer: that alone may fail it.
  const isUnanswered = errors.length > 0 && errors.every((code) => code === 'no_answer')
  if (isUnanswered) expect(['completed', 'failed', 'cancelled']).toContain(state.ending?.status)
  else
    expect({ ending: state.ending?.status, errors }).toEqual({
      ending: mayBeCancelled && state.ending?.status === 'cancelled' ? 'cancelled' : 'completed',
      errors: state.ending?.status === 'cancelled' ? expect.anything() : [],
    })
  expect(record.fields.status).toBe(state.ending?.status)
  expect(entries.filter(({ kind }) => kind === 'ended')).toHaveLength(1)
  const completed = entries.flatMap((entry) =>
    entry.kind === 'finished' && entry.outcome.status === 'completed' ? [entry.step] : [],
  )
  expect(completed.toSorted()).toEqual([...new Set(completed)].toSorted())
  const over = new Set<string>()
  for (const entry of entries) {
    if (entry.kind === 'started') expect(over.has(entry.step)).toBe(false)
    if (entry.kind === 'finished' && entry.outcome.status === 'completed') over.add(entry.step)
  }
  if (state.ending?.status === 'completed' && !isUnanswered) for (const step of steps) expect(over.has(step.id)).toBe(true)
  const ends = (await bench.events('genai.workflow.finished')).filter(({ subject }) => subject === id)
  expect(ends.map(({ detail }) => detail.status)).toEqual([state.ending?.status])
}
