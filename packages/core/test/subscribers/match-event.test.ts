import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EventEnvelope, JsonObject, JsonValue } from '../../src/index.ts'
import { findPatternProblem, parsePattern } from '../../src/subscribers/event-pattern.ts'
import { newSubscriberForm } from '../../src/subscribers/forms.ts'
import { matchesEvent } from '../../src/subscribers/match-event.ts'
import { matchesWildcard, wildcardParts } from '../../src/subscribers/wildcard.ts'

const event: EventEnvelope = {
  id: '0198a0b1-0000-7000-8000-000000000001',
  source: 'genai.service',
  type: 'genai.request.completed',
  time: '2026-03-01T12:00:00.000Z',
  version: 1,
  correlation_id: 'c-1',
  tenant_id: 'demo',
  subject: 'mail-4711',
  sequence: 42,
  detail: {
    status: 'completed',
    usage: { input_tokens: 120, usd: 0.5 },
    tags: ['Red', 'green', ['deep']],
    items: [
      { sku: 'a', count: 1 },
      { sku: 'b', count: 9 },
    ],
    nothing: null,
    empty: [],
    flag: false,
    star: 'a*b\\c',
  },
}

const matches = (pattern: JsonObject): boolean => matchesEvent(parsePattern(pattern), event)

const yes: readonly (readonly [string, JsonObject])[] = [
  ['the empty pattern', {}],
  ['a value', { type: ['genai.request.completed'] }],
  ['one of several values', { type: ['genai.request.failed', 'genai.request.completed'] }],
  ['all fields', { type: ['genai.request.completed'], version: [1], detail: { flag: [false] } }],
  ['null', { detail: { nothing: [null] } }],
  ['an element of a list', { detail: { tags: ['green'] } }],
  ['an element of a list in a list', { detail: { tags: ['deep'] } }],
  ['prefix', { type: [{ prefix: 'genai.' }] }],
  ['the empty prefix', { subject: [{ prefix: '' }] }],
  ['suffix', { type: [{ suffix: '.completed' }] }],
  ['equals-ignore-case', { detail: { tags: [{ 'equals-ignore-case': 'RED' }] } }],
  ['wildcard', { subject: [{ wildcard: 'm*-*11' }] }],
  ['an escaped star', { detail: { star: [{ wildcard: 'a\\*b\\\\*' }] } }],
  ['anything-but', { type: [{ 'anything-but': 'genai.request.failed' }] }],
  ['anything-but a list', { version: [{ 'anything-but': [2, 3] }] }],
  ['anything-but a prefix', { subject: [{ 'anything-but': { prefix: 'test-' } }] }],
  ['anything-but several wildcards', { subject: [{ 'anything-but': { wildcard: ['a*', '*b'] } }] }],
  ['anything-but of another kind', { version: [{ 'anything-but': '1' }] }],
  ['numeric', { sequence: [{ numeric: ['>', 41] }] }],
  ['a range', { detail: { usage: { input_tokens: [{ numeric: ['>=', 100, '<', 121] }] } } }],
  ['numeric =', { detail: { usage: { usd: [{ numeric: ['=', 0.5] }] } } }],
  ['exists', { detail: { nothing: [{ exists: true }] } }],
  ['does not exist', { detail: { error: [{ exists: false }] } }],
  ['does not exist, nor what it would be in', { detail: { error: { code: [{ exists: false }] } } }],
  ['an empty list does not exist', { detail: { empty: [{ exists: false }] } }],
  ['an object is no leaf', { detail: { usage: [{ exists: false }] } }],
  ['absent, or a value', { detail: { error: [{ exists: false }, 'a'] } }],
  ['$or', { $or: [{ version: [7] }, { subject: [{ prefix: 'mail' }] }] }],
  ['$or within', { detail: { $or: [{ status: ['failed'] }, { usage: { usd: [{ numeric: ['>', 0.4] }] } }] } }],
  ['$or beside a field', { type: [{ prefix: 'genai' }], $or: [{ version: [1] }] }],
  ['one object of a list that holds all', { detail: { items: { sku: ['b'], count: [9] } } }],
]

