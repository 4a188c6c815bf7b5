import { expect } from 'vitest'
import type { Promises } from './contract.ts'
import { type OperationsSubject, pendingOf, settleAll } from './operations-bench.ts'
import { collect, eventOf, keyOf, rowOf } from './samples.ts'

const longAgo = Date.UTC(2001, 0, 1)

/** What the removal of expired rows and old events promises. */
export const sweepPromises: Promises<OperationsSubject> = {
  'removeExpired removes what readers no longer see, and nothing else': async (subject) => {
    const { state, operations } = subject().port
    const tenants = ['swept-a', 'swept-b']
    for (const tenant of tenants) {
      const gone = Array.from({ length: 20 }, (_, index) => ({
        put: rowOf(keyOf(tenant, `gone-${index}`), { expires: longAgo }),
      }))
      const counted = { add: keyOf(tenant, 'counted'), amounts: { count: 1 }, expires: longAgo }
      const later = { put: rowOf(keyOf(tenant, 'later'), { expires: Date.UTC(2100, 0, 1) }) }
      await state.commit({ writes: [...gone, counted, later, { put: rowOf(keyOf(tenant, 'for-ever')) }] })
    }
    let removed = 0
    for (let sweep = await operations.removeExpired(7); sweep > 0; sweep = await operations.removeExpired(7)) {
      expect(sweep).toBeLessThanOrEqual(7)
      removed += sweep
    }
    expect(removed).toBe(42)
    for (const tenant of tenants) {
      expect((await collect(state.read(tenant, 'contract', 'partition'))).map((row) => row.sort)).toEqual(['for-ever', 'later'])
      await state.commit({ writes: [{ put: rowOf(keyOf(tenant, 'gone-1')), ifVersion: 'absent' }] })
    }
    expect(await operations.removeExpired(1_000)).toBe(0)
  },

  'a row that was made new after it expired is not removed': async (subject) => {
    const { state, operations } = subject().port
    const keys = ['put', 'added'].map((sort) => keyOf('swept-new', sort))
    await state.commit({ writes: keys.map((key) => ({ put: rowOf(key, { expires: longAgo }) })) })
    const [put = keyOf('swept-new', 'put'), added = put] = keys
    await state.commit({ writes: [{ put: rowOf(put) }, { add: added, amounts: { count: 1 } }] })
    await operations.removeExpired(1_000)
    expect(await state.get(put)).toBeDefined()
    expect((await state.get(added))?.index).toEqual({ count: 1 })
  },

  'trimEvents removes settled events from before a time, and no others': async (subject) => {
    const { state, operations } = subject().port
    const tenant = 'trimmed'
    // Earlier than any event of the other tests, which share the store.
    const times = [1_000, 2_000, 3_000, 4_000, 5_000]
    await state.commit({ writes: [], emit: times.map((time) => eventOf(tenant, `at-${time}`, { time })) })
    const ids = async (): Promise<string[]> => (await state.events(tenant, { after: 0, limit: 100 })).map((event) => event.id)
    expect(await operations.trimEvents(10_000, 100)).toBe(0)
    const pending = await pendingOf(subject(), tenant)
    await settleAll(
      subject(),
      pending.filter(({ entry }) => entry.id !== 'at-2000'),
    )
    expect(await operations.trimEvents(4_000, 1)).toBe(1)
    expect(await operations.trimEvents(4_000, 100)).toBe(1)
    expect(await operations.trimEvents(4_000, 100)).toBe(0)
    expect(await ids()).toEqual(['at-2000', 'at-4000', 'at-5000'])
    await settleAll(subject(), pending)
    expect(await operations.trimEvents(10_000, 100)).toBe(3)
    expect(await ids()).toEqual([])
  },

  'sequences go on after events were removed': async (subject) => {
    const { state, operations } = subject().port
    const tenant = 'trimmed-on'
    await state.commit({ writes: [], emit: [eventOf(tenant, 'one', { time: 1 }), eventOf(tenant, 'two', { time: 2 })] })
    await settleAll(subject(), await pendingOf(subject(), tenant))
    expect(await operations.trimEvents(10, 100)).toBe(2)
    await state.commit({ writes: [], emit: [eventOf(tenant, 'three')] })
    expect((await state.events(tenant, { after: 0, limit: 100 })).map((event) => [event.sequence, event.id])).toEqual([
      [3, 'three'],
    ])
    expect((await pendingOf(subject(), tenant)).map(({ entry }) => entry.id)).toEqual(['three'])
    await settleAll(subject(), await pendingOf(subject(), tenant))
  },
}
