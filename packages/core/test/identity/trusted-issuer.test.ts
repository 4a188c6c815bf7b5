import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allows, allPermissions, InvalidInputError, type Permission, userPermissions } from '../../src/index.ts'
import { readTrustedIssuers, type TrustedIssuer } from '../../src/tenancy/identity/trusted-issuer.ts'
import type { Json } from '../token-bench.ts'
import { IssuerBench, invalid, keysUrl, publicJwk, rsa, rsaIssuer, unknown, weakRsa } from './issuer-bench.ts'

const good = {
  issuer: 'https://rsa.example',
  audience: 'plinth',
  algorithms: ['RS256'],
  tenants: ['alpha'],
  keys: 'https://rsa.example/jwks.json',
} as const
const padded = Buffer.concat([Buffer.alloc(8), Buffer.from(publicJwk(weakRsa).n ?? '', 'base64url')]).toString('base64url')
const key = publicJwk(rsa, { kid: 'rsa-1' })

function problem(...issuers: readonly unknown[]): { field: string | undefined; message: string } {
  try {
    readTrustedIssuers(JSON.stringify(issuers))
  } catch (error) {
    if (error instanceof InvalidInputError) return { field: error.field, message: error.message }
    throw error
  }
  return { field: 'none', message: '' }
}

describe('a list of trusted issuers', () => {
  it('is read from JSON', () => {
    const whole = {
      ...good,
      tenants: '*',
      algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'],
      permissions: ['requests:read', '*'],
      keys: { keys: [key] },
      claims: { tenant: 'custom:tenant_id', user: 'email', permissions: 'roles', groups: 'cognito:groups' },
    }
    expect(readTrustedIssuers(JSON.stringify([good]))).toEqual([good])
    expect(readTrustedIssuers(JSON.stringify([whole, { ...good, issuer: 'other' }]))).toEqual([
      whole,
      { ...good, issuer: 'other' },
    ])
    expect(readTrustedIssuers('[]')).toEqual([])
  })

  it.each<[string, string, unknown]>([
    ['no issuer', '0.issuer', { ...good, issuer: undefined }],
    ['an empty issuer', '0.issuer', { ...good, issuer: '' }],
    ['the local issuer', '0.issuer', { ...good, issuer: 'plinth' }],
    ['no audience', '0.audience', { ...good, audience: undefined }],
    ['several audiences', '0.audience', { ...good, audience: ['plinth'] }],
    ['no algorithms', '0.algorithms', { ...good, algorithms: [] }],
    ['one algorithm, not in a list', '0.algorithms', { ...good, algorithms: 'RS256' }],
    ['algorithm none', '0.algorithms.0', { ...good, algorithms: ['none'] }],
    ['a shared secret', '0.algorithms.1', { ...good, algorithms: ['RS256', 'HS256'] }],
    ['an algorithm of the same kind', '0.algorithms.0', { ...good, algorithms: ['RS512'] }],
    ['no tenants', '0.tenants', { ...good, tenants: undefined }],
    ['an empty list of tenants', '0.tenants', { ...good, tenants: [] }],
    ['one tenant, not in a list', '0.tenants', { ...good, tenants: 'alpha' }],
    ['a star among tenants', '0.tenants.0', { ...good, tenants: ['*'] }],
    ["the system's own tenant", '0.tenants.0', { ...good, tenants: ['_system'] }],
    ['no permission', '0.permissions.0', { ...good, permissions: ['request:read'] }],
    ['no keys', '0.keys', { ...good, keys: undefined }],
    ['an empty set', '0.keys.keys', { ...good, keys: { keys: [] } }],
    ['more than a hundred keys', '0.keys.keys', { ...good, keys: { keys: new Array(101).fill(key) } }],
    ['a list of keys', '0.keys', { ...good, keys: [key] }],
    ['a weak RSA key', '0.keys.keys.1.n', { ...good, keys: { keys: [key, publicJwk(weakRsa)] } }],
    ['a weak RSA key, made longer by zeros', '0.keys.keys.0.n', { ...good, keys: { keys: [publicJwk(weakRsa, { n: padded })] } }],
    ['a private key', '0.keys.keys.0.d', { ...good, keys: { keys: [rsa.export({ format: 'jwk' })] } }],
    ['a shared secret as key', '0.keys.keys.0.kty', { ...good, keys: { keys: [{ kty: 'oct', k: 'AA' }] } }],
    ['keys behind no URL', '0.keys', { ...good, keys: 'rsa.example/jwks.json' }],
    ['keys behind a URL with a password', '0.keys', { ...good, keys: 'https://a:b@rsa.example' }],
    ['keys without TLS', '0.keys', { ...good, keys: 'http://rsa.example/jwks.json' }],
    ['keys without TLS, nearly here', '0.keys', { ...good, keys: 'http://localhost.rsa.example/jwks.json' }],
    ['keys in a file', '0.keys', { ...good, keys: 'file:///jwks.json' }],
    ['a claim without a name', '0.claims.tenant', { ...good, claims: { tenant: '' } }],
    ['a claim that nobody knows', '0.claims.tenants', { ...good, claims: { tenants: 'a' } }],
    ['a field that nobody knows', '0.audiences', { ...good, audiences: ['plinth'] }],
    ['no object', '0', 'https://rsa.example'],
  ])('names the field of what is wrong: %s is %s', (_, field, issuer) => {
    expect(problem(issuer).field).toBe(field)
    expect(problem(issuer).message).toMatch(/^Trusted issuers: .+ \w+/)
    expect(problem({ ...good, issuer: 'first' }, issuer).field).toBe(field.replace('0', '1'))
  })

  it('has each issuer once', () => {
    expect(problem(good, { ...good, audience: 'other' }).field).toBe('1.issuer')
  })

  it.each(['', '{}', '[', 'null', '{"0":1}', '[{"issuer":"a","issuer":"b"}]'])(
    'is no other JSON, and nothing twice: %s',
    (json) => {
      expect(() => readTrustedIssuers(json)).toThrow(InvalidInputError)
    },
  )

  it('may have its keys on this machine without TLS', () => {
    for (const keys of ['http://localhost:8080/jwks', 'http://127.0.0.1/jwks', 'http://[::1]:8080/jwks'])
      expect(problem({ ...good, keys }).field).toBe('none')
  })

  it('is checked by the gate too, however it was made', async () => {
    const bench = await IssuerBench.open()
    for (const wrong of [{ keys: { keys: [publicJwk(weakRsa)] } }, { algorithms: ['HS256'] }, { issuer: 'plinth' }])
      expect(() => bench.newGate({ trusted: [{ ...rsaIssuer, ...wrong } as TrustedIssuer] })).toThrow(InvalidInputError)
  })

  it('is refused at the start when its URL may not be called, or nothing is there to call it', async () => {
    const bench = await IssuerBench.open()
    const trusted = [{ ...rsaIssuer, keys: 'https://169.254.169.254/jwks' }]
    expect(() => bench.newGate({ trusted })).toThrow(
      expect.objectContaining({ name: 'InvalidInputError', code: 'address_refused' }),
    )
    expect(() => bench.newGate({ trusted: [{ ...rsaIssuer, keys: keysUrl }], outbound: undefined })).toThrow(
      expect.objectContaining({ field: 'outbound' }),
    )
  })
})

