import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { rejection } from '../src/contracts/index.ts'
import { UnauthorizedError } from '../src/index.ts'
import { encode, otherKey, rsaKey, TokenBench } from './token-bench.ts'

const invalid = 'UnauthorizedError token_invalid'
let bench: TokenBench

beforeEach(async () => {
  bench = await TokenBench.open()
})

describe('a forged token is refused [X58]', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', ''])('with algorithm "%s", signed or not [X58]', async (alg) => {
    const content = `${encode(bench.header({ alg }))}.${encode(bench.claims())}`
    for (const token of [`${content}.`, content, `${content}.x`, bench.token(bench.claims(), bench.header({ alg }))])
      expect(await bench.refusal(token)).toBe(invalid)
  })

  it('with the public key as a shared secret [X58]', async () => {
    const { publicJwk } = bench.issuer
    const bytes = Buffer.from(String(publicJwk.x), 'base64url')
    for (const secret of [
      bytes,
      String(publicJwk.x),
      JSON.stringify(publicJwk),
      bytes.toString('hex'),
      '',
      String(publicJwk.kid),
    ]) {
      for (const alg of ['HS256', 'EdDSA'])
        expect(await bench.refusal(bench.hmacToken(secret, bench.header({ alg })))).toBe(invalid)
    }
  })

  it('that spells a good one otherwise, by spare bits at the end of a segment [X58]', async () => {
    const good = await bench.issuer.sign({ tenant: 'alpha', user: 'ada', permissions: [], lifetime: 60 })
    await bench.enter(good)
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      const token = good.slice(0, -1) + last
      if (token !== good) expect(await bench.refusal(token)).toBe(invalid)
    }
  })

  it('with another key, or another kind of key [X58]', async () => {
    expect(await bench.refusal(bench.token(bench.claims(), bench.header(), otherKey))).toBe(invalid)
    for (const alg of ['RS256', 'EdDSA', 'PS256'])
      expect(await bench.refusal(bench.token(bench.claims(), bench.header({ alg }), rsaKey))).toBe(invalid)
    expect(await bench.refusal(bench.token(bench.claims(), bench.header({ alg: 'ES256' })))).toBe(invalid)
  })

  it('that brings its key along, or says where to get it [X58]', async () => {
    const jwk = otherKey.export({ format: 'jwk' })
    const { d: _, ...publicJwk } = jwk
    for (const extra of [
      { jwk: publicJwk },
      { jwk: { ...publicJwk, kid: bench.issuer.publicJwk.kid } },
      { jku: 'https://attacker.example/jwks.json' },
      { x5u: 'https://attacker.example/cert.pem' },
      { x5c: ['MIIB'] },
    ]) {
      expect(await bench.refusal(bench.token(bench.claims(), bench.header(extra), otherKey))).toBe(invalid)
      expect(await bench.refusal(bench.token(bench.claims(), bench.header({ ...extra, kid: undefined }), otherKey))).toBe(invalid)
    }
    // They are ignored, not believed: with the right signature the token holds.
    expect((await bench.enter(bench.token(bench.claims(), bench.header({ jwk: publicJwk })))).tenant).toBe('alpha')
  })

  it.each(['other', '', '../../etc/passwd', "' OR 1=1 --", 'constructor', '__proto__'])(
    'with the key id "%s" [X58]',
    async (kid) => {
      expect(await bench.refusal(bench.token(bench.claims(), bench.header({ kid }), otherKey))).toBe(invalid)
      if (kid !== '') expect(await bench.refusal(bench.token(bench.claims(), bench.header({ kid })))).toBe(invalid)
    },
  )

  it('with a critical header that nobody knows [X58]', async () => {
    for (const extra of [{ crit: ['x'], x: 1 }, { crit: [] }, { b64: false, crit: ['b64'] }, { zip: 'DEF', crit: ['zip'] }]) {
      expect(await bench.refusal(bench.token(bench.claims(), bench.header(extra)))).toBe(invalid)
    }
  })

  it('whose any part was changed, or taken from another [X58]', async () => {
    const [header = '', claims = '', signature = ''] = bench.token().split('.')
    const [, others = '', otherSignature = ''] = bench.token(bench.claims({ tenant_id: 'beta' })).split('.')
    for (const token of [
      `${header}.${encode(bench.claims({ tenant_id: 'beta' }))}.${signature}`,
      `${header}.${others}.${signature}`,
      `${header}.${claims}.${otherSignature}`,
      `${encode(bench.header({ typ: 'at+jwt' }))}.${claims}.${signature}`,
      `${header}.${claims}.${signature.slice(0, -2)}`,
      `${header}.${claims}.${signature}AA`,
      `${header}.${claims}.${'A'.repeat(86)}`,
    ]) {
      expect(await bench.refusal(token)).toBe(invalid)
    }
  })

  it('before any of its claims is used: it never says whether a tenant exists, or has expired [X58, X59]', async () => {
    for (const claims of [{ tenant_id: 'nobody' }, { tenant_id: 'alpha' }, { exp: bench.now - 100 }, { aud: 'other' }, {}]) {
      expect(await bench.refusal(bench.token(bench.claims(claims), bench.header(), otherKey))).toBe(invalid)
    }
    expect(bench.lookups).toEqual([])
  })
})

