import { describe, expect, it } from 'vitest'
import { eventOf, keyOf, rejection, rowOf } from '../src/contracts/index.ts'
import { UnavailableError } from '../src/errors.ts'
import { FakeClock, HostileOperations, type HostileOptions, Hostility, MemoryStateStore } from '../src/testing/index.ts'

function open(faults: Partial<HostileOptions>) {
  const clock = new FakeClock()
  const state = new MemoryStateStore({ clock })
  return { state, operations: new HostileOperations(state.operations, new Hostility(clock, faults)) }
}

const often = 0.999

describe("hostile operations on one tenant's data", () => {
  it('show what was settled again, but nothing of a tenant that was removed', async () => {
    const { state, operations } = open({ resendSettled: often })
    for (const tenant of ['gone', 'stays']) await state.commit({ writes: [], emit: [eventOf(tenant, tenant)] })
    await operations.settle((await operations.pending(10)).map(({ position }) => position))
    const shown = async (): Promise<Set<string>> => {
      const seen = new Set<string>()
      for (let look = 0; look < 30; look++) for (const { entry } of await operations.pending(10)) seen.add(entry.tenant)
      return seen
    }
    expect(await shown()).toEqual(new Set(['gone', 'stays']))
    expect(await operations.removeTenant('gone', { keep: [], limit: 10 })).toBe(2)
    expect(await shown()).toEqual(new Set(['stays']))
  })

  it('remove half and fail, and give short pages and empty ones, that lead on', async () => {
    const { state, operations } = open({ failSettle: often })
    await state.commit({ writes: Array.from({ length: 40 }, (_, index) => ({ put: rowOf(keyOf('gone', `${index}`)) })) })
    const sizes: number[] = []
    const seen = new Set<string>()
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = await operations.rows('gone', { limit: 10, ...(after === '' ? {} : { after }) })
      for (const { sort } of page.items) seen.add(sort)
      sizes.push(page.items.length)
      after = page.after
    }
    expect(seen.size).toBe(40)
    expect(Math.min(...sizes)).toBe(0)
    expect(new Set(sizes).size).toBeGreaterThan(2)
    expect(await rejection(operations.removeTenant('gone', { keep: [], limit: 10 }))).toBeInstanceOf(UnavailableError)
    expect((await state.operations.rows('gone', { limit: 100 })).items).toHaveLength(35)
  })
})
