import { beforeEach, describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { UnauthorizedError } from '../../src/index.ts'
import { forgeries } from './forgeries.ts'
import { IssuerBench, invalid, publicJwk, rsa, rsaIssuer, signedToken, weakRsa } from './issuer-bench.ts'
import { naughtyStrings } from './naughty-strings.ts'
import { wrongClaims, wrongSpellings } from './wrong-tokens.ts'

let bench: IssuerBench

beforeEach(async () => {
  bench = await IssuerBench.open()
})

it('tokens of each kind are taken when nothing is wrong with them: the ground of what follows', async () => {
  for (const token of [bench.token(), bench.ecToken(), bench.edToken(), bench.local.token()])
    expect((await bench.enter(token)).tenant).toBe('alpha')
  const psIssuer = { ...rsaIssuer, algorithms: ['PS256'] as const }
  bench.gate = bench.newGate({ trusted: [psIssuer] })
  expect((await bench.enter(signedToken({ alg: 'PS256', kid: 'rsa-1' }, bench.claims(), rsa, 'PS256'))).tenant).toBe('alpha')
  expect((await bench.enter(signedToken({ alg: 'PS256' }, bench.claims(), rsa, 'PS256'))).tenant).toBe('alpha')
  expect(await bench.refusal(bench.token())).toBe(invalid)
})

describe('a forged token of a trusted issuer is refused as invalid, before its tenant is looked up', () => {
  it.each([...forgeries, ...wrongClaims, ...wrongSpellings])('%s [X58, X60]', async (_, make) => {
    const tokens = [make(bench)].flat()
    expect(tokens.length).toBeGreaterThan(0)
    for (const token of tokens) {
      // White space ends what is taken for a bearer token.
      const expected = /\s/.test(token) ? 'UnauthorizedError token_missing' : invalid
      expect(await bench.refusal(token), token).toBe(expected)
    }
    expect(bench.lookups).toEqual([])
    expect(bench.outbound.requests).toEqual([])
  })
})

describe('a key of the issuer that is not for this is passed over [X58]', () => {
  const good = publicJwk(rsa, { kid: 'rsa-1' })
  it.each<[string, unknown]>([
    ['for encryption', { ...good, use: 'enc' }],
    ['with a use that nobody knows', { ...good, use: 'tls' }],
    ['with operations that lack this', { ...good, key_ops: ['encrypt'] }],
    ['with no operations', { ...good, key_ops: [] }],
    ['with an operation twice', { ...good, key_ops: ['verify', 'verify'] }],
    ['for another algorithm', { ...good, alg: 'PS256' }],
    ['for an algorithm of encryption', { ...good, alg: 'RSA-OAEP' }],
    ['of 2040 bits', publicJwk(weakRsa, { kid: 'rsa-1' })],
    [
      'of 2048 bits, of which the first are zero',
      {
        ...publicJwk(weakRsa, { kid: 'rsa-1' }),
        n: Buffer.concat([Buffer.alloc(1), Buffer.from(publicJwk(weakRsa).n ?? '', 'base64url')]).toString('base64url'),
      },
    ],
    ['without a modulus', { ...good, n: undefined }],
    ['whose modulus is no base64', { ...good, n: '!' }],
    ['whose modulus is a number', { ...good, n: 1 }],
    ['whose private half is shown', { ...rsa.export({ format: 'jwk' }), kid: 'rsa-1' }],
    ['that is a shared secret', { kty: 'oct', k: 'AAAA', kid: 'rsa-1', alg: 'HS256' }],
    ['with a key id that is no text', { ...good, kid: ['rsa-1'] }],
    ['that is no object', 'rsa-1'],
    ['that is null', null],
  ])('%s [X58]', async (_, key) => {
    const signer = (key as { n?: string } | null)?.n === good.n ? rsa : weakRsa
    const remote = await IssuerBench.remote()
    remote.served = { keys: [key] }
    for (const header of [{ alg: 'RS256', kid: 'rsa-1' }, { alg: 'RS256' }])
      expect(await remote.refusal(remote.token(remote.claims(), header, signer))).toBe(invalid)
    expect(remote.outbound.requests.length).toBeGreaterThan(0)
    // Beside a good one it does no harm.
    const beside = await IssuerBench.remote()
    beside.served = { keys: [key, { ...good, kid: 'rsa-2' }] }
    expect(await beside.outcome(beside.token(beside.claims(), { alg: 'RS256', kid: 'rsa-2' }))).toBe('alpha')
  })

  it('but one that says what it is for is taken', async () => {
    const remote = await IssuerBench.remote()
    remote.served = { keys: [{ ...good, alg: 'RS256', use: 'sig', key_ops: ['verify'], x5t: 'x', x5c: ['x'], ext: 'x' }] }
    expect(await remote.outcome(remote.token())).toBe('alpha')
  })

  it('and so are two that both fit: none is tried out [X58]', async () => {
    const remote = await IssuerBench.remote()
    remote.served = { keys: [good, { ...publicJwk(rsa), kid: 'rsa-2' }] }
    expect(await remote.refusal(remote.token(remote.claims(), { alg: 'RS256' }))).toBe(invalid)
    expect(await remote.outcome(remote.token())).toBe('alpha')
  })
})

describe('whatever stands in the header, the answer is 401, and the store is not read [X58]', () => {
  it('as a bearer token', async () => {
    for (const text of naughtyStrings) {
      for (const header of [text, `Bearer ${text}`, `Bearer ${text}.${text}.${text}`, `bearer\t${text}`, `${text} ${text}`])
        expect(await rejection(bench.gate.authenticate(header, 'c')), header).toBeInstanceOf(UnauthorizedError)
    }
    expect(bench.lookups).toEqual([])
    expect(bench.outbound.requests).toEqual([])
  })

  it('as a virtual key, without the part that knows them', async () => {
    for (const text of ['', ...naughtyStrings])
      expect(await rejection(bench.gate.authenticate(`Bearer plk_${text.replace(/\s/g, '')}`, 'c')), text).toMatchObject({
        code: 'token_invalid',
      })
    expect(bench.lookups).toEqual([])
  })

  it('as a key id or an issuer', async () => {
    for (const text of naughtyStrings) {
      expect(await bench.refusal(bench.token(bench.claims(), { alg: 'RS256', kid: text })), text).toBe(invalid)
      expect(await bench.refusal(bench.token(bench.claims(), { alg: text, kid: 'rsa-1' })), text).toBe(invalid)
      expect(await bench.refusal(bench.token(bench.claims({ iss: text }))), text).toBe(invalid)
    }
    expect(bench.lookups).toEqual([])
  })

  it('as the tenant of a good token: nothing is written or found [R95, X60]', async () => {
    for (const text of naughtyStrings)
      expect(await bench.outcome(bench.token(bench.claims({ tenant_id: text }))), text).toMatch(
        /^UnauthorizedError t(oken_invalid|enant_unknown)$/,
      )
  })
})
