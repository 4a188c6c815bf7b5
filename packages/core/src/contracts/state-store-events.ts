import { expect } from 'vitest'
import type { StateStore } from '../ports/state-store.ts'
import type { Promises } from './contract.ts'
import { eventOf, keyOf, rowOf } from './samples.ts'

/** What the log of events promises. */
export const eventPromises: Promises<StateStore> = {
  'events are kept as they were emitted, numbered 1, 2, 3, … in the order of commits': async (subject) => {
    const { port } = subject()
    const tenant = 'events'
    const events = Array.from({ length: 12 }, (_, index) =>
      eventOf(tenant, `event-${index}`, {
        type: `genai.contract.type${index % 3}`,
        version: index + 1,
        subject: `s${index}`,
        time: 1_000 + index,
        detail: { index },
      }),
    )
    await port.commit({ writes: [{ put: rowOf(keyOf(tenant, 'row')) }], emit: events.slice(0, 1) })
    await port.commit({ writes: [], emit: events.slice(1, 10) })
    await port.commit({ writes: [{ delete: keyOf(tenant, 'row') }], emit: events.slice(10) }, 'relaxed')
    const stored = await port.events(tenant, { after: 0, limit: 1_000 })
    expect(stored).toEqual(events.map((event, index) => ({ ...event, sequence: index + 1 })))
  },

  'events can be read on from any sequence, and by type': async (subject) => {
    const { port } = subject()
    const tenant = 'events-read'
    for (let round = 0; round < 10; round++) {
      await port.commit({
        writes: [],
        emit: [eventOf(tenant, `a${round}`, { type: 'a' }), eventOf(tenant, `b${round}`, { type: 'b' })],
      })
    }
    const sequences = async (query: Parameters<StateStore['events']>[1]) =>
      (await port.events(tenant, query)).map((event) => event.sequence)
    expect(await sequences({ after: 0, limit: 3 })).toEqual([1, 2, 3])
    expect(await sequences({ after: 3, limit: 3 })).toEqual([4, 5, 6])
    expect(await sequences({ after: 18, limit: 100 })).toEqual([19, 20])
    expect(await sequences({ after: 20, limit: 100 })).toEqual([])
    expect(await sequences({ after: 1_000_000, limit: 100 })).toEqual([])
    expect(await sequences({ after: 0, limit: 3, type: 'b' })).toEqual([2, 4, 6])
    expect(await sequences({ after: 6, limit: 100, type: 'a' })).toEqual([7, 9, 11, 13, 15, 17, 19])
    expect(await sequences({ after: 0, limit: 100, type: 'c' })).toEqual([])
  },

  'sequences have no gaps under concurrency, nor after changes that fail': async (subject) => {
    const { port } = subject()
    const tenant = 'events-race'
    const wrong = { check: keyOf(tenant, 'absent'), ifVersion: 1 }
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, change) =>
        port.commit(
          {
            writes: [{ put: rowOf(keyOf(tenant, String(change))) }, ...(change % 4 === 3 ? [wrong] : [])],
            emit: Array.from({ length: 1 + (change % 3) }, (_, index) => eventOf(tenant, `${change}-${index}`)),
          },
          change % 5 ? 'synced' : 'relaxed',
        ),
      ),
    )
    const expected = results.flatMap((result, change) =>
      result.status === 'fulfilled' ? Array.from({ length: 1 + (change % 3) }, (_, index) => `${change}-${index}`) : [],
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(45)
    const events = await port.events(tenant, { after: 0, limit: 1_000 })
    expect(events.map((event) => event.sequence)).toEqual(expected.map((_, index) => index + 1))
    expect(events.map((event) => event.id).toSorted()).toEqual(expected.toSorted())
    // One change's events stand together, in the order that it gave them.
    for (const [index, event] of events.entries()) {
      const [change, place] = event.id.split('-')
      if (place !== '0') expect(events[index - 1]?.id).toBe(`${change}-${Number(place) - 1}`)
    }
  },

  'every tenant has sequences of its own': async (subject) => {
    const { port } = subject()
    const tenants = ['seq-a', 'seq-b', 'seq-c']
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => tenants[index % 3] ?? '').map((tenant, index) =>
        port.commit({ writes: [], emit: [eventOf(tenant, `${index}`)] }),
      ),
    )
    for (const tenant of tenants) {
      const events = await port.events(tenant, { after: 0, limit: 100 })
      expect(events.map((event) => event.sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      expect(new Set(events.map((event) => event.tenant))).toEqual(new Set([tenant]))
    }
  },
}