describe('an issuer speaks for its tenants only', () => {
  it('and of others its tokens never tell whether they are there [R95, X58, X67]', async () => {
    const bench = await IssuerBench.open({ trusted: [{ ...rsaIssuer, tenants: ['alpha', 'gone'] }] })
    expect(await bench.outcome(bench.token())).toBe('alpha')
    bench.lookups.length = 0
    await bench.local.registry.create('suspended', 'Suspended')
    await bench.local.registry.setStatus('suspended', 'suspended')
    // There, not there, not there but allowed, and one that would be forbidden.
    for (const tenant_id of ['beta', 'nobody', 'suspended', 'ALPHA', 'alpha ', 'alph', 'alphabet', '_system', '*'])
      expect(await bench.refusal(bench.token(bench.claims({ tenant_id })))).toBe(unknown)
    expect(bench.lookups).toEqual([])
    expect(await bench.refusal(bench.token(bench.claims({ tenant_id: 'gone' })))).toBe(unknown)
    expect(bench.lookups).toEqual(['gone'])
  })

  it('also from memory: a token of another is looked at each time [X67]', async () => {
    const bench = await IssuerBench.open({ trusted: [{ ...rsaIssuer, tenants: ['alpha'] }] })
    const token = bench.token(bench.claims({ tenant_id: 'beta' }))
    for (let round = 0; round < 3; round++) expect(await bench.refusal(token)).toBe(unknown)
  })

  it('unless it is trusted for all', async () => {
    const bench = await IssuerBench.open()
    for (const tenant_id of ['alpha', 'beta'])
      expect(await bench.outcome(bench.token(bench.claims({ tenant_id })))).toBe(tenant_id)
  })

  it('and says so with its own audience', async () => {
    const bench = await IssuerBench.open({ trusted: [{ ...rsaIssuer, audience: 'client-1' }] })
    expect(await bench.outcome(bench.token(bench.claims({ aud: 'client-1' })))).toBe('alpha')
    expect(await bench.outcome(bench.token(bench.claims({ aud: ['x', 'client-1'] })))).toBe('alpha')
    expect(await bench.refusal(bench.token())).toBe(invalid)
  })
})

