import { afterEach, describe, expect, it } from 'vitest'
import { createWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import { followWorkflow } from '../../../src/multi-agent/follow-workflow.ts'
import { approveWorkflow, getWorkflow, rejectWorkflow, type Workflow } from '../../../src/multi-agent/manage-workflow.ts'
import { showWorkflow } from '../../../src/multi-agent/show-workflow.ts'
import { type EventBench, read } from '../../event-driven/bench.ts'
import { step } from '../support.ts'
import { openBench, SlowModel } from './workflow-bench.ts'

let bench: EventBench
afterEach(() => bench.stop())

const tail = JSON.stringify({ steps: [step('drop', ['a'])] })
const model = new SlowModel((what) => (what === 'plan' ? tail : `Found by ${what}.`))
const wrong = { expected_output: { type: 'object' }, on_failure: 'replan', retry: { attempts: 1, wait_seconds: 0 } } as const
const plan = { steps: [step('a'), step('b', ['a'], wrong), step('c', ['b'])] }

/** Up to the plan that was made anew. */
async function replanned(): Promise<string> {
  model.asked.length = 0
  bench = await openBench(model)
  const { workflow_id: id } = await createWorkflow(await bench.scope(), { request: 'Report.', plan, approval: 'plan' })
  await bench.pass(2_000, 250)
  await approveWorkflow(await bench.scope(), id, {})
  await bench.pass(10_000, 250)
  return id
}

const found = async (id: string): Promise<Workflow> => getWorkflow(await bench.scope(), id)

describe('a plan that is made anew where plans are agreed to', () => {
  it('waits again: a word on the first one is none on it, and it runs when it is named', async () => {
    const id = await replanned()
    const { record, state } = await found(id)
    expect([state.status, record.fields.status, [...model.asked]]).toEqual([
      'awaiting_approval',
      'awaiting_approval',
      ['a', 'b', 'plan'],
    ])
    expect(await showWorkflow('alpha', { record, state })).toMatchObject({ waits_for: 'plan', plan: { revision: 2 } })
    expect(await bench.events('genai.workflow.awaiting_approval')).toHaveLength(2)
    const scope = await bench.scope()
    for (const word of [{}, { revision: 1 }, { revision: 3 }, { revision: 2, plan }])
      await expect(approveWorkflow(scope, id, word)).rejects.toMatchObject({ code: 'wrong_state' })
    await approveWorkflow(scope, id, { revision: 2 })
    await bench.pass(10_000, 250)
    const ended = await found(id)
    expect(ended.state.ending?.status).toBe('completed')
    expect([...ended.state.steps].map(([name, { status, attempts }]) => [name, status, attempts])).toEqual([
      ['a', 'completed', 1],
      ['b', 'failed', 1],
      ['@synthesis', 'completed', 1],
      ['drop', 'completed', 1],
    ])
    const told = await read(bench, followWorkflow(scope, ended.record, 0, new AbortController().signal), 100)
    const facts = told.map(
      ({ event, data }) => [event, data as { status?: string; waits_for?: string; revision?: number }] as const,
    )
    expect(facts.filter(([event]) => event === 'plan').map(([, { revision }]) => revision)).toEqual([1, 2])
    expect(facts.filter(([, data]) => data.waits_for === 'plan')).toHaveLength(2)
  })

  it('ends the run when it is rejected', async () => {
    const id = await replanned()
    await rejectWorkflow(await bench.scope(), id, { revision: 2, reason: 'Not that.' })
    await bench.pass(5_000, 250)
    expect((await found(id)).state.ending).toEqual({ status: 'cancelled', reason: 'Not that.' })
    expect(model.asked).toEqual(['a', 'b', 'plan'])
  })
})
