import { describe, expect, it } from 'vitest'
import { CircuitBreaker } from '../../src/gateway/circuit-breaker.ts'
import { FakeClock } from '../../src/testing/index.ts'

const model = 'test/model'

function broken(clock = new FakeClock()): { clock: FakeClock; breaker: CircuitBreaker } {
  const breaker = new CircuitBreaker(clock)
  for (let failure = 0; failure < 5; failure++) breaker.failed(model)
  return { clock, breaker }
}

describe('a circuit', () => {
  it('opens after five failures in a row, and a success in between starts anew', () => {
    const breaker = new CircuitBreaker(new FakeClock())
    for (let failure = 0; failure < 4; failure++) breaker.failed(model)
    expect(breaker.admit(model)).toBe(0)
    breaker.succeeded(model)
    for (let failure = 0; failure < 4; failure++) breaker.failed(model)
    expect(breaker.admit(model)).toBe(0)
    breaker.failed(model)
    expect(breaker.admit(model)).toBe(5_000)
    expect(breaker.admit('test/other')).toBe(0)
  })

  it('lets one through after the pause, which doubles each time that it fails, to a minute at most', async () => {
    const { clock, breaker } = broken()
    for (const pause of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
      expect(breaker.admit(model)).toBe(pause)
      await clock.advance(pause - 1)
      expect(breaker.admit(model)).toBe(1)
      await clock.advance(1)
      expect(breaker.admit(model)).toBe(0)
      expect(breaker.admit(model)).toBeGreaterThan(0)
      breaker.failed(model)
    }
  })

  it('closes when the one that tries succeeds, and is as new', async () => {
    const { clock, breaker } = broken()
    await clock.advance(5_000)
    expect(breaker.admit(model)).toBe(0)
    breaker.succeeded(model)
    for (let failure = 0; failure < 4; failure++) {
      expect(breaker.admit(model)).toBe(0)
      breaker.failed(model)
    }
    expect(breaker.admit(model)).toBe(0)
    breaker.failed(model)
    expect(breaker.admit(model)).toBe(5_000)
  })

  it('takes calls that ran when it opened for one and the same fault', async () => {
    const { clock, breaker } = broken()
    for (let late = 0; late < 20; late++) breaker.failed(model)
    expect(breaker.admit(model)).toBe(5_000)
    await clock.advance(5_000)
    expect(breaker.admit(model)).toBe(0)
    breaker.failed(model)
    breaker.failed(model)
    expect(breaker.admit(model)).toBe(10_000)
  })

  it('lets the next one try where the call of the first was never made', async () => {
    const { clock, breaker } = broken()
    await clock.advance(5_000)
    expect(breaker.admit(model)).toBe(0)
    breaker.unused(model)
    expect(breaker.admit(model)).toBe(0)
    expect(breaker.admit(model)).toBe(5_000)
    // Whoever was let through when nothing was wrong opens nothing.
    const { breaker: other } = broken()
    other.unused(model)
    expect(other.admit(model)).toBe(5_000)
  })

  it('lets another one through after a pause when nothing is heard of the first', async () => {
    const { clock, breaker } = broken()
    await clock.advance(5_000)
    expect(breaker.admit(model)).toBe(0)
    await clock.advance(5_000)
    expect(breaker.admit(model)).toBe(0)
  })

  it('stays open for a pause at most when the clock is set back', async () => {
    const { clock, breaker } = broken()
    clock.jump(clock.now() - 3_600_000)
    expect(breaker.admit(model)).toBe(5_000)
    await clock.advance(5_000)
    expect(breaker.admit(model)).toBe(0)
  })

  it('is known of a thousand models at most', () => {
    const { breaker } = broken()
    for (let other = 0; other < 1_000; other++) breaker.failed(`arn:${other}`)
    expect(breaker.admit(model)).toBe(0)
    for (let failure = 0; failure < 4; failure++) breaker.failed('arn:999')
    expect(breaker.admit('arn:999')).toBe(5_000)
  })
})
