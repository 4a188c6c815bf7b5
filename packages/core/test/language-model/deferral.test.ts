import { describe, expect, it } from 'vitest'
import { Pace, ReturnTimes } from '../../src/language-model/deferral.ts'
import { mostWithin } from './gate-bench.ts'

const start = Date.UTC(2026, 0, 1)

describe('the pace of departures', () => {
  /** When so many go that all want to go at once. */
  function departures(count: number, quicken: (index: number) => boolean = () => false): number[] {
    const pace = new Pace()
    let now = start
    return Array.from({ length: count }, (_, index) => {
      if (quicken(index)) pace.quicken()
      now += pace.wait(now)
      expect(pace.wait(now)).toBe(0)
      pace.take(now)
      return now - start
    })
  }

  it('lets ten go at once, and then one every ten milliseconds', () => {
    expect(departures(15)).toEqual([...Array.from({ length: 10 }, () => 0), 10, 20, 30, 40, 50])
  })

  it('lets eight more go for each answer of another model, and saves up none', () => {
    expect(departures(30, (index) => index === 10).at(-1)).toBe(30 * 10 - 100 - 80)
    expect(departures(15, () => true).at(-1)).toBe(0)
    const pace = new Pace()
    for (let answer = 0; answer < 100; answer++) pace.quicken()
    for (let index = 0; index < 10; index++) pace.take(start)
    expect(pace.wait(start)).toBe(10)
  })
})

describe('the times to come back', () => {
  const times = { now: start, opens: 0, ready: 0, chance: 0 }

  it('are one to two seconds later for a high request, and later for lower ones', () => {
    const between = (lane: 'high' | 'normal' | 'low', chance: number): number =>
      new ReturnTimes().next(lane, { ...times, chance }) - start
    expect([between('high', 0), between('high', 1)]).toEqual([1_000, 2_000])
    expect([between('normal', 0), between('normal', 1)]).toEqual([2_000, 4_000])
    expect([between('low', 0), between('low', 1)]).toEqual([4_000, 8_000])
  })

  it('follow each other within a lane, by half a minute at most, and no lane waits behind another', () => {
    const opens = start + 60_000
    const returns = new ReturnTimes()
    const low = Array.from({ length: 10_000 }, () => returns.next('low', { ...times, opens, ready: opens }))
    expect(low[0]).toBe(opens)
    expect(mostWithin(low.slice(0, 3_000), 1_000)).toBe(100)
    expect(Math.max(...low)).toBe(opens + 30_000)
    expect(returns.next('high', { ...times, opens, ready: opens })).toBe(opens)
    // Those that are sent away after it opened come behind those before them.
    expect(returns.next('high', { ...times, now: opens - 5_000, opens, ready: 0 })).toBe(opens + 10)
  })

  it('are not before there may be room, and push nobody else back for it', () => {
    const returns = new ReturnTimes()
    expect(returns.next('normal', { ...times, ready: start + 50_000 })).toBe(start + 50_000)
    expect(returns.next('normal', times)).toBe(start + 2_010)
  })
})
