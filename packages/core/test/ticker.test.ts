import { describe, expect, it } from 'vitest'
import { FakeClock } from '../src/testing/index.ts'
import { type Ticked, tickerOf, tickMilliseconds } from '../src/ticker.ts'

function counting(): Ticked & { ticks: number } {
  const counted = { ticks: 0, tick: () => void counted.ticks++ }
  return counted
}

describe('the ticker of a process', () => {
  it('has one timer for everything that runs, and none when nothing does', async () => {
    const clock = new FakeClock()
    const running = Array.from({ length: 100 }, counting)
    for (const each of running) tickerOf(clock).add(each)
    expect(clock.timers).toBe(1)
    await clock.advance(4 * tickMilliseconds)
    expect(new Set(running.map(({ ticks }) => ticks))).toEqual(new Set([4]))
    for (const each of running) tickerOf(clock).remove(each)
    expect(clock.timers).toBe(1)
    await clock.advance(tickMilliseconds)
    expect(clock.timers).toBe(0)
  })

  it('costs no timer for what begins and ends between two ticks', async () => {
    const clock = new FakeClock()
    const long = counting()
    tickerOf(clock).add(long)
    for (let short = 0; short < 50; short++) {
      const each = counting()
      tickerOf(clock).add(each)
      expect(clock.timers).toBe(1)
      tickerOf(clock).remove(each)
      await clock.advance(1)
      expect(each.ticks).toBe(0)
    }
  })

  it('ticks whoever came in between within a tick, and whoever left not at all', async () => {
    const clock = new FakeClock()
    const [first, second] = [counting(), counting()]
    tickerOf(clock).add(first)
    await clock.advance(tickMilliseconds - 1)
    tickerOf(clock).add(second)
    await clock.advance(1)
    expect([first.ticks, second.ticks]).toEqual([1, 1])
    tickerOf(clock).remove(first)
    await clock.advance(tickMilliseconds)
    expect([first.ticks, second.ticks]).toEqual([1, 2])
  })

  it('begins again after a pause, and does not mind a clock that jumps', async () => {
    const clock = new FakeClock()
    const each = counting()
    tickerOf(clock).add(each)
    tickerOf(clock).remove(each)
    await clock.advance(10 * tickMilliseconds)
    tickerOf(clock).add(each)
    clock.jump(clock.now() + 3_600_000)
    await clock.advance(0)
    await clock.advance(2 * tickMilliseconds)
    expect(each.ticks).toBeLessThanOrEqual(3)
    expect(each.ticks).toBeGreaterThanOrEqual(2)
  })
})
