import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LimitError, type Scope } from '../../src/index.ts'
import { refusalOf, reserve } from '../../src/tenancy/meter/meter.ts'
import { dayOf, ratesPlace, usageKey, usagePlace } from '../../src/tenancy/meter/records.ts'
import { FakeClock } from '../../src/testing/index.ts'
import { free, keyIds, MeterBench, price, usd } from './meter-bench.ts'

const asked = { input: 20, output: 40 }
/** Of `asked`. */
const taken = 100_000

const refusedIn = (minute: number): LimitError => {
  const { partition, sort = '' } = ratesPlace(minute, '@')
  return new LimitError(`rates/${partition}/${sort}`)
}

describe('work that ends in a later month', () => {
  it('is paid from the budget of the month that it was accepted in, and shown in the usage of that day [X14, X68]', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { monthly_budget_usd: usd(3 * taken) }
    bench.memory.clock.jump(Date.UTC(2026, 0, 31, 23, 59, 59))
    for (const id of ['below', 'above', 'never']) expect(await process.accept(id, asked)).toBe('accepted')
    expect(await process.accept('more', asked)).toBe('budget_exhausted')
    bench.memory.clock.jump(Date.UTC(2026, 1, 1))
    expect(await process.accept('february', asked)).toBe('accepted')
    await process.end('below', 0.5)
    await process.end('above', 2)
    await process.end('never', undefined)
    expect(await bench.taken('2026-01')).toEqual({ '@': 60_000 + 180_000 })
    expect(await bench.taken('2026-02')).toEqual({ '@': taken })
    await process.end('february', 1)
    expect([await bench.spent('2026-01'), await bench.spent('2026-02')]).toEqual([240_000, 100_000])
    const days = (await bench.rows()).filter(({ collection }) => collection === 'usage').map(({ sort }) => sort.slice(0, 10))
    expect(days.sort()).toEqual(['2026-01-31', '2026-01-31', '2026-02-01'])
  })

  it('leaves the new month its whole budget', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { monthly_budget_usd: usd(taken) }
    bench.memory.clock.jump(Date.UTC(2026, 11, 31, 23, 59, 59, 999))
    expect(await process.accept('december', asked)).toBe('accepted')
    bench.memory.clock.jump(Date.UTC(2027, 0, 1))
    await process.end('december', 5)
    expect(await process.accept('january', asked)).toBe('accepted')
    expect(await process.accept('second', asked)).toBe('budget_exhausted')
  })
})

describe('a budget', () => {
  it('takes the last nano-dollar, and not one more', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { monthly_budget_usd: usd(2 * taken - 1) }
    expect(await process.accept('first', asked)).toBe('accepted')
    expect(await process.accept('second', asked)).toBe('budget_exhausted')
    bench.limits = { monthly_budget_usd: usd(2 * taken) }
    expect(await process.accept('second', asked)).toBe('accepted')
  })

  it('of 0 lets nothing in, not even what costs nothing; nor does one that is spent', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { monthly_budget_usd: 0 }
    expect(await process.accept('paid', asked)).toBe('budget_exhausted')
    expect(await process.accept('free', { ...asked, free: true })).toBe('budget_exhausted')
    bench.limits = { monthly_budget_usd: usd(taken) }
    expect(await process.accept('free', { ...asked, free: true })).toBe('accepted')
    expect(await process.accept('paid', asked)).toBe('accepted')
    expect(await process.accept('again', { ...asked, free: true })).toBe('budget_exhausted')
  })

  it('that is set later knows what was spent and what is under way [X14]', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    for (const id of ['spent', 'runs']) await process.accept(id, asked)
    await process.end('spent', 1)
    bench.limits = { monthly_budget_usd: usd(2 * taken) }
    expect(await process.accept('third', asked)).toBe('budget_exhausted')
    await process.end('runs', undefined)
    expect(await process.accept('third', asked)).toBe('accepted')
  })

  it('that is lowered below what is taken lets nothing in, changes nothing of what runs, and opens again when it is raised', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { monthly_budget_usd: usd(10 * taken) }
    for (const id of ['one', 'two', 'three']) await process.accept(id, asked)
    bench.limits = { monthly_budget_usd: usd(taken) }
    expect(await process.accept('four', asked)).toBe('budget_exhausted')
    await process.end('one', 1)
    await process.end('two', undefined)
    expect(await process.accept('four', asked)).toBe('budget_exhausted')
    bench.limits = { monthly_budget_usd: usd(3 * taken) }
    expect(await process.accept('four', asked)).toBe('accepted')
    expect(await bench.taken('2026-01')).toEqual({ '@': 3 * taken })
  })
})