describe('a token of another form is refused [X58]', () => {
  const good = (): string => bench.token()
  it.each<[string, () => string]>([
    ['one part', () => 'a'],
    ['two parts', () => 'a.b'],
    ['four parts', () => `${good()}.x`],
    ['five parts, like an encrypted one', () => 'a.b.c.d.e'],
    ['an empty part', () => '..'],
    ['padding', () => `${good()}=`],
    ['as much padding as base64 wants', () => `${good()}==`],
    ['base64 that is not of URLs', () => good().replaceAll('-', '+').replace(/.$/, '/')],
    ['a character of another script', () => `${good()}é`],
    ['a NUL', () => `${good()}\u0000`],
    ['a percent sign', () => good().replaceAll('.', '%2e')],
    ['a zero-width space', () => good().replace('.', '.\u200b')],
    ['parts that are no JSON', () => 'eA.eA.eA'],
    ['a header of null', () => `${encode('null')}.${encode('{}')}.eA`],
    ['claims of an array', () => bench.token('[]')],
    ['claims of null', () => bench.token('null')],
    ['claims that are no JSON', () => bench.token('{"tenant_id":')],
  ])('%s [X58]', async (_, make) => {
    expect(await bench.refusal(make())).toBe(invalid)
  })

  it('white space inside [X58]', async () => {
    for (const space of [' ', '\n', '\t', '\r\n', '\u00a0']) {
      expect((await rejection(bench.enter(good().replace('.', `.${space}`)))) as { code: string }).toMatchObject({
        name: 'UnauthorizedError',
      })
    }
  })

  it('the alphabet of another base64, though it says the same bytes [X58]', async () => {
    let token = good()
    for (let serial = 0; !/\.[^.]*[-_][^.]*$/.test(token); serial++) token = bench.token(bench.claims({ jti: String(serial) }))
    const [header, claims, signature = ''] = token.split('.')
    expect(await bench.refusal(`${header}.${claims}.${signature.replaceAll('-', '+').replaceAll('_', '/')}`)).toBe(invalid)
    await bench.enter(token)
  })

  it('one that is too long, before it is looked at [X20, X58]', async () => {
    expect(await bench.refusal(bench.token(bench.claims({ filler: 'x'.repeat(6_300) })))).toBe(invalid)
    expect((await bench.enter(bench.token(bench.claims({ filler: 'x'.repeat(5_500) })))).tenant).toBe('alpha')
    const began = performance.now()
    for (const huge of ['a'.repeat(10_000_000), `${'a.'.repeat(5_000_000)}a`, `a.b.${'-'.repeat(10_000_000)}`])
      expect(await bench.refusal(huge)).toBe(invalid)
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('anything [X58]', async () => {
    const part = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.json().map(encode))
    await fc.assert(
      fc.asyncProperty(
        fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.')),
        async (token) => {
          expect(await rejection(bench.enter(token))).toBeInstanceOf(UnauthorizedError)
        },
      ),
      { numRuns: 300 },
    )
  })
})
