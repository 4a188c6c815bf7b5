import { expect } from 'vitest'
import { InvalidInputError, LimitError } from '../errors.ts'
import { keyName, type StateStore } from '../ports/state-store.ts'
import type { Promises } from './contract.ts'
import { eventOf, keyOf, rejection, rowOf, sampleBytes } from './samples.ts'

/** What additions promise, alone and in commits. */
export const counterPromises: Promises<StateStore> = {
  'an addition makes its row, from 0': async (subject) => {
    const { port } = subject()
    const alone = keyOf('counters', 'alone')
    expect(await port.add(alone, 'used', 5)).toBe(5)
    expect(await port.get(alone)).toEqual(rowWith(alone, 1, { used: 5 }))
    const inCommit = keyOf('counters', 'in-commit')
    await port.commit({ writes: [{ add: inCommit, amounts: { calls: 1, tokens: 120.5 } }] })
    expect(await port.get(inCommit)).toEqual(rowWith(inCommit, 1, { calls: 1, tokens: 120.5 }))
    await port.commit({ writes: [{ add: inCommit, amounts: { calls: 1, failures: 1, tokens: -20.5 } }] })
    expect(await port.get(inCommit)).toEqual(rowWith(inCommit, 2, { calls: 2, failures: 1, tokens: 100 }))
  },

  'an addition leaves everything else of its row': async (subject) => {
    const { port } = subject()
    const key = keyOf('counters-beside', 'row')
    const row = rowOf(key, {
      schema: 4,
      index: { name: 'n', count: 1 },
      sealed: { text: sampleBytes(20) },
      lists: [{ group: 'g', order: 'o' }],
    })
    await port.commit({ writes: [{ put: row }] })
    expect(await port.add(key, 'count', 2)).toBe(3)
    expect(await port.add(key, 'other', -1)).toBe(-1)
    expect(await port.get(key)).toEqual({ ...row, version: 3, index: { name: 'n', count: 3, other: -1 } })
  },

  'concurrent additions sum exactly': async (subject) => {
    const { port } = subject()
    const key = keyOf('sums', 'row')
    const sums = await Promise.all(Array.from({ length: 50 }, () => port.add(key, 'count', 3)))
    expect(sums.toSorted((left, right) => left - right)).toEqual(Array.from({ length: 50 }, (_, index) => 3 * (index + 1)))
    await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        index % 2 ? port.add(key, 'count', 1) : port.commit({ writes: [{ add: key, amounts: { count: 1, commits: 1 } }] }),
      ),
    )
    expect(await port.get(key)).toMatchObject({ version: 100, index: { count: 200, commits: 25 } })
  },

  'LimitError names the counter that would pass its max, and nothing is added': async (subject) => {
    const { port } = subject()
    const key = keyOf('bounded', 'row')
    expect(await port.add(key, 'count', 10, 10)).toBe(10)
    const alone = await rejection(port.add(key, 'count', 1, 10))
    expect(alone).toBeInstanceOf(LimitError)
    expect((alone as LimitError).key).toBe(keyName(key))
    // In a commit: of several sums one is too high; of a row that isn't there; beside events.
    const inCommit = await rejection(
      port.commit({
        writes: [
          { put: rowOf(keyOf('bounded', 'other')) },
          { add: key, amounts: { other: 1, count: 1 }, max: { other: 5, count: 10 } },
        ],
        emit: [eventOf('bounded', 'lost')],
      }),
    )
    expect(inCommit).toBeInstanceOf(LimitError)
    expect((inCommit as LimitError).key).toBe(keyName(key))
    await expect(
      port.commit({ writes: [{ add: keyOf('bounded', 'new'), amounts: { count: 3 }, max: { count: 2 } }] }),
    ).rejects.toThrow(LimitError)
    await expect(port.add(keyOf('bounded', 'new'), 'count', 3, 2)).rejects.toThrow(LimitError)
    expect(await port.get(key)).toMatchObject({ version: 1, index: { count: 10 } })
    expect(await port.get(keyOf('bounded', 'other'))).toBeUndefined()
    expect(await port.get(keyOf('bounded', 'new'))).toBeUndefined()
    expect(await port.events('bounded', { after: 0, limit: 10 })).toEqual([])
    // What is given back may be taken again.
    expect(await port.add(key, 'count', -4)).toBe(6)
    expect(await port.add(key, 'count', 4, 10)).toBe(10)
    await port.commit({ writes: [{ add: key, amounts: { other: 5 }, max: { other: 5 } }] })
    expect(await port.get(key)).toMatchObject({ index: { count: 10, other: 5 } })
  },

  'an amount below zero is held to its max like any other': async (subject) => {
    const { port } = subject()
    const key = keyOf('below-zero', 'row')
    await port.commit({ writes: [{ add: key, amounts: { count: 10, other: 5 } }] })
    await expect(port.add(key, 'count', -1, 5)).rejects.toThrow(LimitError)
    await expect(port.commit({ writes: [{ add: key, amounts: { count: -4 }, max: { count: 5 } }] })).rejects.toThrow(LimitError)
    expect(await port.add(key, 'count', -5, 5)).toBe(5)
    // What isn't added to isn't held to anything.
    await port.commit({ writes: [{ add: key, amounts: { count: -1 }, max: { count: 4, other: 4 } }] })
    expect((await port.get(key))?.index).toEqual({ count: 4, other: 5 })
    const absent = keyOf('below-zero', 'absent')
    await expect(port.add(absent, 'count', -3, -5)).rejects.toThrow(LimitError)
    expect(await port.add(absent, 'count', -5, -5)).toBe(-5)
  },

  'concurrent additions never pass their max': async (subject) => {
    const { port } = subject()
    const key = keyOf('bounded-race', 'row')
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        index % 2
          ? port.add(key, 'count', 1, 10)
          : port.commit({ writes: [{ add: key, amounts: { count: 1 }, max: { count: 10 } }] }),
      ),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(10)
    for (const result of results) if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(LimitError)
    expect((await port.get(key))?.index).toEqual({ count: 10 })
  },

  'nothing can be added to what is no number': async (subject) => {
    const { port } = subject()
    const key = keyOf('no-number', 'row')
    await port.commit({ writes: [{ put: rowOf(key, { index: { name: 'text', none: null } }) }] })
    await expect(port.add(key, 'name', 1)).rejects.toThrow(InvalidInputError)
    await expect(port.commit({ writes: [{ add: key, amounts: { count: 1, none: 1 } }] })).rejects.toThrow(InvalidInputError)
    await expect(port.add(key, 'count', Number.NaN)).rejects.toThrow(InvalidInputError)
    await expect(port.commit({ writes: [{ add: key, amounts: { count: Number.POSITIVE_INFINITY } }] })).rejects.toThrow(
      InvalidInputError,
    )
    expect(await port.get(key)).toMatchObject({ version: 1, index: { name: 'text', none: null } })
  },
}

function rowWith(key: ReturnType<typeof keyOf>, version: number, index: Record<string, number>): object {
  return { ...rowOf(key, { index }), version }
}
