/** Random JSON schemas of the supported subset, each of which some value fits. */
import fc from 'fast-check'

type Schema = Record<string, unknown>

const name = fc.constantFrom(
  'id',
  'title',
  'risk_level',
  'confidence',
  'actions',
  'note',
  'total',
  'isOpen',
  'due',
  'vendor',
  '__proto__',
  'a',
)
const small = fc.integer({ min: 0, max: 4 })

const choices = fc.oneof(
  fc.uniqueArray(fc.constantFrom('low', 'medium', 'high', 'unknown', 'P1'), { minLength: 1 }).map((values) => ({ enum: values })),
  fc.uniqueArray(fc.integer({ min: -5, max: 5 }), { minLength: 1 }).map((values) => ({ type: 'integer', enum: values })),
  fc.constantFrom('fixed', 7, null, true).map((value) => ({ const: value })),
)

const strings = fc.oneof(
  fc.tuple(small, small).map(([least, more]) => ({ type: 'string', minLength: least * 10, maxLength: least * 10 + more * 15 })),
  fc.constantFrom('date', 'date-time', 'email').map((format) => ({ type: 'string', format })),
  fc
    .constantFrom(
      '^[a-z]+$',
      '^\\d{4}-[A-Z]{2,3}$',
      '^(?:yes|no)$',
      '^[^a-z]{2}\\.\\w*$',
      '[\\u0041-\\u0043]+',
      '^(?=.)x(?<n>y)?z$',
    )
    .map((pattern) => ({ type: 'string', pattern })),
  fc.constant({ type: 'string' }),
)

const numbers = fc
  .record({
    type: fc.constantFrom('number', 'integer'),
    low: fc.integer({ min: -50, max: 50 }),
    span: fc.integer({ min: 2, max: 40 }),
    open: fc.boolean(),
    step: fc.constantFrom(undefined, 1, 2, 0.5),
    bounded: fc.constantFrom('both', 'low', 'high', 'none'),
  })
  .map(({ type, low, span, open, step, bounded }) => {
    const least = bounded === 'both' || bounded === 'low' ? { [open ? 'exclusiveMinimum' : 'minimum']: low } : {}
    const most = bounded === 'both' || bounded === 'high' ? { [open ? 'exclusiveMaximum' : 'maximum']: low + span * 2 } : {}
    return { type, ...least, ...most, ...(step !== undefined && { multipleOf: step }) }
  })

const leaf: fc.Arbitrary<Schema> = fc.oneof(
  choices,
  strings,
  numbers,
  fc.constant({ type: 'boolean' }),
  fc.constant({ type: 'null' }),
  fc.constant({}),
)

export const schemas: fc.Arbitrary<Schema> = fc.letrec<{ any: Schema; object: Schema; array: Schema; union: Schema }>((tie) => ({
  any: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('object'), tie('array'), tie('union')),
  object: fc
    .record({
      properties: fc.uniqueArray(fc.tuple(name, tie('any')), { selector: ([key]) => key, maxLength: 5 }),
      required: fc.subarray(['id', 'title', 'risk_level', 'confidence', 'actions', 'note', '__proto__']),
      closed: fc.boolean(),
      least: small,
    })
    .map(({ properties, required, closed, least }) => ({
      type: 'object',
      properties: Object.fromEntries(properties),
      required: closed ? required.filter((key) => properties.some(([own]) => own === key)) : required,
      ...(closed ? { additionalProperties: false } : { minProperties: least }),
    })),
  array: fc.oneof(
    fc
      .tuple(tie('any'), small, small)
      .map(([items, minItems, more]) => ({ type: 'array', items, minItems, maxItems: minItems + more })),
    fc.tuple(tie('any'), tie('any')).map((prefixItems) => ({ type: 'array', prefixItems, items: false, minItems: 2 })),
    fc.constant({ type: 'array', items: { enum: ['low', 'medium', 'high'] }, uniqueItems: true, minItems: 2 }),
    fc.constant({ type: 'array', items: { type: 'string' }, uniqueItems: true, minItems: 3 }),
    fc.constant({ type: 'array', items: { type: 'integer', minimum: 0 }, uniqueItems: true, minItems: 4 }),
  ),
  union: fc.oneof(
    fc.array(tie('any'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
    tie('object').map((object) => ({ oneOf: [{ type: 'string' }, object, { type: 'null' }] })),
    fc.constantFrom(['string', 'null'], ['integer', 'string'], ['boolean', 'array']).map((type) => ({ type })),
    fc.tuple(numbers, fc.constant({ type: 'number' })).map((allOf) => ({ allOf })),
  ),
})).object

/** A root whose references point into it: definitions must be at the top. */
export const recursiveTree: Schema = {
  $ref: '#/$defs/node',
  $defs: {
    node: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        children: { type: 'array', items: { $ref: '#/$defs/node' } },
        next: { $ref: '#/$defs/node' },
      },
      required: ['name', 'children'],
      additionalProperties: false,
    },
  },
}
