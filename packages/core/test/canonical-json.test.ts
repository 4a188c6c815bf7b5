import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalJson, type JsonValue } from '../src/json.ts'

/** The same with nothing spared: the names of every object sorted, in order already or not. */
function plainly(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(plainly).join(',')}]`
  const fields = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${fields.map(([name, inner]) => `${JSON.stringify(name)}:${plainly(inner)}`).join(',')}}`
}

it('is the same text whether or not its names are in order already, for whatever was stored', () => {
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
      expect(canonicalJson(stored)).toBe(plainly(stored))
    }),
    { numRuns: 500 },
  )
  expect(canonicalJson({ b: 1, a: { d: 1, c: [{ f: 1, e: 2 }] } })).toBe('{"a":{"c":[{"e":2,"f":1}],"d":1},"b":1}')
})
