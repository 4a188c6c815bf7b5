import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { Authenticator, ForbiddenError, systemTenant, UnauthorizedError } from '../src/index.ts'
import { rejection } from '../src/contracts/index.ts'
import { encode, type Json, otherKey, rsaKey, TokenBench } from './token-bench.ts'

const invalid = 'UnauthorizedError token_invalid'
let bench: TokenBench

beforeEach(async () => {
  bench = await TokenBench.open()
})

describe('a good token', () => {
  it('gives the caller: tenant, user, permissions, settings [R93, R94, R98]', async () => {
    const caller = await bench.enter(bench.token())
    expect(caller).toMatchObject({ tenant: 'alpha', user: 'ada', correlationId: 'correlation', settings: { tenant_id: 'alpha', status: 'active' } })
    expect([...caller.permissions]).toEqual(['requests:read'])
  })

  it('of our issuer holds, for as long as it was made for [R94]', async () => {
    const token = await bench.issuer.sign({ tenant: 'beta', user: 'bob', permissions: ['*'], lifetime: 60 })
    expect(await bench.enter(token)).toMatchObject({ tenant: 'beta', user: 'bob' })
    await bench.clock.advance(66_000)
    expect(await bench.refusal(token)).toBe('UnauthorizedError token_expired')
  })

  it('may name its user by sub alone, and have no permissions [R94]', async () => {
    const caller = await bench.enter(bench.token(bench.claims({ user_id: undefined, permissions: undefined })))
    expect([caller.user, caller.permissions.size]).toEqual(['ada', 0])
  })

  it('may name several audiences, ours among them, and no key id', async () => {
    await bench.enter(bench.token(bench.claims({ aud: ['other', 'plinth'] }), bench.header({ kid: undefined })))
  })

  it.each(['Bearer', 'bearer', 'BEARER'])('is taken after "%s"', async (scheme) => {
    expect((await bench.gate.authenticate(`${scheme} ${bench.token()}`, 'c')).tenant).toBe('alpha')
  })
})

describe('a header without a token', () => {
  const token = 'a.b.c'
  it.each([undefined, '', 'Bearer', 'Bearer ', token, `Basic ${token}`, `Bearer  ${token}`, `Bearer\t${token}`, ` Bearer ${token}`, `Bearer ${token} `, `Bearer ${token}\n`, `Bearer ${token} ${token}`])(
    'is refused as such: %j [R97, X58]',
    async (header) => {
      expect(await rejection(bench.gate.authenticate(header, 'c'))).toMatchObject({ name: 'UnauthorizedError', code: 'token_missing' })
    },
  )

  it.each([null, 1, {}, [], ['Basic x'], true, Buffer.from('Bearer a.b.c'), { toString: () => 'Bearer a.b.c' }])('is refused when it is no text: %j [X58]', async (header) => {
    expect(await rejection(bench.gate.authenticate(header as unknown as string, 'c'))).toBeInstanceOf(UnauthorizedError)
  })
})

