import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Lane, LaneTurns, laneWeights, tenantWeights } from '../src/index.ts'

const lanes = Object.keys(laneWeights) as Lane[]

/** The tenants of so many takes. */
function take(turns: LaneTurns, count: number): string {
  return Array.from({ length: count }, () => turns.take()?.tenant ?? '-').join('')
}

describe('turns between lanes and tenants', () => {
  it('go one by one between equal tenants, whatever each has waiting', () => {
    const turns = new LaneTurns()
    turns.add('normal', 'a', 100)
    turns.add('normal', 'b', 3)
    turns.add('normal', 'c', 100)
    expect(take(turns, 12)).toBe('abcabcabcaca')
  })

  it('let a tenant that comes later, or comes back, join at the end', () => {
    const turns = new LaneTurns()
    turns.add('normal', 'a', 10)
    turns.add('normal', 'b', 10)
    expect(take(turns, 3)).toBe('aba')
    turns.add('normal', 'c', 1)
    expect(take(turns, 3)).toBe('bac')
    turns.add('normal', 'c', 1)
    expect(take(turns, 3)).toBe('bac')
  })

  it('spread the turns of a heavy tenant evenly', () => {
    const turns = new LaneTurns()
    turns.add('normal', 'a', 100, 3)
    turns.add('normal', 'b', 100)
    turns.add('normal', 'c', 100, 2)
    const taken = take(turns, 60)
    expect([...taken].filter((tenant) => tenant === 'a')).toHaveLength(30)
    expect([...taken].filter((tenant) => tenant === 'c')).toHaveLength(20)
    expect(taken.slice(0, 12)).toBe('acabcaacaabc')
  })

  it('heed a weight from the next turn on, and forget it when it is the usual one again', () => {
    const turns = new LaneTurns()
    turns.add('normal', 'a', 100)
    turns.add('normal', 'b', 100)
    expect(take(turns, 2)).toBe('ab')
    turns.weigh('a', 3)
    const shares = take(turns, 40)
    expect([...shares].filter((tenant) => tenant === 'a').length).toBeGreaterThanOrEqual(29)
    turns.weigh('a', 1)
    take(turns, 2)
    expect(take(turns, 8)).toMatch(/^(ab){4}$|^(ba){4}$/)
  })

  it.each([
    [0, 1],
    [-3, 1],
    [Number.NaN, 1],
    [1.4, 1],
    [2.6, 3],
    [1_000, 100],
    [Number.POSITIVE_INFINITY, 100],
  ])('bring a weight of %s to %s', (said, meant) => {
    const [odd, even] = [new LaneTurns(), new LaneTurns()]
    odd.add('low', 'a', 500, said)
    even.add('low', 'a', 500, meant)
    for (const turns of [odd, even]) turns.add('low', 'b', 10, 2)
    expect(take(odd, 250)).toBe(take(even, 250))
    expect(meant).toBeGreaterThanOrEqual(tenantWeights.least)
    expect(meant).toBeLessThanOrEqual(tenantWeights.most)
  })

  it('are seen by peek, which takes nothing', () => {
    const turns = new LaneTurns()
    expect(turns.peek()).toBeUndefined()
    expect(turns.take()).toBeUndefined()
    for (const lane of lanes) for (const tenant of ['a', 'b']) turns.add(lane, tenant, 40, tenant === 'a' ? 3 : 1)
    for (let left = 240; left > 0; left--) {
      const next = turns.peek()
      expect(turns.peek()).toEqual(next)
      expect(turns.take()).toEqual(next)
    }
    expect(turns.peek()).toBeUndefined()
  })

  it('leave out what was removed or cleared, and give it its turn when it comes back', () => {
    const turns = new LaneTurns()
    for (const tenant of ['a', 'b', 'c']) turns.add('high', tenant, 5)
    turns.remove({ lane: 'high', tenant: 'a' }, 5)
    turns.clear({ lane: 'high', tenant: 'b' })
    turns.clear({ lane: 'high', tenant: 'nobody' })
    turns.remove({ lane: 'low', tenant: 'a' }, 1)
    expect(take(turns, 2)).toBe('cc')
    turns.add('high', 'b', 2)
    turns.add('high', 'd', 1)
    turns.add('high', 'a', 1)
    expect(take(turns, 8)).toBe('bacdbcc-')
  })

  it('give a lane its share, and that of an idle one to the others', () => {
    const turns = new LaneTurns()
    for (const lane of lanes) turns.add(lane, 't', 100)
    const served = Array.from({ length: 100 }, () => turns.take()?.lane)
    expect(lanes.map((lane) => served.filter((each) => each === lane).length)).toEqual([60, 30, 10])
    turns.clear({ lane: 'high', tenant: 't' })
    const rest = Array.from({ length: 40 }, () => turns.take()?.lane)
    expect(lanes.map((lane) => rest.filter((each) => each === lane).length)).toEqual([0, 30, 10])
  })

  it('cost the same with ten thousand tenants as with ten, as they look at no tenant but the next', () => {
    const turns = new LaneTurns()
    for (let tenant = 0; tenant < 10_000; tenant++) turns.add('normal', `t${tenant}`, 20, 1 + (tenant % 3))
    const started = performance.now()
    for (let taken = 0; taken < 200_000; taken++) turns.take()
    // It takes some 50 ms; looking at every tenant, or at every one that went before, would take seconds.
    expect(performance.now() - started).toBeLessThan(1_500)
    expect(turns.take()).toBeUndefined()
  })
})

