import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, type JsonValue } from '../../src/json.ts'
import { canonicalText } from '../../src/tenancy/audit/canonical-text.ts'

it('the text is that of canonicalJson, for whatever was stored, in whatever order', () => {
  const key = fc.oneof(fc.constantFrom('a', 'b', 'c', '1', '2', '10', '__proto__'), fc.string())
  const { any } = fc.letrec<{ any: JsonValue }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
      ),
      fc.array(tie('any')),
      fc.dictionary(key, tie('any')),
    ) as fc.Arbitrary<JsonValue>,
  }))
  fc.assert(
    fc.property(any, (value) => {
      const stored = JSON.parse(JSON.stringify(value)) as JsonValue
      expect(canonicalText(stored)).toBe(canonicalJson(stored))
    }),
    { numRuns: 500 },
  )
  expect(canonicalText({ b: 1, a: { d: 1, c: [{ f: 1, e: 2 }] } })).toBe('{"a":{"c":[{"e":2,"f":1}],"d":1},"b":1}')
})
