import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { InvalidInputError, openStatement, type StatementKeys, statementKeys } from '../../src/index.ts'
import { signStatement } from '../../src/tenancy/statement.ts'

const issuer = 'plinth'
const claims = { tenant_id: 'acme', lines: 3, at: 1_800_000_000 }
let privateJwk: JWK
let publicJwk: JWK
let keys: StatementKeys
let statement: string

beforeAll(async () => {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  privateJwk = { ...(await exportJWK(pair.privateKey)), kid: 'one' }
  publicJwk = { ...(await exportJWK(pair.publicKey)), kid: 'one' }
  keys = await statementKeys({ keys: [publicJwk] })
  statement = await signStatement(claims, { issuer, privateJwk })
})

const opened = (text: string) => openStatement(text, { issuer, keys })

describe('a statement', () => {
  it('opens with the public key, for its claims', async () => {
    expect(await opened(statement)).toEqual({ claims: { ...claims, iss: issuer, aud: 'plinth-statement' }, keyId: 'one' })
  })

  it('opens for its own issuer only', async () => {
    expect(await openStatement(statement, { issuer: 'plinth@eu', keys })).toEqual({ problem: 'forged' })
  })

  it('changed in any letter does not open', async () => {
    for (let at = 0; at < statement.length; at++) {
      const other = statement[at] === 'A' ? 'B' : 'A'
      const result = await opened(statement.slice(0, at) + other + statement.slice(at + 1))
      expect(result, `letter ${at}`).toHaveProperty('problem')
    }
  })

  it('is no token, and no token is a statement', async () => {
    const sign = async (header: object, audience: string) =>
      new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'EdDSA', kid: 'one', ...header })
        .setIssuer(issuer)
        .setAudience(audience)
        .sign(await importJWK(privateJwk, 'EdDSA'))
    expect(await opened(await sign({ typ: 'JWT' }, 'plinth-statement'))).toEqual({ problem: 'malformed' })
    expect(await opened(await sign({}, 'plinth-statement'))).toEqual({ problem: 'malformed' })
    expect(await opened(await sign({ typ: 'plinth-statement+jwt' }, 'plinth'))).toEqual({ problem: 'forged' })
    expect(await opened(await sign({ typ: 'plinth-statement+jwt' }, 'plinth-statement'))).toHaveProperty('claims')
  })

  it('by a key that is not in the set', async () => {
    const none = await statementKeys({ keys: [] })
    expect(await openStatement(statement, { issuer, keys: none })).toEqual({ problem: 'unknown_key' })
    const renamed = await statementKeys({ keys: [{ ...publicJwk, kid: 'two' }] })
    expect(await openStatement(statement, { issuer, keys: renamed })).toEqual({ problem: 'unknown_key' })
  })
})

describe('a key set', () => {
  it('passes over keys that sign no statements, and private ones', async () => {
    const others = [
      null,
      7,
      { kty: 'RSA', kid: 'one', n: 'AQAB', e: 'AQAB' },
      { ...privateJwk, kid: 'private' },
      { ...publicJwk, kid: undefined },
    ]
    const found = await statementKeys({ keys: [...others, publicJwk] })
    expect(await openStatement(statement, { issuer, keys: found })).toHaveProperty('claims')
  })

  it.each<[string, () => unknown]>([
    ['nothing', () => null],
    ['a list', () => [publicJwk]],
    ['no list of keys', () => ({ keys: {} })],
    ['a key twice', () => ({ keys: [publicJwk, publicJwk] })],
    ['a point that is none', () => ({ keys: [{ ...publicJwk, x: 'AQAB' }] })],
  ])('that is %s is refused', async (_, set) => {
    await expect(statementKeys(set())).rejects.toThrow(InvalidInputError)
  })
})