describe('a virtual key with limits of its own', () => {
  it('pays from its budget and from its tenant’s, and is refused by whichever is used up first [X14, X68]', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { monthly_budget_usd: usd(4 * taken) }
    bench.keys = { budgeted: { monthly_budget_usd: usd(2 * taken) }, rated: {} }
    const own = { ...asked, key: 'budgeted' } as const
    expect([await process.accept('1', own), await process.accept('2', own)]).toEqual(['accepted', 'accepted'])
    expect(await process.accept('3', own)).toBe('budget_exhausted')
    expect(await process.accept('3', asked)).toBe('accepted')
    await process.end('1', 0.5)
    await process.end('2', undefined)
    expect(await bench.taken('2026-01')).toEqual({ '@': taken + 60_000, [keyIds.budgeted]: 60_000 })
    expect(await process.accept('4', own)).toBe('accepted')
    expect(await process.accept('5', asked)).toBe('accepted')
    expect(await process.accept('6', asked)).toBe('budget_exhausted')
    // Without a budget of its own nothing is counted for it.
    expect(await process.accept('7', { ...asked, free: true, key: 'rated' })).toBe('accepted')
    expect(Object.keys(await bench.taken('2026-01'))).toEqual(['@', keyIds.budgeted])
  })

  it('has its own requests and tokens of a minute, beside the others’', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { requests_per_minute: 4 }
    bench.keys = { budgeted: {}, rated: { requests_per_minute: 2, tokens_per_minute: 150 } }
    const own = { ...asked, key: 'rated' } as const
    expect(await process.accept('large', { ...own, output: 131 })).toBe('over_token_limit')
    expect([await process.accept('1', own), await process.accept('2', own)]).toEqual(['accepted', 'accepted'])
    expect(await process.accept('3', own)).toBe('rate_limited')
    expect([await process.accept('4', asked), await process.accept('5', asked)]).toEqual(['accepted', 'accepted'])
    expect(await process.accept('6', asked)).toBe('rate_limited')
    bench.memory.clock.jump(bench.memory.clock.now() + 60_000)
    expect(await process.accept('7', { ...own, output: 130 })).toBe('accepted')
    expect(await process.accept('8', own)).toBe('rate_limited')
    await process.end('7', 0)
    expect(await process.accept('8', own)).toBe('accepted')
  })
})

describe('requests and tokens of a minute', () => {
  it('are counted by the minute of UTC that they are let through in', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { requests_per_minute: 1 }
    bench.memory.clock.jump(Date.UTC(2026, 5, 1, 12, 0, 59, 999))
    expect([await process.accept('1', asked), await process.accept('2', asked)]).toEqual(['accepted', 'rate_limited'])
    bench.memory.clock.jump(Date.UTC(2026, 5, 1, 12, 1))
    expect([await process.accept('2', asked), await process.accept('3', asked)]).toEqual(['accepted', 'rate_limited'])
  })

  it('of 0 let nothing through', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { requests_per_minute: 0 }
    expect(await process.accept('1', asked)).toBe('rate_limited')
    bench.limits = { tokens_per_minute: 0 }
    expect(await process.accept('1', asked)).toBe('over_token_limit')
    expect(await bench.works()).toEqual(new Map())
  })

  it('are given back within the minute, and counted on where a call used more [X68]', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { tokens_per_minute: 200 }
    for (const id of ['1', '2', '3']) expect(await process.accept(id, asked)).toBe('accepted')
    expect(await process.accept('4', asked)).toBe('rate_limited')
    await process.end('1', 0)
    expect(await process.accept('4', asked)).toBe('accepted')
    await process.end('2', 2)
    await process.end('3', undefined)
    // 20 + 100 + 60 are used or reserved.
    expect(await process.accept('5', { input: 0, output: 21 })).toBe('rate_limited')
    expect(await process.accept('5', { input: 0, output: 20 })).toBe('accepted')
  })

  it('that are refused say when to come back: in the next minute, and not later', () => {
    const property = fc.property(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), (date) => {
      const clock = new FakeClock({ now: date.getTime() })
      const minute = Math.floor(clock.now() / 60_000)
      const refused = refusalOf({ clock } as unknown as Scope, refusedIn(minute))
      const back = clock.now() + (refused.retryAfter ?? 0) * 1_000
      expect(refused).toMatchObject({ code: 'rate_limited', retryable: true })
      expect(Math.floor(back / 60_000)).toBe(minute + 1)
      expect(back % 60_000).toBeLessThan(1_000)
    })
    fc.assert(property)
  })

  it('that are refused as their minute ends say so: the next one is there', () => {
    const clock = new FakeClock({ now: Date.UTC(2026, 0, 1, 0, 1, 0, 5) })
    const refused = refusalOf({ clock } as unknown as Scope, refusedIn(Math.floor(clock.now() / 60_000) - 1))
    expect(refused.retryAfter).toBe(1)
  })

  it('take no more room than three minutes', async () => {
    const bench = await MeterBench.open()
    const process = bench.process()
    bench.limits = { requests_per_minute: 5 }
    for (let minute = 0; minute < 10; minute++) {
      await process.accept(`${minute}`, asked)
      bench.memory.clock.jump(bench.memory.clock.now() + 60_000)
    }
    expect((await bench.rows()).filter(({ collection }) => collection === 'rates').length).toBeLessThanOrEqual(3)
  })
})

