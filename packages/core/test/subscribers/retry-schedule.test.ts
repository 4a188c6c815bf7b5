import fc from 'fast-check'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { retryAfterOf, retryWait, retryWaits } from '../../src/subscribers/retry-schedule.ts'
import { newSecret, signedHeaders } from '../../src/subscribers/signing.ts'
import { FakeClock } from '../../src/testing/index.ts'

const day = 24 * 3_600_000

describe('the waits between attempts', () => {
  it('are about three days together, and end', () => {
    expect(retryWaits.reduce((sum, wait) => sum + wait, 0) / day).toBeCloseTo(3, 0)
    expect(retryWait(new FakeClock(), retryWaits.length + 1)).toBeUndefined()
    expect(retryWait(new FakeClock(), retryWaits.length + 1, day)).toBeUndefined()
  })

  it('differ by a fifth at most, and are never shorter than a receiver asks, up to a day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: retryWaits.length }),
        fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 * day })),
        fc.integer(),
        (failures, asked, seed) => {
          const wait = retryWait(new FakeClock({ seed }), failures, asked) ?? -1
          const planned = retryWaits[failures - 1] ?? 0
          expect(wait).toBeGreaterThanOrEqual(Math.max(planned * 0.8, Math.min(asked, day)))
          expect(wait).toBeLessThanOrEqual(Math.max(planned * 1.2, Math.min(asked, day)))
        },
      ),
    )
  })

  it('spread what failed together', () => {
    const clock = new FakeClock()
    expect(new Set(Array.from({ length: 100 }, () => retryWait(clock, 3))).size).toBeGreaterThan(90)
  })
})

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1)

  it.each([
    ['0', 0],
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', 0],
    ['', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['1e3', undefined],
    ['99999999999', undefined],
    ['soon', undefined],
    ['2026-01-01T00:01:00Z', undefined],
    ['Thu, 99 Foo 2026 00:01:00 GMT', undefined],
    [undefined, undefined],
  ])('%j asks for %j milliseconds', (header, expected) => {
    expect(retryAfterOf(header, now)).toBe(expected)
  })

  it('is never taken for what is no wait', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
        ),
        (header) => {
          const wait = retryAfterOf(header, now)
          if (wait !== undefined) expect(wait).toBeGreaterThanOrEqual(0)
        },
      ),
    )
  })
})

describe('signatures', () => {
  it('are what the library of Standard Webhooks makes and takes, for every text, with one secret and with two', () => {
    const at = Date.now()
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.uuid(), fc.integer(), fc.boolean(), (text, id, seed, changed) => {
        const body = text.toWellFormed()
        const clock = new FakeClock({ seed })
        const [current, previous] = [newSecret(clock), newSecret(clock)]
        const headers = signedHeaders({ current, ...(changed ? { previous } : {}) }, { id, at, body })
        expect(headers['webhook-signature']?.split(' ')[0]).toBe(new Webhook(current).sign(id, new Date(at), body))
        new Webhook(current).verify(body, { ...headers }, { jsonParse: false })
        const asPrevious = (): unknown => new Webhook(previous).verify(body, { ...headers }, { jsonParse: false })
        if (changed) asPrevious()
        else expect(asPrevious).toThrow()
      }),
    )
  })

  it('secrets have 32 random bytes', () => {
    const clock = new FakeClock()
    const secrets = Array.from({ length: 50 }, () => newSecret(clock))
    expect(new Set(secrets).size).toBe(50)
    for (const secret of secrets) expect(atob(secret.slice('whsec_'.length))).toHaveLength(32)
  })
})
