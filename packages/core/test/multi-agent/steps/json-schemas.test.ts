import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../src/json.ts'
import { checkBy } from '../../../src/multi-agent/json-schemas.ts'

function fits(schema: JsonObject, value: JsonValue): boolean {
  const check = checkBy(schema)
  if (typeof check !== 'function') throw new Error(check.fault)
  return check(value).length === 0
}

describe('an answer by a JSON Schema [X43]', () => {
  it.each<readonly [string, JsonObject, readonly JsonValue[], readonly JsonValue[]]>([
    ['type', { type: 'integer' }, [1, 1.0, -3], [1.5, '1', null]],
    ['type', { type: ['string', 'null'] }, ['a', null], [1, []]],
    ['enum', { enum: [1, 'a', { b: [1] }] }, [1, 'a', { b: [1] }], [2, { b: [] }]],
    ['enum beside type', { type: 'string', enum: ['a', 1] }, ['a'], [1]],
    ['const', { const: { a: 1, b: 2 } }, [{ b: 2, a: 1 }], [{ a: 1 }, 1]],
    ['allOf', { allOf: [{ type: 'object', required: ['z'] }] }, [{ z: 1 }], [{ q: 1 }]],
    ['anyOf', { anyOf: [{ required: ['a'] }, { required: ['b'] }] }, [{ a: 1 }, { b: 1 }], [{ c: 1 }]],
    ['oneOf', { oneOf: [{ minimum: 5 }, { maximum: 7 }] }, [1, 9], [6]],
    ['not', { not: { type: 'string' } }, [1], ['a']],
    ['if', JSON.parse('{"if":{"type":"string"},"then":{"minLength":2},"else":{"minimum":2}}'), ['ab', 2], ['a', 1]],
    ['properties', { properties: { q: { type: 'string' } } }, [{ q: 'a' }, {}, 7], [{ q: 1 }]],
    ['patternProperties', { patternProperties: { '^n_': { type: 'number' } } }, [{ n_a: 1, b: 'x' }], [{ n_a: 'x' }]],
    ['additionalProperties', { properties: { a: {} }, additionalProperties: false }, [{ a: 1 }], [{ b: 1 }]],
    ['additionalProperties', { additionalProperties: { type: 'number' } }, [{ b: 1 }], [{ b: 'x' }]],
    ['propertyNames', { propertyNames: { maxLength: 1 } }, [{ a: 1 }], [{ ab: 1 }]],
    ['required', { type: 'object', required: ['z'] }, [{ z: null }], [{ q: 1 }]],
    ['required beside others', { type: 'object', properties: { q: {} }, required: ['z'] }, [{ z: 1 }], [{ q: 1 }]],
    ['required without a type', { required: ['z'] }, [{ z: 1 }, 7], [{ q: 1 }]],
    ['required of what may be anything', { properties: { q: {} }, required: ['q'] }, [{ q: 1 }], [{}]],
    ['required within an object', { properties: { o: { required: ['z'] } } }, [{ o: { z: 1 } }], [{ o: { q: 1 } }]],
    ['required within a list', { items: { required: ['z'] } }, [[{ z: 1 }], []], [[{ z: 1 }, { q: 1 }]]],
    ['required of a name of JavaScript', { required: ['toString'] }, [{ toString: 1 }], [{}]],
    ['dependentRequired', { dependentRequired: { a: ['b'] } }, [{ a: 1, b: 1 }, {}], [{ a: 1 }]],
    ['dependentSchemas', { dependentSchemas: { a: { required: ['b'] } } }, [{ a: 1, b: 1 }, {}], [{ a: 1 }]],
    ['minProperties', { minProperties: 1 }, [{ a: 1 }, 0], [{}]],
    ['maxProperties', { maxProperties: 1 }, [{ a: 1 }], [{ a: 1, b: 1 }]],
    ['prefixItems', { prefixItems: [{ type: 'string' }], items: { type: 'number' } }, [['a', 1], []], [[1], ['a', 'b']]],
    ['items of draft 7', { items: [{ type: 'string' }], additionalItems: false }, [['a'], []], [[1], ['a', 1]]],
    ['contains', { contains: { type: 'number' } }, [['a', 1]], [['a'], []]],
    ['minContains', { contains: { type: 'number' }, minContains: 2, maxContains: 3 }, [[1, 2]], [[1], [1, 2, 3, 4]]],
    [
      'uniqueItems',
      { uniqueItems: true },
      [[1, 2]],
      [
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      ],
    ],
    ['minItems', { type: 'array', minItems: 2 }, [[1, 2]], [[1]]],
    ['minItems without a type', { minItems: 2 }, [[1, 2], 'a'], [[1]]],
    ['maxItems', { maxItems: 1 }, [[1]], [[1, 2]]],
    ['minLength', { minLength: 2 }, ['ab', 1], ['🙂']],
    ['maxLength', { maxLength: 1 }, ['🙂'], ['ab']],
    ['pattern', { pattern: '^a' }, ['ab', 1], ['b']],
    ['pattern of more than ASCII', { pattern: '^\\p{L}+$' }, ['é'], ['1']],
    ['pattern of a script', { pattern: '^\\p{Script=Greek}+$' }, ['αβ'], ['ab']],
    ['pattern of a character by its number', { pattern: '^\\u{1F600}+$' }, ['😀😀'], ['😁']],
    ['pattern of what is not a bracket', { pattern: '^[^\\]]+$' }, ['a['], ['a]']],
    ['format', { format: 'date' }, ['2026-02-28', 1], ['2026-02-30']],
    ['minimum', { minimum: 5 }, [5, 'a'], [1]],
    ['maximum', { maximum: 5 }, [5], [6]],
    ['exclusiveMinimum', { exclusiveMinimum: 5 }, [6], [5]],
    ['exclusiveMaximum', { exclusiveMaximum: 5 }, [4], [5]],
    ['multipleOf', { multipleOf: 0.1 }, [0.3, 'a'], [0.35]],
    ['false', { properties: { a: false } }, [{}], [{ a: 1 }]],
    [
      'a property named like a keyword',
      { properties: { pattern: { type: 'string' }, $ref: {} } },
      [{ pattern: '(a+)+' }],
      [{ pattern: 1 }],
    ],
    ['what only tells', { title: 'T', description: 'D', default: 1, examples: [1], 'x-more': 1 }, [1, {}], []],
  ])('%s: %j', (_, schema, right, wrong) => {
    for (const value of right) expect(fits(schema, value), JSON.stringify(value)).toBe(true)
    for (const value of wrong) expect(fits(schema, value), JSON.stringify(value)).toBe(false)
  })

  it.each<readonly [JsonObject, string]>([
    [{ $ref: '#/$defs/a' }, 'References'],
    [{ items: { $dynamicRef: '#a' } }, 'References'],
    [{ unevaluatedProperties: false }, 'unevaluatedProperties'],
    [{ unevaluatedItems: false }, 'unevaluatedItems'],
    [{ dependencies: {} }, 'dependencies'],
    [{ nullable: true }, 'nullable'],
    [{ requird: ['z'] }, 'requird'],
    [{ anyOf: [{ constructor: 1 }] }, 'constructor'],
    [JSON.parse('{"then":{}}'), 'need an "if"'],
    [{ format: 'colour' }, 'format "colour"'],
    [{ type: 'text' }, 'no type "text"'],
    [{ required: 'z' }, '"required" must be a list'],
    [{ required: [1] }, '"required" must be a text'],
    [{ properties: [] }, '"properties" must be an object'],
    [{ properties: { a: 1 } }, 'A schema must be an object'],
    [{ minItems: '2' }, 'whole number'],
    [{ minLength: -1 }, 'whole number'],
    [{ exclusiveMinimum: true }, 'must be a number'],
    [{ multipleOf: 0 }, 'above 0'],
    [{ uniqueItems: 1 }, 'true or false'],
    [{ pattern: '(a+)+' }, 'too long'],
    [{ pattern: '[^](a+)+$]' }, 'too long'],
    [{ pattern: '[](a+)+$]' }, 'too long'],
    [{ pattern: '(\\u{1,})+$' }, 'too long'],
    [{ pattern: '(\\p{1,})+$' }, 'too long'],
    [{ pattern: '\\p{L(a+)+$}' }, 'too long'],
    [{ pattern: '\\u{(a+)+$}' }, 'too long'],
    [{ pattern: '[' }, 'pattern'],
    [JSON.parse(`${'{"not":'.repeat(100)}{}${'}'.repeat(100)}`), 'deep'],
  ])('is refused where it says what is not checked: %j', (schema, words) => {
    expect(checkBy(schema)).toEqual({ fault: expect.stringContaining(words) })
  })

  it('tells where the faults are, ten at the most, and is told of no value that is nested without end', () => {
    const check = checkBy({ properties: { rows: { items: { required: ['z'] } } } })
    if (typeof check !== 'function') throw new Error(check.fault)
    expect(check({ rows: [{ z: 1 }, {}] })).toEqual(['rows.1.z: Is missing'])
    expect(check({ rows: Array.from({ length: 50 }, () => ({})) })).toHaveLength(10)
    expect(check({ deep: JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) })).toEqual([expect.stringContaining('deep')])
  })

  it('holds what the schema of a value says of it, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (drawn) => {
        const value = JSON.parse(JSON.stringify(drawn)) as JsonValue
        expect(fits(schemaOf(value), value)).toBe(true)
        expect(fits({ not: schemaOf(value) }, value)).toBe(false)
        expect(fits(schemaOf({ value }), {})).toBe(false)
      }),
    )
  })
})

/** One that a value fits, as closely as can be said without naming it. */
function schemaOf(value: JsonValue): JsonObject {
  if (Array.isArray(value))
    return { type: 'array', prefixItems: value.map(schemaOf), items: false, minItems: value.length, maxItems: value.length }
  if (typeof value === 'object' && value !== null) {
    const properties = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, schemaOf(inner)]))
    return { type: 'object', properties, required: Object.keys(value), additionalProperties: false }
  }
  if (typeof value === 'string') return { type: 'string', minLength: [...value].length, maxLength: [...value].length }
  if (typeof value === 'number') return { type: 'number', minimum: value, maximum: value }
  return { const: value }
}
