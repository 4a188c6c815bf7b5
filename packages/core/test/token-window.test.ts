import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TokenWindow } from '../src/language-model/token-window.ts'

const start = Date.UTC(2026, 0, 1)

describe('the tokens of a sliding minute', () => {
  it('are counted for a minute, and a quarter second more at most', () => {
    const window = new TokenWindow(1_000)
    expect(window.wait(1_000, start)).toBe(0)
    window.book(600, start)
    window.book(400, start + 30_000)
    expect(window.used(start + 59_999)).toBe(1_000)
    expect(window.used(start + 60_000)).toBe(1_000)
    expect(window.used(start + 60_250)).toBe(400)
    expect(window.used(start + 90_250)).toBe(0)
  })

  it('say when there will be room', () => {
    const window = new TokenWindow(1_000)
    window.book(600, start + 100)
    window.book(300, start + 30_000)
    expect(window.wait(100, start + 30_000)).toBe(0)
    expect(window.wait(101, start + 30_000)).toBe(30_250)
    expect(window.wait(700, start + 30_000)).toBe(30_250)
    expect(window.wait(701, start + 30_000)).toBe(60_250)
    expect(window.wait(1_000, start + 30_000)).toBe(60_250)
    expect(window.wait(1_001, start + 30_000)).toBe(Number.POSITIVE_INFINITY)
    expect(window.wait(701, start + 90_250)).toBe(0)
  })

  it('are given back where they were booked, unless they left already', () => {
    const window = new TokenWindow(1_000)
    const step = window.book(900, start)
    window.giveBack(step, 500, start + 59_000)
    expect(window.used(start + 59_000)).toBe(400)
    const later = window.book(100, start + 59_000)
    window.giveBack(step, 400, start + 61_000)
    expect(window.used(start + 61_000)).toBe(100)
    window.giveBack(later, 100, start + 500_000)
    expect(window.used(start + 500_000)).toBe(0)
  })

  it('may be more than the limit when more was used than reserved; then nothing fits until they are old', () => {
    const window = new TokenWindow(1_000)
    window.book(1_000, start)
    window.book(5_000, start + 1_000)
    expect(window.wait(1, start + 2_000)).toBe(59_250)
    expect(window.wait(1, start + 61_250)).toBe(0)
  })

  const event = fc.oneof(
    fc.record({ pass: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.double({ min: 0, max: 70_000, noNaN: true })) }),
    fc.record({ ask: fc.integer({ min: 0, max: 1_100 }) }),
    fc.record({ wait: fc.integer({ min: 1, max: 1_000 }) }),
    fc.record({ settle: fc.nat(), used: fc.double({ min: 0, max: 1, noNaN: true }) }),
  )

  it('are in no minute more than the limit, and hold nobody up for longer than they must', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150 }), fc.integer({ min: 0, max: 300_000 }), (events, offset) => {
        const limit = 1_000
        const window = new TokenWindow(limit)
        /** Every call that was let through: all there is to know, in the plainest form. */
        const calls: { readonly at: number; readonly step: number; tokens: number }[] = []
        let now = start + offset
        const sum = (length: number): number => calls.reduce((all, { at, tokens }) => all + (now - at < length ? tokens : 0), 0)
        const admit = (tokens: number): void => {
          calls.push({ at: now, step: window.book(tokens, now), tokens })
          expect(sum(60_000)).toBeLessThanOrEqual(limit)
        }
        for (const each of events) {
          if ('pass' in each) now += each.pass
          else if ('ask' in each) {
            const wait = window.wait(each.ask, now)
            if (wait === 0) admit(each.ask)
            else expect(sum(60_250) + each.ask).toBeGreaterThan(limit)
          } else if ('wait' in each) {
            const wait = window.wait(each.wait, now)
            if (wait > 1) {
              now += wait - 1
              expect(window.wait(each.wait, now)).toBeGreaterThan(0)
              now += 1
            } else now += wait
            expect(window.wait(each.wait, now)).toBe(0)
            admit(each.wait)
          } else {
            const call = calls[each.settle % (calls.length || 1)]
            if (!call) continue
            const used = Math.floor(call.tokens * each.used)
            window.giveBack(call.step, call.tokens - used, now)
            call.tokens = used
          }
          expect(window.used(now)).toBeGreaterThanOrEqual(sum(60_000))
          expect(window.used(now)).toBeLessThanOrEqual(sum(60_250))
        }
      }),
      { numRuns: 500 },
    )
  })
})
