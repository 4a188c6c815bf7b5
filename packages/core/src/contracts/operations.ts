import { expect } from 'vitest'
import { jobLimits } from '../ports/queue.ts'
import { type ContractOptions, describeContract, type Promises, type Subject } from './contract.ts'
import { type OperationsSubject, pendingOf, settleAll } from './operations-bench.ts'
import { sweepPromises } from './operations-sweeps.ts'
import { tenantPromises } from './operations-tenants.ts'
import { eventOf, jobOf, keyOf, rejection, rowOf } from './samples.ts'
import { eventually, pass, quiet, until } from './settling.ts'

const ahead = jobLimits.aheadMilliseconds

/** The promises of {@link Operations}, one test each. Those about jobs are for platforms whose jobs wait in the outbox. */
export function describeOperationsContract(adapter: string, options: ContractOptions<OperationsSubject>): void {
  describeContract('Operations', adapter, options, { ...pendingPromises, ...sweepPromises, ...tenantPromises })
}

const pendingPromises: Promises<OperationsSubject> = {
  'every committed event is pending until it is settled': async (subject) => {
    const { state } = subject().port
    const tenants = ['pending-a', 'pending-b']
    for (const tenant of tenants) {
      await state.commit({ writes: [], emit: [eventOf(tenant, `${tenant}-1`), eventOf(tenant, `${tenant}-2`)] })
      await state.commit({ writes: [{ put: rowOf(keyOf(tenant, 'row')) }], emit: [eventOf(tenant, `${tenant}-3`)] }, 'relaxed')
    }
    for (const tenant of tenants) {
      const pending = await pendingOf(subject(), tenant)
      expect(pending.map(({ entry }) => entry)).toEqual(await state.events(tenant, { after: 0, limit: 10 }))
      expect(pending).toHaveLength(3)
      const [first, second, third] = pending
      await settleAll(subject(), [second])
      await pendingBecomes(subject(), tenant, [`${tenant}-1`, `${tenant}-3`])
      await settleAll(subject(), [first, third])
      await pendingBecomes(subject(), tenant, [])
      // The log keeps what was sent.
      expect(await state.events(tenant, { after: 0, limit: 10 })).toHaveLength(3)
    }
  },

  'every committed job is pending until it is settled': async (subject) => {
    const tenant = 'pending-jobs'
    const job = jobOf(tenant, 'job', { lane: 'low', body: { text: 'ä', list: [1] }, notBefore: 1_000 })
    await subject().port.state.commit({ writes: [], emit: [eventOf(tenant, 'event'), job] })
    const pending = await pendingOf(subject(), tenant)
    expect(pending.find(({ entry }) => 'queue' in entry)?.entry).toEqual(job)
    expect(pending).toHaveLength(2)
    await settleAll(subject(), pending)
    await pendingBecomes(subject(), tenant, [])
  },

  'a job further ahead than the queue allows is pending when it is near': async (subject, skip) => {
    const { port, clock } = subject()
    if (!clock) return skip('this service has its own clock')
    const tenant = 'pending-far'
    const now = clock.now()
    const emit = [0, 1, 2].map((index) => jobOf(tenant, `job-${index}`, { notBefore: now + ahead + index * 3_600_000 }))
    await port.state.commit({ writes: [], emit })
    await pendingBecomes(subject(), tenant, ['job-0'])
    await pass(subject(), 3_600_000 - 2_000)
    await pendingBecomes(subject(), tenant, ['job-0'])
    await pass(subject(), 4_000)
    await pendingBecomes(subject(), tenant, ['job-0', 'job-1'])
    await pass(subject(), 3_600_000)
    await pendingBecomes(subject(), tenant, ['job-0', 'job-1', 'job-2'])
    await settleAll(subject(), await pendingOf(subject(), tenant))
    await pendingBecomes(subject(), tenant, [])
  },

  'jobs that are held back do not hide what is pending behind them': async (subject, skip) => {
    const { port, clock } = subject()
    if (!clock) return skip('this service has its own clock')
    const tenant = 'pending-behind'
    const far = Array.from({ length: 9 }, (_, index) =>
      jobOf(tenant, `far-${index}`, { notBefore: clock.now() + 24 * 3_600_000 }),
    )
    for (let change = 0; change < 3; change++) await port.state.commit({ writes: [], emit: far })
    await port.state.commit({ writes: [], emit: [eventOf(tenant, 'behind')] })
    await eventually(subject(), async () => {
      expect((await port.operations.pending(1)).map(({ entry }) => entry.id)).toEqual(['behind'])
    })
    await settleAll(subject(), await pendingOf(subject(), tenant))
  },

  'a change that failed leaves nothing pending': async (subject) => {
    const { state } = subject().port
    const tenant = 'pending-failed'
    const wrong = { check: keyOf(tenant, 'absent'), ifVersion: 1 }
    const tooMuch = { add: keyOf(tenant, 'counter'), amounts: { count: 2 }, max: { count: 1 } }
    for (const write of [wrong, tooMuch]) {
      await rejection(state.commit({ writes: [write], emit: [eventOf(tenant, 'event'), jobOf(tenant, 'job')] }))
    }
    await quiet(subject())
    expect(await pendingOf(subject(), tenant)).toEqual([])
  },

  'settling twice, or what never was, is fine': async (subject) => {
    const { state, operations } = subject().port
    const tenant = 'settled-twice'
    await state.commit({ writes: [], emit: [eventOf(tenant, 'one'), eventOf(tenant, 'two')] })
    const [one] = await pendingOf(subject(), tenant)
    await settleAll(subject(), [one, one])
    await settleAll(subject(), [one])
    await pendingBecomes(subject(), tenant, ['two'])
    await settleAll(subject(), [])
    expect(await operations.pending(1)).toHaveLength(1)
    await settleAll(subject(), await pendingOf(subject(), tenant))
  },

  'pending gives at most its limit, and all sooner or later': async (subject) => {
    const { state, operations } = subject().port
    const tenant = 'pending-limit'
    for (let change = 0; change < 5; change++) {
      await state.commit({ writes: [], emit: Array.from({ length: 8 }, (_, index) => eventOf(tenant, `${change}-${index}`)) })
    }
    const seen = new Set<string>()
    await until(
      subject(),
      async () => {
        const entries = await operations.pending(7)
        expect(entries.length).toBeLessThanOrEqual(7)
        for (const { entry } of entries) if (entry.tenant === tenant) seen.add(entry.id)
        await settleAll(subject(), entries)
        return seen.size === 40
      },
      'every event was pending',
    )
  },

  'wake is called soon after something became pending, until it is stopped': async (subject) => {
    const { state, operations } = subject().port
    const tenant = 'woken'
    let calls = 0
    const stop = operations.onPending(() => void calls++)
    await state.commit({ writes: [], emit: [eventOf(tenant, 'one')] })
    await until(subject(), () => calls > 0, 'woken')
    await quiet(subject())
    const before = calls
    await state.commit({ writes: [], emit: [eventOf(tenant, 'two')] })
    await until(subject(), () => calls > before, 'woken again')
    stop()
    stop()
    await quiet(subject())
    const after = calls
    await state.commit({ writes: [], emit: [eventOf(tenant, 'three')] })
    await quiet(subject())
    expect(calls).toBe(after)
    await settleAll(subject(), await pendingOf(subject(), tenant))
  },

  'what is pending is kept when the adapter is closed and opened again': async (subject, skip) => {
    const { port, reopen } = subject()
    if (!reopen) return skip('nothing outlives this adapter')
    const tenant = 'pending-reopened'
    await port.state.commit({ writes: [], emit: [eventOf(tenant, 'one'), eventOf(tenant, 'two')] })
    await reopen()
    await pendingBecomes(subject(), tenant, ['one', 'two'])
    await settleAll(subject(), await pendingOf(subject(), tenant))
    await pendingBecomes(subject(), tenant, [])
  },
}

async function pendingBecomes(subject: Subject<OperationsSubject>, tenant: string, ids: readonly string[]): Promise<void> {
  await eventually(subject, async () => {
    expect((await pendingOf(subject, tenant)).map(({ entry }) => entry.id).toSorted()).toEqual(ids)
  })
}
