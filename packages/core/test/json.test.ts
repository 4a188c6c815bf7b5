import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, depthOf, type JsonValue, jsonBytes } from '../src/json.ts'

const json = fc.jsonValue() as fc.Arbitrary<JsonValue>

/** The same value with the keys of its objects in another order. */
function shuffled(value: JsonValue, order: (keys: string[]) => string[]): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => shuffled(item, order))
  if (typeof value !== 'object' || value === null) return value
  const fields = value as Readonly<Record<string, JsonValue>>
  return Object.fromEntries(order(Object.keys(fields)).map((key) => [key, shuffled(fields[key] ?? null, order)]))
}

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'x'
  for (let level = 0; level < depth; level++) value = wrap(value)
  return value
}

describe('canonical JSON', () => {
  it('is JSON of the same value', () => {
    // JSON knows no negative zero.
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('is the same text whatever the order of keys [X6]', () => {
    fc.assert(
      fc.property(json, fc.integer(), (value, seed) => {
        const rank = (key: string): number =>
          [...key].reduce((sum, character) => Math.imul(sum ^ (character.codePointAt(0) ?? 0), 16_777_619), seed)
        const text = canonicalJson(value)
        expect(canonicalJson(shuffled(value, (keys) => keys.toReversed()))).toBe(text)
        expect(canonicalJson(shuffled(value, (keys) => keys.toSorted((left, right) => rank(left) - rank(right))))).toBe(text)
      }),
    )
  })

  it('is another text for another value [X6]', () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        const same =
          JSON.stringify(shuffled(left, (keys) => keys.toSorted())) === JSON.stringify(shuffled(right, (keys) => keys.toSorted()))
        expect(canonicalJson(left) === canonicalJson(right)).toBe(same)
      }),
    )
    const alike: JsonValue[] = [
      1,
      '1',
      [1],
      { 1: 1 },
      '[1]',
      null,
      'null',
      '',
      [],
      {},
      [[]],
      [null],
      { a: null },
      false,
      'false',
      0,
      '\ud800',
      '\ud801',
      '\ufffd',
    ]
    expect(new Set(alike.map(canonicalJson)).size).toBe(alike.length)
  })

  it('leaves out what is undefined, and keeps what looks like machinery', () => {
    expect(canonicalJson({ b: undefined, a: 1 } as unknown as JsonValue)).toBe('{"a":1}')
    expect(canonicalJson(undefined)).toBe('null')
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1},"constructor":2}') as JsonValue)).toBe(
      '{"__proto__":{"a":1},"constructor":2}',
    )
  })
})

describe('the depth of a value', () => {
  it.each([
    ['a text', 'x', 0],
    ['nothing', null, 0],
    ['an empty array', [], 1],
    ['an empty object', {}, 1],
    ['an array', [1], 1],
    ['the deepest of several', [1, [[]], { a: { b: { c: 1 } } }], 4],
  ])('is counted: %s', (_, value, depth) => {
    expect(depthOf(value, 64)).toBe(depth)
  })

  it('is that of its text', () => {
    const depthOfText = (value: JsonValue): number => {
      let [depth, deepest] = [0, 0]
      for (const character of JSON.stringify(value).replaceAll(/"(?:[^"\\]|\\.)*"/g, '0')) {
        if ('[{'.includes(character)) deepest = Math.max(deepest, ++depth)
        if (']}'.includes(character)) depth--
      }
      return deepest
    }
    fc.assert(
      fc.property(json, (value) => {
        expect(depthOf(value, 1_000)).toBe(depthOfText(value))
      }),
    )
  })

  it('is counted up to what was asked, in a value of any depth, without the call stack [X20]', () => {
    for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ a: inner }), (inner: unknown) => [0, inner, 0]]) {
      const deep = nested(1_000_000, wrap)
      expect(depthOf(deep, 64)).toBe(64)
      expect(depthOf(deep, 2_000_000)).toBe(1_000_000)
    }
    expect(
      [63, 64, 65].map((depth) =>
        depthOf(
          nested(depth, (inner) => [inner]),
          64,
        ),
      ),
    ).toEqual([63, 64, 64])
  })

  it('is counted in a value of any width [X20]', () => {
    const wide = new Array<number>(3_000_000).fill(0)
    expect(depthOf(wide, 64)).toBe(1)
    expect(depthOf([wide, [wide]], 64)).toBe(3)
    expect(depthOf(Object.fromEntries(wide.slice(0, 300_000).map((value, index) => [index, value])), 64)).toBe(1)
  })
})

describe('the size of JSON', () => {
  it('is counted in bytes, three a character at most [X20]', () => {
    const values = fc.oneof(
      json,
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(fc.double({ noNaN: true, noDefaultInfinity: true })),
    )
    fc.assert(
      fc.property(values as fc.Arbitrary<JsonValue>, (value) => {
        expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)))
        // What checkChange rests on.
        expect(JSON.stringify(value).length * 3).toBeGreaterThanOrEqual(jsonBytes(value))
      }),
      { numRuns: 500 },
    )
    for (const value of [
      '\u0000'.repeat(9),
      '"\\'.repeat(9),
      '\ud800'.repeat(9),
      '😀',
      Number.MIN_VALUE,
      -Number.MAX_VALUE,
      false,
      null,
      { '\u0001': '\u0001' },
    ]) {
      expect(JSON.stringify(value).length * 3).toBeGreaterThanOrEqual(jsonBytes(value))
    }
  })
})
