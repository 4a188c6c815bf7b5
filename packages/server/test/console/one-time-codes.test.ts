import { FakeClock } from '@plinth/core/testing'
import { describe, expect, it } from 'vitest'
import { OneTimeCodes } from '../../src/console/one-time-codes.ts'
import { SignInLimit } from '../../src/console/sign-in-limit.ts'

describe('a one-time code', () => {
  it('is good once, within an hour; no two are alike', async () => {
    const clock = new FakeClock()
    const codes = new OneTimeCodes(clock)
    const [one, other] = [codes.make(), codes.make()]
    expect(one).toMatch(/^[A-Za-z0-9_-]{32}$/)
    expect(one).not.toBe(other)
    expect([codes.use(one), codes.use(one), codes.use('nonsense'), codes.use('')]).toEqual([true, false, false, false])
    await clock.advance(60 * 60_000)
    expect(codes.use(other)).toBe(false)
  })
})

describe('who may try to sign in', () => {
  it('waits after ten failures within a minute, by address', async () => {
    const clock = new FakeClock()
    const limit = new SignInLimit(clock)
    for (let count = 0; count < 10; count++) {
      limit.check('10.0.0.1')
      limit.failed('10.0.0.1')
      await clock.advance(1_000)
    }
    expect(() => limit.check('10.0.0.1')).toThrow(expect.objectContaining({ code: 'sign_in_limit', retryAfter: 50 }))
    limit.check('10.0.0.2')
    await clock.advance(50_000)
    limit.check('10.0.0.1')
  })

  it('waits no longer where the clock is set back', () => {
    const clock = new FakeClock()
    const limit = new SignInLimit(clock)
    for (let count = 0; count < 10; count++) limit.failed('10.0.0.1')
    clock.jump(clock.now() - 86_400_000)
    limit.check('10.0.0.1')
    for (let count = 0; count < 10; count++) limit.failed('10.0.0.1')
    expect(() => limit.check('10.0.0.1')).toThrow(expect.objectContaining({ retryAfter: 60 }))
  })

  it('is remembered for 10,000 addresses', () => {
    const limit = new SignInLimit(new FakeClock())
    for (let count = 0; count < 10; count++) limit.failed('first')
    for (let count = 0; count < 9_999; count++) limit.failed(`address ${count}`)
    expect(() => limit.check('first')).toThrow()
    limit.failed('one more')
    limit.check('first')
  })
})