const no: readonly (readonly [string, JsonObject])[] = [
  ['another value', { type: ['genai.request.received'] }],
  ['a text for a number', { version: ['1'] }],
  ['a number for a text', { subject: [4711] }],
  ['true for false', { detail: { flag: [true] } }],
  ['null for an absent field', { detail: { error: [null] } }],
  ['one of two fields', { type: ['genai.request.completed'], version: [2] }],
  ['prefix', { type: [{ prefix: 'Genai' }] }],
  ['suffix of a number', { version: [{ suffix: '1' }] }],
  ['wildcard', { subject: [{ wildcard: 'mail-*0' }] }],
  ['wildcard whose ends overlap', { subject: [{ wildcard: 'mail-4711*1' }] }],
  ['anything-but', { type: [{ 'anything-but': ['a', 'genai.request.completed'] }] }],
  ['anything-but of what is absent', { detail: { error: [{ 'anything-but': 'a' }] } }],
  ['anything-but ignoring case', { detail: { status: [{ 'anything-but': { 'equals-ignore-case': ['COMPLETED'] } }] } }],
  ['numeric of a text', { subject: [{ numeric: ['>', 0] }] }],
  ['a range', { sequence: [{ numeric: ['>', 42, '<=', 50] }] }],
  ['exists', { detail: { error: [{ exists: true }] } }],
  ['does not exist', { detail: { status: [{ exists: false }] } }],
  ['$or', { $or: [{ version: [7] }, { version: [8] }] }],
  ['$or beside a field', { version: [2], $or: [{ version: [1] }] }],
  ['two objects of a list that hold half each', { detail: { items: { sku: ['a'], count: [9] } } }],
  ['what every object has from its prototype', { detail: { constructor: [{ exists: true }] } }],
  ['a field inside a text', { detail: { status: { length: [{ exists: true }] } } }],
]

