import { audience, defineCollection, localIssuer, type Operator } from '@plinth/core'
import { importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'
import { z } from 'zod'

/** The issuer's own key, as the server keeps it: to sign what the issuer never would. */
export async function issuerKey(operator: Operator): Promise<JWK> {
  const keys = defineCollection<{ made: number }, { private_jwk: string }>({
    name: 'issuer-keys',
    schema: 1,
    plain: z.strictObject({ made: z.number() }),
    sealed: ['private_jwk'],
    lists: {},
  })
  const record = await operator.system.get(keys, { partition: 'issuer', sort: 'current' })
  return JSON.parse((await record?.open('private_jwk')) ?? '') as JWK
}

/** Claims that pass; a test spoils one of them. */
export function goodClaims(): JWTPayload {
  const now = Math.floor(Date.now() / 1000)
  return { tenant_id: 'demo', user_id: 'ann', permissions: ['*'], iss: localIssuer, aud: audience, iat: now, exp: now + 600 }
}

/** Signs any claims with any key. */
export async function signWith(jwk: JWK, claims: JWTPayload, header: Readonly<Record<string, unknown>> = {}): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', ...(jwk.kid ? { kid: jwk.kid } : {}), ...header })
    .sign(await importJWK(jwk, 'EdDSA'))
}

/** A token put together by hand, for algorithms that no library signs with. */
export function assemble(header: object, claims: object, signature: string): string {
  return `${encode(header)}.${encode(claims)}.${signature}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
