import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { callerId, fromCursor, pageFields, parseTime, time, toCursor } from '../src/index.ts'

const place = fc.string({
  unit: fc.integer({ min: 0x1f, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 1_500,
})

describe('a cursor', () => {
  it('leads back to its place, and is fit for a query [X5]', () => {
    fc.assert(
      fc.property(place, (after) => {
        const cursor = toCursor(after) ?? ''
        expect(fromCursor(cursor)).toBe(after)
        expect(encodeURIComponent(cursor)).toBe(cursor)
        expect(pageFields.after.parse(cursor)).toBe(cursor)
      }),
    )
    expect(toCursor(undefined)).toBeNull()
  })

  it.each([
    '',
    '=',
    '!',
    'a',
    'abcde',
    'YQ==\n',
    'é',
    '\u0000',
    'AAAA',
    '____',
    toCursor('\n') ?? '',
    toCursor('a\u0000') ?? '',
    toCursor('é') ?? '',
    toCursor('x'.repeat(1_501)) ?? '',
  ])('that nobody made leads nowhere: %j', (cursor) => {
    expect(fromCursor(cursor)).toBeUndefined()
  })

  it('of garbage never throws, and leads to printable places only', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (cursor) => {
        expect(fromCursor(cursor) ?? 'x').toMatch(/^[\x1f-\x7e]{1,1500}$/)
      }),
    )
  })
})

describe('forms that routes share', () => {
  it.each([
    ['50', 50],
    ['1', 1],
    ['1000', 1_000],
    [undefined, 50],
  ])('a limit of %s is taken', (given, limit) => {
    expect(pageFields.limit.parse(given)).toBe(limit)
  })

  it.each(['0', '-1', '1001', '1.5', 'ten', 'NaN', 'Infinity', '', '1e9'])('a limit of %j is refused [X20]', (given) => {
    expect(pageFields.limit.safeParse(given).success).toBe(false)
  })

  it('a time is any of RFC 3339, with its zone [X56]', () => {
    const noon = Date.UTC(2026, 0, 31, 12)
    for (const text of [
      '2026-01-31T12:00:00Z',
      '2026-01-31T12:00:00.000Z',
      '2026-01-31T13:00:00+01:00',
      '2026-01-31T06:30:00-05:30',
    ])
      expect(time.parse(text)).toBe(noon)
    for (const text of [
      '2026-01-31T12:00:00',
      '2026-01-31',
      '12:00',
      '2026-02-30T12:00:00Z',
      '2026-01-31T25:00:00Z',
      'now',
      '',
    ]) {
      expect(time.safeParse(text).success).toBe(false)
    }
  })

  it('a time is the same in the form that most programs write and in every other', () => {
    const part = (most: number, width = 2) => fc.nat(most).map((amount) => String(amount).padStart(width, '0'))
    const parts = fc.tuple(part(9999, 4), part(13), part(32), part(25), part(61), part(61), fc.option(part(999, 3)))
    let good = 0
    fc.assert(
      fc.property(parts, ([year, month, day, hour, minute, second, thousandth]) => {
        const text = `${year}-${month}-${day}T${hour}:${minute}:${second}${thousandth === null ? '' : `.${thousandth}`}Z`
        const read = parseTime(text)
        // Only capitals take the short way.
        expect(read).toBe(parseTime(text.toLowerCase()))
        if (read !== undefined && second !== '60') expect(read).toBe(Date.parse(text))
        if (read !== undefined) good += 1
      }),
      { numRuns: 2_000 },
    )
    expect(good).toBeGreaterThan(100)
  })

  it("a caller's own id is short, and of harmless characters [X6]", () => {
    for (const id of ['a', 'Order_1.2:3-4', 'x'.repeat(128)]) expect(callerId.parse(id)).toBe(id)
    for (const id of ['', 'x'.repeat(129), 'a b', 'a/b', '../a', 'ä', 'a\n', 'a\u0000', '%2e', 'a~b'])
      expect(callerId.safeParse(id).success).toBe(false)
  })
})