describe('[R21] the pattern language', () => {
  it.each(yes)('takes: %s', (_, pattern) => {
    expect(matches(pattern)).toBe(true)
  })

  it.each(no)('leaves: %s', (_, pattern) => {
    expect(matches(pattern)).toBe(false)
  })

  const bad: readonly (readonly [string, unknown, string])[] = [
    ['a list', [], 'pattern'],
    ['null', null, 'pattern'],
    ['a text', 'genai', 'pattern'],
    ['a field that no event has', { kind: ['a'] }, 'pattern.kind'],
    ['a name from the prototype', { toString: ['a'] }, 'pattern.toString'],
    ['a value that is in no list', { type: 'a' }, 'pattern.type'],
    ['an empty list', { type: [] }, 'pattern.type'],
    ['an object where the event has a value', { type: { prefix: ['a'] } }, 'pattern.type'],
    ['an empty object', { detail: {} }, 'pattern.detail'],
    ['an empty object further in', { detail: { a: { b: {} } } }, 'pattern.detail.a.b'],
    ['a list in a list', { type: [['a']] }, 'pattern.type.0'],
    ['an unknown test', { type: ['a', { regex: '.*' }] }, 'pattern.type.1'],
    ['a test from the prototype', { type: [{ constructor: 'a' }] }, 'pattern.type.0'],
    ['two tests in one', { type: [{ prefix: 'a', suffix: 'b' }] }, 'pattern.type.0'],
    ['no test', { type: [{}] }, 'pattern.type.0'],
    ['a prefix that is a number', { type: [{ prefix: 1 }] }, 'pattern.type.0.prefix'],
    ['two stars in a row', { type: [{ wildcard: 'a**' }] }, 'pattern.type.0.wildcard'],
    ['a backslash before a letter', { type: [{ wildcard: 'a\\b' }] }, 'pattern.type.0.wildcard'],
    ['a backslash at the end', { type: [{ wildcard: 'a\\' }] }, 'pattern.type.0.wildcard'],
    ['exists with a text', { type: [{ exists: 'yes' }] }, 'pattern.type.0.exists'],
    ['anything-but nothing', { type: [{ 'anything-but': [] }] }, 'pattern.type.0.anything-but'],
    ['anything-but null', { type: [{ 'anything-but': null }] }, 'pattern.type.0.anything-but'],
    ['anything-but a test of numbers', { type: [{ 'anything-but': { numeric: ['=', 1] } }] }, 'pattern.type.0.anything-but'],
    ['anything-but anything-but', { type: [{ 'anything-but': { 'anything-but': 'a' } }] }, 'pattern.type.0.anything-but'],
    ['a comparison that is none', { version: [{ numeric: ['!', 1] }] }, 'pattern.version.0.numeric'],
    ['a comparison with a text', { version: [{ numeric: ['>', '1'] }] }, 'pattern.version.0.numeric'],
    ['half a range', { version: [{ numeric: ['>', 1, '<'] }] }, 'pattern.version.0.numeric'],
    ['a range upside down', { version: [{ numeric: ['<', 5, '>', 1] }] }, 'pattern.version.0.numeric'],
    ['an empty range', { version: [{ numeric: ['>', 5, '<', 5] }] }, 'pattern.version.0.numeric'],
    ['three comparisons', { version: [{ numeric: ['>', 1, '<', 5, '<', 4] }] }, 'pattern.version.0.numeric'],
    ['$or that is no list', { $or: { type: ['a'] } }, 'pattern.$or'],
    ['$or of nothing', { $or: [] }, 'pattern.$or'],
    ['$or of everything', { $or: [{ type: ['a'] }, {}] }, 'pattern.$or.1'],
    ['$or of a bad pattern', { $or: [{ kind: ['a'] }] }, 'pattern.$or.0.kind'],
    ['too many bytes', { subject: [{ prefix: 'ü'.repeat(1_024) }] }, 'pattern'],
    ['too deep', { detail: { a: { b: { c: { d: { e: { f: { g: { h: { i: ['a'] } } } } } } } } } }, 'pattern'],
  ]
  it.each(bad)('refuses %s, and says where', (_, pattern, field) => {
    expect(() => parsePattern(pattern)).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })

  it('takes a pattern of the most bytes and depth', () => {
    const room = 2_048 - JSON.stringify({ subject: [''] }).length
    expect(findPatternProblem({ subject: ['x'.repeat(room)] })).toBeUndefined()
    expect(findPatternProblem({ detail: { a: { b: { c: { d: { e: { f: { g: { h: ['a'] } } } } } } } } })).toBeUndefined()
  })

  it('refuses, or matches without a fault, whatever JSON it is given', () => {
    const json = fc.jsonValue({ maxDepth: 6 }) as fc.Arbitrary<JsonValue>
    const like = fc.dictionary(
      fc.constantFrom('type', 'detail', '$or', 'version', 'tags', '__proto__', 'exists', 'numeric', 'wildcard', 'anything-but'),
      json,
    )
    fc.assert(
      fc.property(fc.oneof(json, like), (pattern) => {
        if (findPatternProblem(pattern)) return
        expect(typeof matches(pattern as JsonObject)).toBe('boolean')
      }),
      { numRuns: 2_000 },
    )
  })
})

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'ü', '*', '\\', '.'), maxLength: 6 })
const scalar = fc.oneof(word, fc.integer({ min: -3, max: 3 }), fc.boolean(), fc.constant(null))
const leafTest: fc.Arbitrary<JsonValue> = fc.oneof(
  scalar,
  fc.record({ prefix: word }),
  fc.record({ suffix: word }),
  fc.record({ 'equals-ignore-case': word }),
  fc.record({ numeric: fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>='), fc.integer({ min: -3, max: 3 })) }),
)

/** The laws of the language, each over the whole: what the tests together mean, whatever the single tests do. */
describe('laws of matching', () => {
  it('a list of tests holds when one of them does', () => {
    fc.assert(
      fc.property(fc.array(leafTest, { minLength: 1, maxLength: 4 }), scalar, (tests, value) => {
        const holds = (list: JsonValue[]): boolean =>
          matchesEvent(parsePattern({ detail: { a: list } }), { ...event, detail: { a: value } })
        expect(holds(tests)).toBe(tests.some((test) => holds([test])))
      }),
    )
  })

  it('a pattern holds when all its fields do', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.array(leafTest, { minLength: 1 }), { minKeys: 1 }),
        scalar,
        scalar,
        (fields, a, b) => {
          const holds = (detail: JsonObject): boolean => matchesEvent(parsePattern({ detail }), { ...event, detail: { a, b } })
          expect(holds(fields)).toBe(Object.entries(fields).every(([name, tests]) => holds({ [name]: tests })))
        },
      ),
    )
  })

  it('$or holds when one of its patterns does', () => {
    const pattern = fc.dictionary(fc.constantFrom('a', 'b'), fc.array(leafTest, { minLength: 1 }), { minKeys: 1 })
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 3 }), scalar, scalar, (patterns, a, b) => {
        const holds = (detail: JsonObject): boolean => matchesEvent(parsePattern({ detail }), { ...event, detail: { a, b } })
        expect(holds({ $or: patterns })).toBe(patterns.some(holds))
      }),
    )
  })

  it('a list of values is matched when one of them is', () => {
    fc.assert(
      fc.property(
        fc.array(leafTest, { minLength: 1, maxLength: 3 }),
        fc.array(scalar, { minLength: 1, maxLength: 4 }),
        (tests, values) => {
          const holds = (value: JsonValue): boolean =>
            matchesEvent(parsePattern({ detail: { a: tests } }), { ...event, detail: { a: value } })
          expect(holds(values)).toBe(values.some(holds))
          expect(holds([values])).toBe(holds(values))
        },
      ),
    )
  })

  it('of one value, anything-but is the opposite', () => {
    const but = fc.oneof(
      fc.record({ plain: fc.array(fc.oneof(word, fc.integer({ min: -3, max: 3 })), { minLength: 1, maxLength: 3 }) }),
      fc.record({
        name: fc.constantFrom('prefix', 'suffix', 'equals-ignore-case'),
        words: fc.array(word, { minLength: 1, maxLength: 3 }),
      }),
    )
    fc.assert(
      fc.property(but, scalar, (excluded, value) => {
        const holds = (list: JsonValue[]): boolean =>
          matchesEvent(parsePattern({ detail: { a: list } }), { ...event, detail: { a: value } })
        if ('plain' in excluded) expect(holds([{ 'anything-but': excluded.plain }])).toBe(!holds(excluded.plain))
        else {
          const each = excluded.words.map((text) => ({ [excluded.name]: text }))
          expect(holds([{ 'anything-but': { [excluded.name]: excluded.words } }])).toBe(!holds(each))
        }
      }),
    )
  })
})

