import { PlinthError } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LoadLimit } from '../src/load-limit.ts'

const atFirst = 2_000
const fewest = 64
const look = 20

/** Lets in as many of a tenant as there are places, up to `wanted`. @returns what lets them go. */
function fill(limit: LoadLimit, tenant: string, wanted = 20_000): (() => void)[] {
  const inside: (() => void)[] = []
  try {
    while (inside.length < wanted) inside.push(limit.enter(tenant))
  } catch (error) {
    expect(PlinthError.is(error) && error.code).toBe('overloaded')
  }
  return inside
}

function observe(limit: LoadLimit, late: number, looks: number): void {
  for (let done = 0; done < looks; done++) limit.observe(late, look + late)
}

describe('what is taken at a time', () => {
  it('is a burst, at first', () => {
    expect(fill(new LoadLimit(), 'one')).toHaveLength(atFirst)
  })

  it('is still a burst while the event loop has been late for less than a second and a half', () => {
    const limit = new LoadLimit()
    fill(limit, 'one', 1_000)
    observe(limit, 180, 7)
    expect(fill(limit, 'one')).toHaveLength(atFirst - 1_000)
  })

  it('falls while the event loop is late, to a number that is always taken', () => {
    const limit = new LoadLimit()
    for (const leave of fill(limit, 'one')) {
      observe(limit, 500, 1)
      leave()
    }
    expect(fill(limit, 'one')).toHaveLength(fewest)
  })

  it('does not fall below what is answered in half a second', () => {
    const limit = new LoadLimit()
    const inside = fill(limit, 'one')
    for (let looks = 0; looks < 200; looks++) {
      for (const leave of inside.splice(0, 40)) leave()
      observe(limit, 80 + look, 1)
      inside.push(...fill(limit, 'one'))
    }
    // Forty in 120 ms.
    expect(inside.length).toBeGreaterThan(160)
    expect(inside.length).toBeLessThan(175)
  })

  it('grows where more is wanted and the loop is on time', () => {
    const limit = new LoadLimit()
    fill(limit, 'one')
    observe(limit, 5, 10)
    expect(fill(limit, 'one').length).toBeGreaterThan(50)
  })

  it('is what it was, after one turn that took very long', () => {
    const limit = new LoadLimit()
    fill(limit, 'one', 500)
    observe(limit, 60_000, 1)
    expect(fill(limit, 'one')).toHaveLength(atFirst - 500)
  })

  it('is learned anew after a rush', () => {
    const limit = new LoadLimit()
    fill(limit, 'one', 200)
    observe(limit, 500, 100)
    expect(fill(limit, 'one')).toHaveLength(0)
    limit.forget()
    expect(fill(limit, 'one')).toHaveLength(atFirst - 200)
  })

  it('has an end also where the loop is idle', () => {
    const limit = new LoadLimit()
    for (let round = 0; round < 200; round++) {
      fill(limit, 'one')
      observe(limit, 0, 1)
    }
    expect(limit.open).toBe(10_000)
  })

  it('clients that are refused are not told to come again all at once', () => {
    const limit = new LoadLimit()
    fill(limit, 'one')
    const told = new Set<unknown>()
    for (let client = 0; client < 6; client++) {
      try {
        limit.enter('one')
      } catch (error) {
        told.add(PlinthError.is(error) && error.retryAfter)
      }
    }
    expect(told).toEqual(new Set([1, 2, 3]))
  })

  it('leaves every tenant its even share, whatever others do, and never holds twice what is taken [X8]', () => {
    const steps = fc.oneof(
      { weight: 8, arbitrary: fc.record({ enter: fc.integer({ min: 0, max: 4 }), times: fc.integer({ min: 1, max: 400 }) }) },
      { weight: 4, arbitrary: fc.record({ leave: fc.nat() }) },
      { weight: 2, arbitrary: fc.record({ late: fc.integer({ min: 0, max: 400 }), looks: fc.integer({ min: 1, max: 40 }) }) },
    )
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 80 }), (commands) => {
        const limit = new LoadLimit()
        const inside = new Map<number, (() => void)[]>()
        for (const command of commands) {
          if ('late' in command) observe(limit, command.late, command.looks)
          else if ('leave' in command) {
            const held = [...inside.values()].filter((all) => all.length > 0)
            for (const leave of held[command.leave % (held.length || 1)]?.splice(0, 200) ?? []) leave()
          } else {
            const own = inside.get(command.enter) ?? []
            inside.set(command.enter, own)
            const others = [...inside].filter(([tenant, all]) => tenant !== command.enter && all.length > 0).length
            own.push(...fill(limit, `${command.enter}`, command.times))
            if (command.times >= fewest) expect(own.length).toBeGreaterThanOrEqual(Math.floor(fewest / (others + 1)))
          }
        }
        const held = [...inside.values()].reduce((sum, all) => sum + all.length, 0)
        expect(limit.open).toBe(held)
        expect(held).toBeLessThanOrEqual(20_000)
        for (const all of inside.values()) for (const leave of all) leave()
        expect(limit.open).toBe(0)
      }),
    )
  })
})