describe('a forged token is refused [X58]', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', ''])('with algorithm "%s", signed or not [X58]', async (alg) => {
    const content = `${encode(bench.header({ alg }))}.${encode(bench.claims())}`
    for (const token of [`${content}.`, content, `${content}.x`, bench.token(bench.claims(), bench.header({ alg }))]) expect(await bench.refusal(token)).toBe(invalid)
  })

  it('with the public key as a shared secret [X58]', async () => {
    const { publicJwk } = bench.issuer
    const bytes = Buffer.from(String(publicJwk.x), 'base64url')
    for (const secret of [bytes, String(publicJwk.x), JSON.stringify(publicJwk), bytes.toString('hex'), '', String(publicJwk.kid)]) {
      for (const alg of ['HS256', 'EdDSA']) expect(await bench.refusal(bench.hmacToken(secret, bench.header({ alg })))).toBe(invalid)
    }
  })

  it('with another key, or another kind of key [X58]', async () => {
    expect(await bench.refusal(bench.token(bench.claims(), bench.header(), otherKey))).toBe(invalid)
    for (const alg of ['RS256', 'EdDSA', 'PS256']) expect(await bench.refusal(bench.token(bench.claims(), bench.header({ alg }), rsaKey))).toBe(invalid)
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

  it.each(['other', '', '../../etc/passwd', "' OR 1=1 --", 'constructor', '__proto__'])('with the key id "%s" [X58]', async (kid) => {
    expect(await bench.refusal(bench.token(bench.claims(), bench.header({ kid }), otherKey))).toBe(invalid)
    if (kid !== '') expect(await bench.refusal(bench.token(bench.claims(), bench.header({ kid })))).toBe(invalid)
  })

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
      expect((await rejection(bench.enter(good().replace('.', `.${space}`)))) as { code: string }).toMatchObject({ name: 'UnauthorizedError' })
    }
  })

  it('one that is too long, before it is looked at [X20, X58]', async () => {
    expect(await bench.refusal(bench.token(bench.claims({ filler: 'x'.repeat(6_300) })))).toBe(invalid)
    expect((await bench.enter(bench.token(bench.claims({ filler: 'x'.repeat(5_500) })))).tenant).toBe('alpha')
    const began = performance.now()
    for (const huge of ['a'.repeat(10_000_000), `${'a.'.repeat(5_000_000)}a`, `a.b.${'-'.repeat(10_000_000)}`]) expect(await bench.refusal(huge)).toBe(invalid)
    expect(performance.now() - began).toBeLessThan(2_000)
  })

  it('anything [X58]', async () => {
    const part = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.json().map(encode))
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }).map((parts) => parts.join('.')), async (token) => {
        expect(await rejection(bench.enter(token))).toBeInstanceOf(UnauthorizedError)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a token with the right signature', () => {
  it.each<[string, Json]>([
    ['another issuer', { iss: 'elsewhere' }],
    ['several issuers', { iss: ['plinth'] }],
    ['no issuer', { iss: undefined }],
    ['another audience', { aud: 'elsewhere' }],
    ['no audience', { aud: undefined }],
    ['an empty audience', { aud: [] }],
    ['no expiry', { exp: undefined }],
    ['an expiry that is text', { exp: '9999999999' }],
    ['an expiry of null', { exp: null }],
    ['a beginning that is text', { nbf: 'now' }],
    ['no tenant', { tenant_id: undefined }],
    ['a tenant of null', { tenant_id: null }],
    ['an empty tenant', { tenant_id: '' }],
    ['an array of tenants', { tenant_id: ['alpha'] }],
    ['a number for a tenant', { tenant_id: 1 }],
    ['an object for a tenant', { tenant_id: { toString: 'alpha' } }],
    ['true for a tenant', { tenant_id: true }],
    ['a tenant that is too long', { tenant_id: 'a'.repeat(64) }],
    ['no user', { user_id: undefined, sub: undefined }],
    ['a number for a user', { user_id: 1 }],
    ['an empty user', { user_id: '' }],
    ['a user that is too long', { user_id: 'a'.repeat(257) }],
    ['permissions that are text', { permissions: '*' }],
    ['permissions that are numbers', { permissions: [1] }],
    ['permissions that are an object', { permissions: { '*': true } }],
    ['too many permissions', { permissions: new Array(101).fill('requests:read') }],
  ])('but %s is refused, before the tenant is looked up [R94, R97, X58, X60]', async (_, changes) => {
    expect(await bench.refusal(bench.token(bench.claims(changes)))).toBe(invalid)
    expect(bench.lookups).toEqual([])
  })

  it.each(['nobody', 'ALPHA', ' alpha', 'alpha\u0000', 'alpha/../beta', systemTenant, '*', '__proto__', 'alpha\u200b'])(
    'but of a tenant that does not exist is refused: %j [R95, X60]',
    async (tenant) => {
      expect(await bench.refusal(bench.token(bench.claims({ tenant_id: tenant })))).toBe('UnauthorizedError tenant_unknown')
    },
  )

  it('holds from nbf to exp, five seconds of difference allowed [X58]', async () => {
    const token = bench.token(bench.claims({ nbf: bench.now + 100, exp: bench.now + 200 }))
    const start = bench.clock.now()
    const at = (seconds: number): Promise<string> => {
      bench.clock.jump(start + seconds * 1_000)
      // A new gate each time, which has nothing kept.
      const gate = new Authenticator({ registry: bench.registry, issuer: bench.issuer, clock: bench.clock })
      return gate.authenticate(`Bearer ${token}`, 'c').then(
        () => 'holds',
        (error: { code: string }) => error.code,
      )
    }
    expect(await at(0)).toBe('token_invalid')
    expect(await at(94)).toBe('token_invalid')
    for (const seconds of [95, 100, 200, 204.9]) expect(await at(seconds)).toBe('holds')
    for (const seconds of [205, 300]) expect(await at(seconds)).toBe('token_expired')
  })
})

describe('what a refusal says [R97, R127, X59]', () => {
  it('is the same for all that is wrong with a token, and holds nothing of it', async () => {
    const tokens = [bench.token(bench.claims(), bench.header(), otherKey), 'a.b.c', bench.token(bench.claims({ aud: 'secret-audience' }))]
    for (const token of tokens) {
      const error = (await rejection(bench.enter(token))) as UnauthorizedError
      expect(error.message).toBe('Token validation failed.')
      expect([error.field, error.retryAfter, error.retryable]).toEqual([undefined, undefined, false])
    }
  })

  it('tells no identity (unauthorised) from a tenant that may not work (forbidden) [R95, R127, X59]', async () => {
    const token = bench.token()
    await bench.registry.setStatus('alpha', 'suspended')
    const suspended = await rejection(bench.enter(token))
    expect(suspended).toBeInstanceOf(ForbiddenError)
    expect(suspended).not.toBeInstanceOf(UnauthorizedError)
    expect(suspended).toMatchObject({ code: 'tenant_suspended' })
    await bench.registry.setStatus('alpha', 'offboarded')
    expect(await bench.refusal(token)).toBe('ForbiddenError tenant_offboarded')
    const unknown = await rejection(bench.enter(bench.token(bench.claims({ tenant_id: 'nobody' }))))
    expect(unknown).toBeInstanceOf(UnauthorizedError)
    expect(unknown).toMatchObject({ code: 'tenant_unknown', message: 'Invalid or inactive tenant.' })
  })
})
