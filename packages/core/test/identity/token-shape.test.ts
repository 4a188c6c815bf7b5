import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTokenShape } from '../../src/tenancy/identity/token-shape.ts'
import { encode, type Json } from '../token-bench.ts'

const header: Json = { alg: 'RS256', kid: 'k', typ: 'JWT' }
const claims: Json = { iss: 'https://issuer.example', tenant_id: 'alpha' }

function shapeOf(first: unknown, second: unknown = claims, third = 'c2ln'): unknown {
  return readTokenShape(`${encode(first)}.${encode(second)}.${third}`)
}

function bytes(...values: readonly (number | string)[]): string {
  return Buffer.concat(values.map((value) => (typeof value === 'string' ? Buffer.from(value) : Buffer.of(value)))).toString(
    'base64url',
  )
}

describe('the shape of a token', () => {
  it('is its algorithm, its key id and its issuer, and no other claim [X58]', () => {
    expect(shapeOf(header)).toEqual({ algorithm: 'RS256', keyId: 'k', issuer: 'https://issuer.example' })
    expect(shapeOf({ alg: 'x' }, { iss: '' })).toEqual({ algorithm: 'x', keyId: undefined, issuer: '' })
  })

  it('says nothing of keys that a token brings along, or says where to get [X58]', () => {
    const extra = { jwk: { kty: 'oct', k: 'AA' }, jku: 'https://attacker.example', x5u: 'https://attacker.example', x5c: ['AA'] }
    expect(shapeOf({ ...header, ...extra })).toEqual(shapeOf(header))
  })

  it.each<[string, Json]>([
    ['crit', { crit: ['exp'] }],
    ['an empty crit', { crit: [] }],
    ['a crit of null', { crit: null }],
    ['b64', { b64: false }],
    ['b64 as it is anyway', { b64: true }],
    ['no algorithm', { alg: undefined }],
    ['an algorithm of null', { alg: null }],
    ['several algorithms', { alg: ['RS256'] }],
    ['a key id that is a number', { kid: 1 }],
    ['a key id of null', { kid: null }],
    ['several key ids', { kid: ['k'] }],
    ['an object as key id', { kid: { $ne: '' } }],
    ['a key id that is too long', { kid: 'k'.repeat(257) }],
  ])('is refused for %s in the header [X58]', (_, changes) => {
    expect(shapeOf({ ...header, ...changes })).toBeUndefined()
  })

  it.each<[string, unknown]>([
    ['no issuer', {}],
    ['an issuer of null', { iss: null }],
    ['several issuers', { iss: ['https://issuer.example'] }],
    ['an object as issuer', { iss: { toString: 'https://issuer.example' } }],
    ['an issuer that is too long', { iss: 'i'.repeat(513) }],
    ['a list', '[]'],
    ['a string', '"x"'],
    ['a number', '1'],
    ['null', 'null'],
    ['a key twice', '{"iss":"a","iss":"a"}'],
    ['a key twice, spelled otherwise', '{"iss":"a","\\u0069ss":"b"}'],
    ['a key twice, deep inside', '{"iss":"a","b":[{"c":{"d":1,"d":1}}]}'],
    ['two values', '{"iss":"a"}{"iss":"a"}'],
    ['a comma at the end', '{"iss":"a",}'],
    ['a comment', '{"iss":"a"/**/}'],
    ['no end', '{"iss":"a"'],
    ['nothing', ' '],
  ])('is refused for %s as claims [X58]', (_, second) => {
    expect(shapeOf(header, second)).toBeUndefined()
  })

  it.each<[string, string]>([
    ['a list', '["alg","RS256"]'],
    ['null', 'null'],
    ['a key twice', '{"alg":"RS256","alg":"none"}'],
    ['a key twice, deep inside', '{"alg":"RS256","jwk":{"kty":"RSA","kty":"oct"}}'],
  ])('is refused for %s as header [X58]', (_, first) => {
    expect(shapeOf(first)).toBeUndefined()
  })

  it.each<[string, (key: string) => string]>([
    ['a byte that is no UTF-8', (key) => bytes(`{"${key}":"a`, 0xff, '"}')],
    ['a character cut off', (key) => bytes(`{"${key}":"a`, 0xc3, '"}')],
    ['an overlong spelling of a quote', (key) => bytes(`{"${key}":`, 0xc0, 0xa2, 'a', 0xc0, 0xa2, '}')],
    ['half of a surrogate pair', (key) => bytes(`{"${key}":"`, 0xed, 0xa0, 0x80, '"}')],
    ['a byte order mark', (key) => bytes(0xef, 0xbb, 0xbf, `{"${key}":"a"}`)],
    ['UTF-16', (key) => Buffer.from(`{"${key}":"a"}`, 'utf16le').toString('base64url')],
  ])('is refused for %s [X58]', (_, spoil) => {
    const [first, second] = [bytes('{"alg":"a"}'), bytes('{"iss":"a"}')]
    expect(readTokenShape(`${first}.${second}.AA`)).toBeDefined()
    expect(readTokenShape(`${first}.${spoil('iss')}.AA`)).toBeUndefined()
    expect(readTokenShape(`${spoil('alg')}.${second}.AA`)).toBeUndefined()
  })

  it('has three segments that are not empty [X58]', () => {
    const [first, second] = [encode(header), encode(claims)]
    expect(readTokenShape(`${first}.${second}.AA`)).toBeDefined()
    for (const token of [
      '',
      '.',
      '..',
      '...',
      first,
      `${first}.${second}`,
      `${first}.${second}.`,
      `.${second}.AA`,
      `${first}..AA`,
    ])
      expect(readTokenShape(token), token).toBeUndefined()
    for (const token of [
      `${first}.${second}.AA.`,
      `${first}.${second}.AA.AA`,
      `.${first}.${second}.AA`,
      `${first}.${second}..AA`,
    ])
      expect(readTokenShape(token), token).toBeUndefined()
  })

  it('has one spelling: no other character in it or change of one gives the same bytes [X58]', () => {
    const segments = [encode(header), encode(claims), Buffer.from('signature?').toString('base64url')]
    const good = segments.join('.')
    expect(readTokenShape(good)).toBeDefined()
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= \n\t.%\u00a0é\u200b\0'
    fc.assert(
      fc.property(fc.nat(good.length), fc.constantFrom(...alphabet), fc.boolean(), (place, character, instead) => {
        const changed = good.slice(0, place) + character + good.slice(place + (instead ? 1 : 0))
        if (changed === good || !readTokenShape(changed)) return
        // Where it passes, it is another token.
        const read = changed.split('.').map((segment) => Buffer.from(segment, 'base64url').toString('hex'))
        expect(read).not.toEqual(segments.map((segment) => Buffer.from(segment, 'base64url').toString('hex')))
      }),
      { numRuns: 3_000 },
    )
  })

  it('has no spare bits at the end of a segment [X58]', () => {
    for (const [good, spares] of [
      ['AA', ['AB', 'AC', 'AP']],
      ['AAA', ['AAB', 'AAC', 'AAD']],
      ['AAAA', ['A', 'AAAAA', 'AA=', 'AA==', 'A A', 'AA\n']],
    ] as const) {
      expect(shapeOf(header, claims, good)).toBeDefined()
      for (const spare of spares) expect(shapeOf(header, claims, spare), spare).toBeUndefined()
    }
  })

  it('is at most 8192 characters long, and longer ones cost nothing [X20, X58]', () => {
    const rest = `${encode(header)}.${encode(claims)}.`
    const room = 8_192 - rest.length
    const signature = 'A'.repeat(room - (room % 4 === 1 ? 1 : 0))
    expect(readTokenShape(rest + signature)).toBeDefined()
    expect(readTokenShape(rest + 'A'.repeat(room + 4 - (room % 4)))).toBeUndefined()
    const began = performance.now()
    for (const huge of ['a'.repeat(20_000_000), '.'.repeat(20_000_000)]) expect(readTokenShape(huge)).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})
