import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStrictJson } from '../../src/tenancy/identity/strict-json.ts'

/** JSON as it is written: objects with their keys in order, of which some may be there twice. */
type Written = string | { readonly list: readonly Written[] } | { readonly fields: readonly (readonly [string, Written])[] }

// Few keys, so that some meet; and some that look like other signs.
const key = fc.oneof(fc.constantFrom('a', 'b', 'é', '"', '\\', '{', '}', ':', ',', '__proto__', 'a"', ''), fc.string())
const leaf = fc.oneof(fc.string(), fc.constantFrom('":', '{"a":1,"a":2}', '\\"', '}')).map((text) => JSON.stringify(text))
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map((value) => JSON.stringify(value))
const { tree } = fc.letrec<{ tree: Written }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(leaf, number, fc.constantFrom('true', 'false', 'null')),
    fc.array(tie('tree'), { maxLength: 4 }).map((list) => ({ list })),
    fc.array(fc.tuple(key, tie('tree')), { maxLength: 5 }).map((fields) => ({ fields })),
  ),
}))

function repeats(value: Written): boolean {
  if (typeof value === 'string') return false
  if ('list' in value) return value.list.some(repeats)
  const keys = value.fields.map(([name]) => name)
  return new Set(keys).size < keys.length || value.fields.some(([, inner]) => repeats(inner))
}

/** Writes it with any white space, and with some characters of keys escaped. */
function write(value: Written, space: () => string, escaped: () => boolean): string {
  const part = (inner: Written): string => `${space()}${write(inner, space, escaped)}${space()}`
  if (typeof value === 'string') return value
  if ('list' in value) return `[${value.list.map(part).join(',') || space()}]`
  const name = (text: string): string => {
    const units = text.split('').map((unit) => {
      const code = `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
      return escaped() ? code : JSON.stringify(unit).slice(1, -1)
    })
    return `"${units.join('')}"`
  }
  return `{${value.fields.map(([text, inner]) => `${space()}${name(text)}${space()}:${part(inner)}`).join(',') || space()}}`
}

describe('strict JSON', () => {
  it('is what JSON.parse reads, but for texts in which an object has a key twice [X58]', () => {
    let [strict, refused] = [0, 0]
    fc.assert(
      fc.property(
        tree,
        fc.infiniteStream(fc.constantFrom('', '', ' ', '\n', '\t', '\r\n')),
        fc.infiniteStream(fc.boolean()),
        (value, spaces, escapes) => {
          const text = write(
            value,
            () => spaces.next().value ?? '',
            () => escapes.next().value ?? false,
          )
          const parsed: unknown = JSON.parse(text)
          if (repeats(value)) expect(parseStrictJson(text), text).toBeUndefined()
          else expect(parseStrictJson(text), text).toEqual(parsed)
          repeats(value) ? refused++ : strict++
        },
      ),
      { numRuns: 2_000 },
    )
    // Both kinds were met often.
    expect(Math.min(strict, refused)).toBeGreaterThan(100)
  })

  it('takes nothing that JSON.parse refuses [X58]', () => {
    const broken = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([text, place, change]) => {
      const at = place % (text.length + 1)
      return text.slice(0, at) + change + text.slice(at + 1)
    })
    fc.assert(
      fc.property(
        fc.oneof(broken, fc.string(), fc.constantFrom('', '{', '{"a":1,}', "{'a':1}", '01', 'NaN', '[1', '\ufeff{}')),
        (text) => {
          let good = true
          try {
            JSON.parse(text)
          } catch {
            good = false
          }
          if (!good) expect(parseStrictJson(text)).toBeUndefined()
        },
      ),
      { numRuns: 1_000 },
    )
  })

  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":1,"c":[{"d":1,"d":2}]}}',
    '[{"a":1},{"a":1,"b":2,"a":3}]',
    '{"a":{"a":1},"a":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"":1,"":2}',
    '{"a" :1,"a"\n:2}',
    '{"a\\"":1,"a\\u0022":2}',
  ])('refuses %s [X58]', (text) => {
    expect(parseStrictJson(text)).toBeUndefined()
  })

  it.each([
    '{"a":"a","b":"a"}',
    '{"a":{"a":{"a":1}}}',
    '[{"a":1},{"a":1}]',
    '{"a":"\\"a\\":1,","b":["a","a"]}',
    '"a"',
    'null',
    '{"a":1,"A":2}',
  ])('takes %s', (text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text))
  })

  it('takes time by the length alone, however deep it goes', () => {
    const began = performance.now()
    for (const text of [
      '['.repeat(200_000),
      `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
      `"${'\\\\'.repeat(200_000)}"`,
      `{"${'a'.repeat(400_000)}":1}`,
    ])
      parseStrictJson(text)
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
