import { afterEach, describe, expect, it } from 'vitest'
import type { Row } from '../../../src/index.ts'
import { createWorkflow } from '../../../src/multi-agent/create-workflow.ts'
import { getWorkflow, retryStep } from '../../../src/multi-agent/manage-workflow.ts'
import type { EventBench } from '../../event-driven/bench.ts'
import { MortalProcess } from '../../support/mortal-process.ts'
import { step } from '../support.ts'
import { openBench, SlowModel } from './workflow-bench.ts'

const second = 1_000
const day = 24 * 3_600 * second

let bench: EventBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

const plan = {
  steps: [
    step('a'),
    step('b', ['a'], { expected_output: { type: 'object' }, retry: { attempts: 1, wait_seconds: 0 } }),
    step('c', ['b'], { agent_type: 'report' }),
  ],
}

/** All that a tenant's records tell of workflows. */
async function rowsOf(opened: EventBench): Promise<readonly Row[]> {
  const { items } = await opened.memory.inner.state.operations.rows('alpha', { limit: 1_000 })
  return items.filter(({ collection }) => collection.startsWith('workflow'))
}

async function longWorkflow(opened: EventBench, steps = plan.steps): Promise<string> {
  const scope = await opened.scope()
  return (await createWorkflow(scope, { request: 'Report.', plan: { steps } })).workflow_id
}

describe('what is kept of a workflow', () => {
  it('goes when its time has come, all of it [R68]', async () => {
    bench = await openBench(new SlowModel((what) => `Found by ${what}.`))
    await longWorkflow(bench, [step('a'), ...Array.from({ length: 90 }, (_, index) => step(`b${index}`, ['a']))])
    await bench.pass(20 * second)
    const kept = await rowsOf(bench)
    expect(new Set(kept.map(({ collection }) => collection))).toEqual(
      new Set(['workflows', 'workflow-journal', 'workflow-owners']),
    )
    await bench.pass(29 * day, day / 2)
    expect(await rowsOf(bench)).toHaveLength(kept.length)
    await bench.pass(2 * day, day / 4)
    expect(await rowsOf(bench)).toEqual([])
  })

  it('stays for as long as the tenant says, from its last end on', async () => {
    let broken = true
    bench = await openBench(new SlowModel((what) => (what === 'b' && !broken ? '{"n": 1}' : `Found by ${what}.`)))
    await bench.registry.change('alpha', (now) => ({ ...now, retention: { requests_days: 10 } }))
    const id = await longWorkflow(bench)
    await bench.pass(10 * second)
    await bench.pass(6 * day, day / 2)
    broken = false
    await retryStep(await bench.scope(), id, 'b')
    await bench.pass(10 * second)
    await bench.pass(6 * day, day / 2)
    expect((await getWorkflow(await bench.scope(), id)).state.status).toBe('completed')
    await bench.pass(5 * day, day / 4)
    await expect(getWorkflow(await bench.scope(), id)).rejects.toMatchObject({ code: 'not_found' })
    expect(await rowsOf(bench)).toEqual([])
  })

  it('is gone though the process dies that removes it', async () => {
    for (const at of [1, 2, 3]) {
      const opened = await openBench(new SlowModel((what) => `Found by ${what}.`), { worker: false })
      const first = new MortalProcess(opened, { worker: true })
      await longWorkflow(opened, [step('a')])
      await opened.pass(10 * second)
      await first.stop()
      await opened.pass(31 * day, day)
      // The job is sent, and its first write is the end of this one.
      const mortal = new MortalProcess(opened, { worker: true, death: { at: at + 1, when: 'after' } })
      await opened.pass(5 * second)
      expect(mortal.isDead).toBe(true)
      await mortal.stop()
      const next = new MortalProcess(opened, { worker: true })
      await opened.pass(60 * second)
      await next.stop()
      expect(await rowsOf(opened)).toEqual([])
    }
  })
})
