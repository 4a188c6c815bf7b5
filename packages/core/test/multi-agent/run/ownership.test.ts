import { afterEach, describe, expect, it } from 'vitest'
import { type Adapters, createPlatform, type Scope, UnavailableError, writtenKey } from '../../../src/index.ts'
import { advanceWorkflow } from '../../../src/multi-agent/advance-workflow.ts'
import { Ownership, takeOwnership } from '../../../src/multi-agent/run/ownership.ts'
import { owners } from '../../../src/multi-agent/workflows.ts'
import type { Lease } from '../../../src/ports/queue.ts'
import type { EventBench } from '../../event-driven/bench.ts'
import { committingBy } from '../../support/wrapped.ts'
import { step } from '../support.ts'
import { ask, openBench, SlowModel } from './workflow-bench.ts'

type Commit = Adapters['state']['commit']

const second = 1_000
const lease: Lease = { cutOffs: 0, signal: new AbortController().signal, extend: async () => {} }

let bench: EventBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

/** A process that has a run for `milliseconds`. @param write stands in for its writes of who has it. */
async function open(milliseconds: number, write: (inner: () => ReturnType<Commit>) => ReturnType<Commit>): Promise<Scope> {
  bench = await openBench(new SlowModel((what) => `Found by ${what}.`, milliseconds), { worker: false })
  const { adapters } = bench.memory
  const { state } = adapters
  const slow = committingBy(state, (change, durability) => {
    const inner = (): ReturnType<Commit> => state.commit(change, durability)
    return change.writes.some((each) => writtenKey(each).collection === owners.name) ? write(inner) : inner()
  })
  return createPlatform('memory', { ...adapters, state: slow }, bench.models).scope(await bench.caller())
}

function delivery(id: string, body = {}) {
  return { job: { queue: '', tenant: 'alpha', id, lane: 'normal', version: 1, correlationId: '', body }, lease } as const
}

describe('the right to a run', () => {
  it('is given back though a renewal is on its way', async () => {
    const held = Promise.withResolvers<void>()
    let writes = 0
    const scope = await open(second, async (inner) => {
      const done = inner()
      if (++writes === 2) await held.promise
      return done
    })
    const own = await takeOwnership(scope, 'run', delivery('one'))
    if (!(own instanceof Ownership)) throw new Error('Nobody else has it.')
    const both = [own.renew(), own.release()]
    held.resolve()
    await Promise.all(both)
    expect(await takeOwnership(scope, 'run', delivery('other'))).toBeInstanceOf(Ownership)
  })

  it('is not taken again by a renewal that failed when the run was left', async () => {
    const begun = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    let writes = 0
    // The first takes it, the second renews it.
    const scope = await open(10.2 * second, async (inner) => {
      if (++writes !== 2) return inner()
      begun.resolve()
      await held.promise
      throw new UnavailableError('storage_unavailable', 'The store has no answer.')
    })
    const steps = [step('a'), { ...step('b', ['a']), approval: true }]
    const id = await ask(scope, { request: 'Report.', plan: { steps } })
    const left = advanceWorkflow(scope, { workflow_id: id }, delivery('one'))
    await bench?.pass(15 * second, second / 10)
    await begun.promise
    held.resolve()
    expect(await left).toEqual({ done: true })
    for (const wait of [0, 15 * second, 15 * second]) {
      await bench?.pass(wait, second)
      expect((await scope.state.get(owners, { partition: id }))?.fields.until).toBe(0)
    }
  })
})
