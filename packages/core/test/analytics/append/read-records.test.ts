import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { deepestData, isFault, readRecord } from '../../../src/analytics/read-records.ts'
import { shownText, time } from '../../../src/define/forms.ts'
import { depthOf, type JsonObject, jsonBytes } from '../../../src/json.ts'

const now = Date.UTC(2026, 0, 31, 12)
const day = 24 * 60 * 60_000
const rules = { now, numbers: [] as string[] }

/** What the contract says of a record, as a schema: slow, and surely right. */
const json: z.ZodType = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(json), z.record(z.string(), json)]),
)
const schema = z.strictObject({
  key: shownText(256),
  data: z
    .record(z.string(), json)
    .refine((data) => jsonBytes(data as JsonObject) <= 64 * 1024)
    .refine((data) => depthOf(data, deepestData + 1) <= deepestData),
  timestamp: time.refine((at) => at <= now + day).optional(),
  id: shownText(128).optional(),
})

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ minLength: 120, maxLength: 300 }),
  fc.constantFrom('', 'a\u0000b', '\ud800', 'a'.repeat(128), 'a'.repeat(129), 'é'.repeat(256), 'a'.repeat(257), '\u0085'),
)
const when = fc.oneof(
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.integer({ min: -2 * day, max: 2 * day }).map((off) => new Date(now + off).toISOString()),
  fc.constantFrom(
    '2026-01-31T12:00:00+01:00',
    '2026-02-30T00:00:00Z',
    '2026-02-01T12:00:00Z',
    '2026-02-01T12:00:00.001Z',
    '1969-12-31T23:59:59Z',
    'today',
    '',
  ),
  fc.integer(),
  fc.constant(null),
)
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 5 }),
  fc.double(),
  fc.integer({ min: 28, max: 36 }).map((depth) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`) as unknown),
  fc.integer({ min: 65_500, max: 65_560 }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 32_740, max: 32_780 }).map((length) => 'é'.repeat(length)),
  fc.integer({ min: 10_900, max: 10_930 }).map((length) => '\u0001'.repeat(length)),
)
const data = fc.oneof(fc.dictionary(fc.string({ maxLength: 5 }), anything, { maxKeys: 4, noNullPrototype: true }), anything)
const record = fc.oneof(
  fc.record({ key: text, data, timestamp: when, id: text }, { requiredKeys: [], noNullPrototype: true }),
  fc.record(
    { key: fc.constant('a'), data, timestamp: when, id: text, more: fc.constant(1) },
    { requiredKeys: ['key', 'data'], noNullPrototype: true },
  ),
  fc.jsonValue({ maxDepth: 2 }),
)

describe('a record as it is handed in', () => {
  it('is taken when the schema takes it, and says the same; else its field at fault is one of its own [R71, X53]', () => {
    const kinds = new Set<string>()
    fc.assert(
      fc.property(record, (value) => {
        // A name that no schema of ours sees: its own test is below.
        fc.pre(!JSON.stringify(value)?.includes('__proto__'))
        const parsed = schema.safeParse(value)
        const read = readRecord(value, rules)
        kinds.add(isFault(read) ? read.code : 'taken')
        expect(!isFault(read), JSON.stringify(value)?.slice(0, 200)).toBe(parsed.success)
        if (isFault(read)) expect(read.message).toMatch(/\.$/)
        else if (parsed.success) {
          const { key, data: kept, timestamp = now, id } = parsed.data
          expect(read).toEqual({ key, data: kept, timestamp, ...(id === undefined ? {} : { id }) })
        }
      }),
      { numRuns: 3_000 },
    )
    expect([...kinds].sort()).toEqual(['invalid_record', 'taken', 'timestamp_ahead', 'too_large'])
  })

  const good = { key: 'a', data: { value: 1 } }

  it.each<[string, unknown, string, string | undefined]>([
    ['no object', [good], 'invalid_record', undefined],
    ['null', null, 'invalid_record', undefined],
    ['a field that is none', { ...good, value: 1 }, 'invalid_record', 'value'],
    ['no key', { data: {} }, 'invalid_record', 'key'],
    ['a key that is a number', { ...good, key: 7 }, 'invalid_record', 'key'],
    ['a control character', { ...good, key: 'a\n' }, 'invalid_record', 'key'],
    ['no data', { key: 'a' }, 'invalid_record', 'data'],
    ['a list as data', { key: 'a', data: [] }, 'invalid_record', 'data'],
    ['Infinity', JSON.parse('{"key":"a","data":{"value":1e999}}'), 'invalid_record', 'data'],
    ['NaN deep in it', { key: 'a', data: { list: [{ value: Number.NaN }] } }, 'invalid_record', 'data'],
    ['a function', { key: 'a', data: { value: () => 1 } }, 'invalid_record', 'data'],
    ['a name that no object may have', JSON.parse('{"key":"a","data":{"__proto__":{"x":1}}}'), 'invalid_record', 'data'],
    ['the same outside', JSON.parse('{"key":"a","data":{},"__proto__":{}}'), 'invalid_record', '__proto__'],
    ['64 KiB and a byte', { key: 'a', data: { value: 'x'.repeat(65_536 - 11) } }, 'too_large', 'data'],
    [
      'a time more than a day ahead',
      { ...good, timestamp: new Date(now + day + 1).toISOString() },
      'timestamp_ahead',
      'timestamp',
    ],
    ['a time in words', { ...good, timestamp: 'noon' }, 'invalid_record', 'timestamp'],
    ['a time that is a number', { ...good, timestamp: now }, 'invalid_record', 'timestamp'],
    ['an empty id', { ...good, id: '' }, 'invalid_record', 'id'],
  ])('is refused for %s, naming the field [X49]', (_, value, code, field) => {
    const read = readRecord(value, rules)
    expect(read).toMatchObject({ code, retryable: false })
    expect(isFault(read) && read.field).toBe(field)
  })

  it('holds 64 KiB of data, a time a day ahead, and depth up to the limit', () => {
    const largest = { value: 'x'.repeat(65_536 - 12) }
    expect(jsonBytes(largest)).toBe(65_536)
    const deepest = JSON.parse(`${'{"a":'.repeat(deepestData)}1${'}'.repeat(deepestData)}`) as unknown
    for (const kept of [largest, deepest]) {
      const timestamp = new Date(now + day).toISOString()
      expect(readRecord({ key: 'a', data: kept, timestamp }, rules)).toEqual({ key: 'a', data: kept, timestamp: now + day })
    }
  })

  it.each<[string, unknown, boolean]>([
    ['a number', 1.5, true],
    ['absent', undefined, true],
    ['a number as a string', '1.5', false],
    ['null', null, false],
    ['an object', {}, false],
  ])('with a field that is declared a number, %s there: %s is taken: %s [X53]', (_, value, taken) => {
    const held = value === undefined ? { other: 'x' } : { level: value }
    const read = readRecord({ key: 'a', data: held }, { now, numbers: ['level'] })
    expect(!isFault(read)).toBe(taken)
    if (isFault(read)) expect(read.field).toBe('data.level')
  })

  it('may have a field named like one that every object inherits', () => {
    const rulesOf = { now, numbers: ['constructor', 'toString'] }
    expect(isFault(readRecord({ key: 'a', data: { value: 1 } }, rulesOf))).toBe(false)
    expect(isFault(readRecord({ key: 'a', data: { toString: 1 } }, rulesOf))).toBe(false)
  })
})
