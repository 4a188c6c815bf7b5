import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { timeOrder, uuid } from '../src/index.ts'
import { FakeClock } from '../src/testing/index.ts'

/** RFC 9562, 5.7: version 7, variant 10. */
const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const moments = fc.integer({ min: 0, max: 2 ** 48 - 1 })

class Bytes extends FakeClock {
  readonly #byte: number
  constructor(byte: number) {
    super({ now: 0x0190_0000_0000 })
    this.#byte = byte
  }

  override randomBytes(length: number): Uint8Array {
    return new Uint8Array(length).fill(this.#byte)
  }
}

describe('an id', () => {
  it('is a UUID of version 7, with its time in front, whatever time and chance [X6]', () => {
    fc.assert(
      fc.property(moments, fc.integer(), (now, seed) => {
        const id = uuid(new FakeClock({ now, seed }))
        expect(id).toMatch(form)
        expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(now)
      }),
    )
  })

  it('stays one when the clock stands between two milliseconds', () => {
    expect(uuid(new FakeClock({ now: 1_767_225_600_000.75 }))).toMatch(form)
  })

  it('takes 74 random bits, and sets the six others', () => {
    expect(uuid(new Bytes(0x00))).toBe('01900000-0000-7000-8000-000000000000')
    expect(uuid(new Bytes(0xff))).toBe('01900000-0000-7fff-bfff-ffffffffffff')
  })

  it('sorts behind those of earlier milliseconds', () => {
    fc.assert(
      fc.property(moments, moments, fc.integer(), (one, other, seed) => {
        fc.pre(one !== other)
        const [early, late] = [Math.min(one, other), Math.max(one, other)]
        expect(uuid(new FakeClock({ now: early, seed })) < uuid(new FakeClock({ now: late, seed: seed + 1 }))).toBe(true)
      }),
    )
  })

  it('is its own among a hundred thousand of one millisecond [X6]', () => {
    const clock = new FakeClock()
    expect(new Set(Array.from({ length: 100_000 }, () => uuid(clock))).size).toBe(100_000)
  })
})

describe('a time as text', () => {
  it('sorts as the time does, and is of one length', () => {
    const until2286 = fc.integer({ min: 0, max: 9_999_999_999_999 })
    fc.assert(
      fc.property(until2286, until2286, (left, right) => {
        expect(timeOrder(left)).toHaveLength(13)
        expect(timeOrder(left) < timeOrder(right)).toBe(left < right)
      }),
    )
    expect([timeOrder(-1), timeOrder(1.9)]).toEqual(['0000000000000', '0000000000001'])
  })
})