describe('what a reservation takes', () => {
  it('is never less than the price of all its tokens', async () => {
    const bench = await MeterBench.open()
    const scope = bench.scope(bench.memory.platform)
    const tokens = fc.integer({ min: 0, max: 1_000_000 })
    const dollars = fc.double({ min: 0, max: 1_000, noNaN: true })
    const property = fc.property(tokens, tokens, dollars, dollars, (inputTokens, outputTokens, input, output) => {
      const expected = { prices: [free, { ...price, input, output }, free], inputTokens, outputTokens }
      const { reservation } = reserve(scope, expected)
      expect(Number.isInteger(reservation.taken)).toBe(true)
      expect(reservation.taken).toBeGreaterThanOrEqual(Math.round((inputTokens * input + outputTokens * output) * 1_000))
      expect(reservation.taken).toBeLessThanOrEqual((inputTokens * input + outputTokens * output) * 1_000 + 2)
    })
    fc.assert(property)
    expect(reserve(scope, { prices: [free], inputTokens: 5, outputTokens: 5 })).toMatchObject({
      writes: [],
      reservation: { taken: 0 },
    })
  })
})

describe('where usage is kept', () => {
  const day = fc
    .date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
    .map((date) => dayOf(date.getTime()))
  const odd = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 256 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 256 }),
    fc.constantFrom('~', '/', '%', '%7E', 'a/b', '..', ' ', '=1+1', 'é', 'é', '\u{1f600}'.repeat(128), 'x'.repeat(256)),
  )

  it('is a key that every platform takes, names what fits, and is another for every other name', () => {
    const property = fc.property(day, odd, odd, odd, odd, (date, model, user, otherModel, otherUser) => {
      const { partition, sort = '' } = usagePlace({ day: date, model, user })
      expect(sort).toMatch(/^[\x20-\x7e]{1,512}$/)
      expect(partition).toBe(date.slice(0, 7))
      const read = usageKey(sort)
      expect(read?.day).toBe(date)
      if (encodeURIComponent(user).length < 200) expect(read?.user).toBe(user)
      const other = usagePlace({ day: date, model: otherModel, user: otherUser })
      expect(other.sort === sort).toBe(model === otherModel && user === otherUser)
    })
    fc.assert(property, { numRuns: 1_000 })
  })

  it('is the same for a user, also where a model of that name had room for less of it', () => {
    const name = 'é'.repeat(40)
    usagePlace({ day: '2026-01-01', model: name, user: 'ada' })
    expect(usageKey(usagePlace({ day: '2026-01-01', model: 'm', user: name }).sort ?? '')?.user).toBe(name)
  })

  it('tells long names of one beginning apart, and from one that looks like the place of another', () => {
    const long = '\u{1f600}'.repeat(128)
    const users = [long, `${long.slice(0, -2)}\u{1f601}`, `${long} `, 'x'.repeat(256), `${'x'.repeat(255)}y`]
    const places = users.map((user) => usagePlace({ day: '2026-01-01', model: 'm', user }).sort ?? '')
    const lookalikes = places.map((place) => usageKey(place)?.user ?? '')
    const all = [...users, ...lookalikes].map((user) => usagePlace({ day: '2026-01-01', model: 'm', user }).sort)
    expect(new Set(all).size).toBe(new Set([...users, ...lookalikes]).size)
    expect(usageKey(places[3] ?? '')?.user).toBe('x'.repeat(256))
  })
})