describe('what an issuer grants', () => {
  async function granted(issuer: Partial<TrustedIssuer>, permissions: readonly string[] | undefined): Promise<string[]> {
    const bench = await IssuerBench.open({ trusted: [{ ...rsaIssuer, ...issuer }] })
    return [...(await bench.enter(bench.token(bench.claims({ permissions })))).permissions].sort()
  }

  it('is what a user may have, unless it is trusted with more: no star makes an administrator [R96, X58]', async () => {
    expect(await granted({}, ['*'])).toEqual([...userPermissions].sort())
    expect(await granted({}, ['tenants:admin', 'requests:read'])).toEqual(['requests:read'])
    expect(await granted({ permissions: ['tenants:admin', 'rag:read'] }, ['*'])).toEqual(['rag:read', 'tenants:admin'])
    expect(await granted({ permissions: ['*'] }, ['*'])).toEqual(['*'])
    expect(await granted({ permissions: ['*'] }, ['tenants:admin'])).toEqual(['tenants:admin'])
    expect(await granted({ permissions: [] }, ['*'])).toEqual([])
    expect(await granted({}, undefined)).toEqual([])
  })

  it('is nothing for words that are no permissions [R96]', async () => {
    const words = [
      'admin',
      'requests:*',
      '*:read',
      'Requests:read',
      'requests:read ',
      '',
      'requests:read,rag:read',
      '**',
      'https://api.example/read',
    ]
    expect(await granted({}, words)).toEqual([])
    expect(await granted({ permissions: ['*'] }, words)).toEqual([])
    expect(await granted({}, [...words, 'rag:write'])).toEqual(['rag:write'])
  })

  it('is never more than both the token says and the issuer may [R96, X58]', async () => {
    const words = fc.uniqueArray(fc.constantFrom<string>(...allPermissions, '*', 'nonsense'), { maxLength: 8 })
    const bench = await IssuerBench.open()
    await fc.assert(
      fc.asyncProperty(words, words, async (said, most) => {
        bench.gate = bench.newGate({ trusted: [{ ...rsaIssuer, permissions: most.filter((word) => word !== 'nonsense') }] })
        const { permissions } = await bench.enter(bench.token(bench.claims({ permissions: said })))
        const allowing = (held: Iterable<string>): Permission[] => allPermissions.filter((asked) => allows(new Set(held), asked))
        const both = allowing(said).filter((asked) => allows(new Set(most), asked))
        expect(allowing(permissions)).toEqual(both)
        for (const word of permissions) expect([...allPermissions, '*']).toContain(word)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the claims of a trusted issuer', () => {
  async function enter(issuer: Partial<TrustedIssuer>, changes: Json): ReturnType<IssuerBench['enter']> {
    const bench = await IssuerBench.open({ trusted: [{ ...rsaIssuer, ...issuer }] })
    return bench.enter(bench.token(bench.claims(changes)))
  }

  it('may have other names, and then only those count [R94]', async () => {
    const claims = { tenant: 'custom:tenant_id', user: 'email', permissions: 'roles', groups: 'cognito:groups' }
    const caller = await enter(
      { claims },
      {
        tenant_id: 'alpha',
        user_id: 'ada',
        permissions: ['rag:write'],
        groups: ['none'],
        'custom:tenant_id': 'beta',
        email: 'bob@beta.example',
        roles: ['requests:read'],
        'cognito:groups': ['staff'],
      },
    )
    expect(caller).toMatchObject({ tenant: 'beta', user: 'bob@beta.example' })
    expect([[...caller.permissions], [...caller.groups]]).toEqual([['requests:read'], ['staff']])
    await expect(enter({ claims }, { email: 'bob' })).rejects.toMatchObject({ code: 'token_invalid' })
    await expect(enter({ claims }, { email: 'bob', 'custom:tenant_id': ['beta'] })).rejects.toMatchObject({
      code: 'token_invalid',
    })
  })

  it('are the token’s own, not what every object has [X60]', async () => {
    for (const tenant of ['__proto__', 'constructor', 'toString'])
      await expect(enter({ claims: { tenant } }, {})).rejects.toMatchObject({ code: 'token_invalid' })
    // Also where somebody has spoiled all objects.
    Object.defineProperty(Object.prototype, 'tenant_id', { value: 'beta', configurable: true })
    try {
      await expect(enter({}, { tenant_id: undefined })).rejects.toMatchObject({ code: 'token_invalid' })
    } finally {
      Reflect.deleteProperty(Object.prototype, 'tenant_id')
    }
  })

  it('name a user: user_id, and sub where there is none [R94]', async () => {
    expect((await enter({}, { user_id: 'ada', sub: '0f3c' })).user).toBe('ada')
    expect((await enter({}, { user_id: undefined, sub: '0f3c' })).user).toBe('0f3c')
    expect((await enter({ claims: { user: 'email' } }, { email: undefined, sub: '0f3c' })).user).toBe('0f3c')
  })

  it('may name up to 200 groups', async () => {
    const groups = Array.from({ length: 200 }, (_, index) => `group-${index}`)
    expect((await enter({}, { groups })).groups).toEqual(new Set(groups))
    expect((await enter({}, {})).groups).toEqual(new Set())
    await expect(enter({}, { groups: [...groups, 'more'] })).rejects.toMatchObject({ code: 'token_invalid' })
  })

  it('hold for as long as they say, five seconds more or less [X58]', async () => {
    const bench = await IssuerBench.open()
    const at = (changes: Json): Promise<string> => bench.outcome(bench.token(bench.claims(changes)))
    expect(await at({ exp: bench.now - 4 })).toBe('alpha')
    expect(await at({ exp: bench.now - 5 })).toBe('UnauthorizedError token_expired')
    expect(await at({ nbf: bench.now + 5 })).toBe('alpha')
    expect(await at({ nbf: bench.now + 6 })).toBe(invalid)
    expect(await at({ iat: bench.now + 5 })).toBe('alpha')
    expect(await at({ iat: bench.now + 6 })).toBe(invalid)
    expect(await at({ iat: undefined })).toBe('alpha')
    // Expired, but not ours: it is not told that it has expired.
    expect(await at({ exp: bench.now - 5, tenant_id: 'beta', iss: 'https://attacker.example' })).toBe(invalid)
  })
})