describe('wildcards', () => {
  it('mean what a regular expression would', () => {
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.', '\n', '\\*', '\\\\'), maxLength: 10 })
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '\\', '\n'), maxLength: 14 })
    fc.assert(
      fc.property(pattern, text, (wildcard, subject) => {
        const parts = wildcardParts(wildcard)
        if (!parts) {
          expect(wildcard).toMatch(/\*\*/)
          return
        }
        const tokens = wildcard.match(/\\[\s\S]|[\s\S]/g) ?? []
        const source = tokens.map((token) => (token === '*' ? '[\\s\\S]*' : token.slice(-1).replace(/[.*\\]/, '\\$&'))).join('')
        expect(matchesWildcard(parts, subject)).toBe(new RegExp(`^${source}$`).test(subject))
      }),
      { numRuns: 5_000 },
    )
  })

  it('take time in proportion to the texts, also where stepping back would not', () => {
    const parts = wildcardParts(`*${'a'.repeat(500)}b*${'a'.repeat(500)}b*${'a'.repeat(500)}b*`) ?? []
    const steps = (length: number): number => {
      let read = 0
      const text = {
        length,
        startsWith: () => true,
        endsWith: () => true,
        charAt: () => {
          read++
          return 'a'
        },
      }
      expect(matchesWildcard(parts, text as unknown as string)).toBe(false)
      return read
    }
    expect(steps(60_000)).toBeLessThan(60_000 * 4)
  })
})

it('an event of the most bytes is matched by the worst of patterns in no time', () => {
  const long: EventEnvelope = { ...event, detail: { text: 'a'.repeat(60_000) } }
  const pattern = parsePattern({ detail: { text: Array.from({ length: 10 }, () => ({ wildcard: `*${'a'.repeat(150)}b*` })) } })
  const started = Date.now()
  expect(matchesEvent(pattern, long)).toBe(false)
  expect(Date.now() - started).toBeLessThan(1_000)
})

describe('what JSON can spell and a pattern can not hold', () => {
  it('is refused, and not dropped or changed', () => {
    for (const text of ['{"__proto__":{"x":["a"]}}', '{"type":[1e400]}', '{"detail":{"n":[{"numeric":[">",1e999]}]}}'])
      expect(newSubscriberForm.safeParse({ pattern: JSON.parse(text), target: { type: 'queue' } }).success).toBe(false)
    expect(newSubscriberForm.safeParse({ pattern: { type: ['a'] }, target: { type: 'queue' } }).success).toBe(true)
  })
})
