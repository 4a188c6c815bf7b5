import { beforeEach, describe, expect, it } from 'vitest'
import { rejection } from '../src/contracts/index.ts'
import { Authenticator, ForbiddenError, systemTenant, UnauthorizedError } from '../src/index.ts'
import { type Json, otherKey, TokenBench } from './token-bench.ts'

const invalid = 'UnauthorizedError token_invalid'
let bench: TokenBench

beforeEach(async () => {
  bench = await TokenBench.open()
})

describe('a good token', () => {
  it('gives the caller: tenant, user, permissions, settings [R93, R94, R98]', async () => {
    const caller = await bench.enter(bench.token())
    expect(caller).toMatchObject({
      tenant: 'alpha',
      user: 'ada',
      correlationId: 'correlation',
      settings: { tenant_id: 'alpha', status: 'active' },
    })
    expect([...caller.permissions]).toEqual(['requests:read'])
  })

  it('of our issuer holds, for as long as it was made for [R94]', async () => {
    const token = await bench.issuer.sign({ tenant: 'beta', user: 'bob', permissions: ['*'], lifetime: 60 })
    expect(await bench.enter(token)).toMatchObject({ tenant: 'beta', user: 'bob' })
    await bench.clock.advance(66_000)
    expect(await bench.refusal(token)).toBe('UnauthorizedError token_expired')
  })

  it('of our issuer may grant everything, but no word that is no permission [R94, R96]', async () => {
    const permissions = ['*', 'tenants:admin', 'nonsense']
    const caller = await bench.enter(bench.token(bench.claims({ permissions })))
    expect([...caller.permissions]).toEqual(['*', 'tenants:admin'])
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
  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    token,
    `Basic ${token}`,
    `Bearer  ${token}`,
    `Bearer\t${token}`,
    ` Bearer ${token}`,
    `Bearer ${token} `,
    `Bearer ${token}\n`,
    `Bearer ${token} ${token}`,
  ])('is refused as such: %j [R97, X58]', async (header) => {
    expect(await rejection(bench.gate.authenticate(header, 'c'))).toMatchObject({
      name: 'UnauthorizedError',
      code: 'token_missing',
    })
  })

  it.each([null, 1, {}, [], ['Basic x'], true, Buffer.from('Bearer a.b.c'), { toString: () => 'Bearer a.b.c' }])(
    'is refused when it is no text: %j [X58]',
    async (header) => {
      expect(await rejection(bench.gate.authenticate(header as unknown as string, 'c'))).toBeInstanceOf(UnauthorizedError)
    },
  )

  it('is refused when it is a list, be there a good token in it [X58]', async () => {
    const header = [`Bearer ${bench.token()}`] as unknown as string
    expect(await rejection(bench.gate.authenticate(header, 'c'))).toMatchObject({ code: 'token_missing' })
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
    const tokens = [
      bench.token(bench.claims(), bench.header(), otherKey),
      'a.b.c',
      bench.token(bench.claims({ aud: 'secret-audience' })),
    ]
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