/** The same by looking at every tenant each time; of one lane. */
class PlainTurns {
  readonly tenants = new Map<string, { ready: number; turn: number; order: number }>()
  readonly weights = new Map<string, number>()
  readonly kept = new Map<string, number>()
  time = 0
  orders = 0

  add(tenant: string, amount: number): void {
    const known = this.tenants.get(tenant)
    const turn = Math.max(this.time, this.kept.get(tenant) ?? this.time + 1 / this.#weight(tenant))
    if (known) known.ready += amount
    else this.tenants.set(tenant, { ready: amount, turn, order: this.orders++ })
    this.kept.delete(tenant)
  }

  take(): string | undefined {
    const [first] = [...this.tenants].sort(([, a], [, b]) => a.turn - b.turn || a.order - b.order)
    if (!first) return undefined
    const [tenant, { ready, turn }] = first
    this.time = turn
    this.tenants.delete(tenant)
    if (ready > 1) this.add(tenant, ready - 1)
    return tenant
  }

  remove(tenant: string, amount: number): void {
    const place = this.tenants.get(tenant)
    if (!place) return
    place.ready -= amount
    if (place.ready > 0) return
    this.tenants.delete(tenant)
    this.kept.set(tenant, place.turn)
  }

  #weight(tenant: string): number {
    return this.weights.get(tenant) ?? 1
  }
}

const tenantNames = ['a', 'b', 'c', 'd', 'e']

describe('weighted turns, by any sequence of events', () => {
  const name = fc.constantFrom(...tenantNames)
  const step = fc.oneof(
    fc.record({ add: name, amount: fc.integer({ min: 0, max: 6 }) }),
    fc.record({ weigh: name, weight: fc.integer({ min: 1, max: 100 }) }),
    fc.record({ take: fc.integer({ min: 1, max: 12 }) }),
    fc.record({ remove: name, amount: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ clear: name }),
  )

  it('are those of a plain list that is sorted anew each time', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const [turns, plain] = [new LaneTurns(), new PlainTurns()]
        for (const each of steps) {
          if ('add' in each) {
            turns.add('normal', each.add, each.amount)
            if (each.amount > 0) plain.add(each.add, each.amount)
          } else if ('weigh' in each) {
            turns.weigh(each.weigh, each.weight)
            plain.weights.set(each.weigh, each.weight)
          } else if ('take' in each) {
            for (let left = each.take; left > 0; left--) expect(turns.take()?.tenant).toBe(plain.take())
          } else {
            const tenant = 'remove' in each ? each.remove : each.clear
            plain.remove(tenant, 'remove' in each ? each.amount : 1_000)
            if ('remove' in each) turns.remove({ lane: 'normal', tenant }, each.amount)
            else turns.clear({ lane: 'normal', tenant })
          }
        }
        for (let next = plain.take(); next !== undefined; next = plain.take()) expect(turns.take()?.tenant).toBe(next)
        expect(turns.take()).toBeUndefined()
      }),
      { numRuns: 400 },
    )
  })

  it('give a tenant that always has work its share in every window, whoever comes and goes', () => {
    const comings = fc.array(fc.record({ tenant: fc.nat({ max: 4 }), amount: fc.integer({ min: 1, max: 30 }) }), {
      maxLength: 200,
    })
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 2, maxLength: 5 }), comings, (weights, others) => {
        const turns = new LaneTurns()
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        turns.add('low', 't0', 1_000_000, weights[0])
        // What was served of the tenant after so many takes.
        const served = [0]
        for (const { tenant: number, amount } of others) {
          const other = 1 + (number % (weights.length - 1))
          const tenant = `t${other}`
          if (amount > 25) turns.remove({ lane: 'low', tenant }, amount)
          else turns.add('low', tenant, amount, weights[other])
          for (let left = 1 + (amount % 4); left > 0; left--)
            served.push((served.at(-1) ?? 0) + (turns.take()?.tenant === 't0' ? 1 : 0))
        }
        const share = (weights[0] ?? 0) / total
        for (let start = 0; start < served.length; start += 7) {
          for (let end = start + 1; end < served.length; end += 5) {
            const got = (served[end] ?? 0) - (served[start] ?? 0)
            // The bound of the class's comment; the thousandth is for the rounding of fractions.
            expect(got).toBeGreaterThan(share * (end - start - weights.length + 1) - 1 - 0.001)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('come to the weights exactly while all have work', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 12 }), (weights) => {
        const turns = new LaneTurns()
        for (const [index, weight] of weights.entries()) turns.add('high', `t${index}`, 10_000, weight)
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        const served = new Map<string, number>()
        for (let left = total * 5; left > 0; left--) {
          const tenant = turns.take()?.tenant ?? ''
          served.set(tenant, (served.get(tenant) ?? 0) + 1)
        }
        for (const [index, weight] of weights.entries())
          expect(Math.abs((served.get(`t${index}`) ?? 0) - weight * 5)).toBeLessThanOrEqual(1)
      }),
      { numRuns: 60 },
    )
  })
})
