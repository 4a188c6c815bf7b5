import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createExtractiveModel } from '../src/index.ts'
import { generateJson } from '../src/schema/generate.ts'
import { samplePattern } from '../src/schema/pattern.ts'
import { smallest } from '../src/schema/smallest.ts'
import { recursiveTree, schemas } from './schemas.ts'
import { fill } from './support.ts'
import { problems } from './validate.ts'

const model = createExtractiveModel()

const texts = fc.oneof(
  fc.constantFrom(
    'The pump failed at 3 am. Vibration was 9.1 and rising. Operators should inspect the bearing. Total: 1,200.50. Paid: no.',
    'Everything is normal. Temperature is 20. No action is needed.',
    '{"value": 412.5, "anomaly_score": 0.97, "id": "x-1"}',
    'Say hello',
    '',
  ),
  fc.string({ maxLength: 200, unit: 'grapheme' }),
)

describe('filling a schema', () => {
  it.each([
    { anyOf: [{ $ref: '#' }, { $ref: '#' }] },
    { oneOf: [{ $ref: '#' }, { $ref: '#' }, { $ref: '#' }] },
    { type: 'object', required: ['a'], properties: { a: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } } },
  ])('ends also where its alternatives lead in circles', (schema) => {
    expect(generateJson(schema, smallest).valid).toBe(false)
  })

  it('is valid for any schema and any text', async () => {
    await fc.assert(
      fc.asyncProperty(schemas, texts, async (schema, text) => {
        expect(problems(schema, await fill(model, text, schema))).toEqual([])
      }),
      { numRuns: 1500 },
    )
  })

  it('is valid when it is the smallest', () => {
    fc.assert(
      fc.property(schemas, (schema) => {
        const { value, valid } = generateJson(schema, smallest)
        expect(problems(schema, JSON.parse(JSON.stringify(value)))).toEqual([])
        expect(valid).toBe(true)
      }),
      { numRuns: 1500 },
    )
  })

  it('is the same every time', async () => {
    await fc.assert(
      fc.asyncProperty(schemas, texts, async (schema, text) => {
        expect(await fill(model, text, schema)).toEqual(await fill(model, text, schema))
      }),
      { numRuns: 200 },
    )
  })

  it('ends where a schema leads in circles', async () => {
    const text = 'The pump failed. The valve leaked. The motor stopped. The night shift repaired all of them by dawn.'
    expect(problems(recursiveTree, await fill(model, text, recursiveTree))).toEqual([])
    expect(generateJson(recursiveTree, smallest).value).toEqual({ name: '', children: [] })
    const impossible = { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] }
    expect(generateJson(impossible, smallest).valid).toBe(false)
  })

  it.each([
    [{ oneOf: [{ type: 'number' }, { type: 'integer' }] }],
    [{ oneOf: [{ type: 'string' }, { type: 'string', maxLength: 12 }] }],
    [{ anyOf: [{ type: 'string', minLength: 5, maxLength: 2 }, { enum: [] }, { const: 4 }] }],
    [{ oneOf: [{ enum: ['a', 'b'] }, { enum: ['b', 'c'] }] }],
  ])('finds its way between alternatives that overlap or that nothing fits: %j', async (schema) => {
    for (const text of ['b', 'The pump failed.']) expect(problems(schema, await fill(model, text, schema))).toEqual([])
    expect(problems(schema, generateJson(schema, smallest).value)).toEqual([])
  })

  it.each([
    ['date', 'Due on 2026-02-30.', '1970-01-01'],
    ['date', 'Due on 2028-02-29.', '2028-02-29'],
    ['date-time', 'At 2026-01-01T25:00:00Z.', '1970-01-01T00:00:00Z'],
    ['email', 'Write to bob@acme.com!', 'bob@acme.com'],
    ['uuid', 'None here.', '00000000-0000-4000-8000-000000000000'],
  ])('takes a %s from "%s" only if it is one', async (format, text, value) => {
    expect(await fill(model, text, { type: 'string', format })).toBe(value)
  })

  it('falls back to the smallest value where filling everything would be too much', async () => {
    const wide = Object.fromEntries(Array.from({ length: 1500 }, (_, at) => [`p${at}`, { type: 'integer' }]))
    const schema = { type: 'object', properties: { ...wide, z: { type: 'integer' } }, required: ['z'] }
    expect(await fill(model, 'The pump failed.', schema)).toEqual({ z: 0 })
  })

  it('keeps small what asks for too much', () => {
    const greedy = { type: 'array', minItems: 1e12, items: { type: 'string', minLength: 1e12 } }
    const { value, valid } = generateJson(greedy, smallest)
    expect(valid).toBe(false)
    expect((value as unknown[]).length).toBeLessThanOrEqual(1000)
  })

  const senseless = { type: 7, properties: 3, enum: 'x', required: [1], anyOf: [2], items: 'y', minLength: 'z' }
  it.each([5, 'string', null, [[]], senseless, { $ref: '#/%/x' }, { enum: [] }, { allOf: [{ $ref: '#' }] }])(
    'survives a schema that makes no sense: %j',
    (schema) => {
      expect(() => JSON.stringify(generateJson(schema, smallest).value)).not.toThrow()
    },
  )
})

describe('the smallest value', () => {
  it.each([
    [{ type: 'string' }, ''],
    [{ type: 'integer', minimum: 3 }, 3],
    [{ type: 'number', exclusiveMaximum: -1, multipleOf: 2 }, -2],
    [{ enum: ['medium', 'low', 'high'] }, 'low'],
    [{ type: 'array', items: { type: 'string' } }, []],
    [{ anyOf: [{ type: 'null' }, { type: 'object' }, { type: 'integer' }] }, 0],
    [{ type: 'object', properties: { a: { type: 'boolean' }, b: { type: 'string' } }, required: ['a'] }, { a: false }],
    [
      { type: 'object', minProperties: 2, additionalProperties: { type: 'integer' } },
      { key1: 0, key2: 0 },
    ],
    [
      { type: 'object', propertyNames: { enum: ['x', 'y'] }, minProperties: 2, additionalProperties: { const: 1 } },
      { x: 1, y: 1 },
    ],
    [
      {
        allOf: [
          { type: 'integer', minimum: 2 },
          { minimum: 5, maximum: 9 },
        ],
      },
      5,
    ],
  ])('of %j is %j', (schema, value) => {
    expect(generateJson(schema, smallest)).toEqual({ value, valid: true })
  })
})

describe('a pattern', () => {
  it.each([
    ['^INV-\\d{4}(?:-[A-Z]{2})?$', 'INV-0000'],
    ['^(?:red|green)$', 'red'],
    ['^[^abc]+$', '0'],
    ['^a{2,}b*$', 'aa'],
    ['^\\p{Lu}x\\.\\/$', undefined],
    ['(a)\\1', undefined],
    ['(unclosed', undefined],
  ])('%s is sampled', (pattern, sample) => {
    const found = samplePattern(pattern)
    if (sample !== undefined) expect(found).toBe(sample)
    expect(found === undefined || typeof found === 'string').toBe(true)
  })

  it('grows to the least length', () => {
    expect(samplePattern('^[a-z]+$', 12)?.length).toBe(12)
  })

  it('is never run: one that would take for ever costs nothing', async () => {
    const value = await fill(model, `Code: ${'a'.repeat(200)}!`, { type: 'string', pattern: '^(a+)+$' })
    expect(value).toBe('a')
  })
})
