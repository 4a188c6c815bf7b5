import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { misreads } from '../src/mend-json-parse.ts'

/** Names that the engine takes for one another, and those that are read in ways of their own. */
const name = fc.oneof(
  fc.constantFrom('', '\\', '"', '\n', '\\n', 'é', '\\u00e', 'été', '\\u00e9t', '1', '__proto__', 'a:', '"a":', '{"a":1}'),
  fc.string({ unit: 'binary', maxLength: 5 }),
)
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    name,
    fc.integer(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value

/** Any spelling of a text: each character of its strings as it is, or escaped; colons close behind a name, or not. */
function spelled(text: string, escapes: readonly boolean[]): string {
  let at = 0
  const escapeNext = (): boolean => escapes[at++ % escapes.length] === true
  const spell = (character: string): string => (escapeNext() ? escaped(character) : JSON.stringify(character).slice(1, -1))
  return text.replaceAll(/("(?:[^"\\]|\\.)*")(:?)/g, (_, string: string, colon: string) => {
    const space = colon !== '' && escapeNext() ? ' \n' : ''
    return `"${[...(JSON.parse(string) as string)].map(spell).join('')}"${space}${colon}`
  })
}

function escaped(character: string): string {
  return Array.from(
    { length: character.length },
    (_, unit) => `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`,
  ).join('')
}

describe('JSON.parse, mended', () => {
  it('reads names as they are spelled, whatever was read before', () => {
    expect(misreads(JSON.parse)).toBe(false)
    fc.assert(
      fc.property(
        fc.array(json, { minLength: 1, maxLength: 4 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }),
        (value, escapes) => {
          const text = spelled(JSON.stringify(value), escapes)
          expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value))
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('takes and refuses what the engine does, in its words', () => {
    const engine = runInNewContext('JSON.parse') as typeof JSON.parse
    fc.assert(
      fc.property(json, fc.nat(), fc.nat(9), fc.constantFrom('"', '\\', ':', '\\n', '{', '\n', 'a'), (value, place, cut, put) => {
        const text = JSON.stringify(value)
        const broken = text.slice(0, place % (text.length + 1)) + put + text.slice((place % (text.length + 1)) + cut)
        expect(outcome(JSON.parse, broken)).toEqual(outcome(engine, broken))
      }),
      { numRuns: 3_000 },
    )
  })

  it('gives a reviver the names as they are, and takes what it says', () => {
    const seen: string[] = []
    const value = JSON.parse('{"a\\n":{"\\"":1,"b":2},"c":[3]}', (name, inner: unknown) => {
      seen.push(name)
      return name === 'b' ? undefined : typeof inner === 'number' ? inner + 1 : inner
    })
    expect(seen).toEqual(['"', 'b', 'a\n', '0', 'c', ''])
    expect(value).toEqual({ 'a\n': { '"': 2 }, c: [4] })
    expect(() =>
      JSON.parse('{"\\n":1}', () => {
        throw new RangeError('no')
      }),
    ).toThrow(RangeError)
  })

  it('keeps the last of names that are spelled in two ways, where the first was', () => {
    expect(Object.entries(JSON.parse('{"\\u0061":1,"b":2,"a":3}') as object)).toEqual([
      ['a', 3],
      ['b', 2],
    ])
    const own = JSON.parse('{"\\u005f_proto__":{"x":1}}') as object
    expect([Object.keys(own), Object.getPrototypeOf(own)]).toEqual([['__proto__'], Object.prototype])
  })
})

/** What a text is, or only that it is none: the engine itself may read names wrong. */
function outcome(parse: typeof JSON.parse, text: string): unknown {
  try {
    return typeof parse(text)
  } catch (error) {
    return String(error)
  }
}
