import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import { z } from 'zod'
import { type Collection, defineCollection } from '../define/collection.ts'
import { ConflictError } from '../errors.ts'
import type { Operator } from '../scope/operator.ts'
import { insert } from '../scope/state.ts'
import { signStatement } from './statement.ts'

/** `iss` of the tokens that Plinth makes itself. */
export const localIssuer = 'plinth'
/** `iss` of what the Plinth of one region sends to another's: its keys are where its URL says, its tenants as it is trusted with. */
export function peerIssuer(region: string): string {
  return `${localIssuer}@${region}`
}
/** `aud` of every token for this API. */
export const audience = 'plinth'
/** The one algorithm of the local issuer. */
export const localAlgorithm = 'EdDSA'

interface IssuerKey {
  readonly made: number
}

const issuerKeys: Collection<IssuerKey, { private_jwk: string }> = defineCollection<IssuerKey, { private_jwk: string }>({
  name: 'issuer-keys',
  schema: 1,
  plain: z.strictObject({ made: z.number() }),
  sealed: ['private_jwk'],
  lists: {},
})

export interface TokenRequest {
  readonly tenant: string
  /** The tenant that its bearer signed in with, where that is another: the token is good while both may work. */
  readonly ownTenant?: string | undefined
  readonly user: string
  readonly permissions: readonly string[]
  readonly groups?: readonly string[]
  /** Seconds. */
  readonly lifetime: number
}

/** Makes the tokens of a Plinth without an identity provider. Its Ed25519 key lies sealed among the system's records. */
export class LocalIssuer {
  readonly #operator: Operator
  readonly #privateJwk: JWK
  readonly publicJwk: JWK

  private constructor(operator: Operator, privateJwk: JWK) {
    const { d, ...publicJwk } = privateJwk
    this.#operator = operator
    this.#privateJwk = privateJwk
    this.publicJwk = publicJwk
  }

  /** Loads the key, or makes it on the first start. */
  static async open(operator: Operator): Promise<LocalIssuer> {
    const place = { partition: 'issuer', sort: 'current' }
    const kept = await operator.system.get(issuerKeys, place)
    if (kept) return new LocalIssuer(operator, JSON.parse((await kept.open('private_jwk')) ?? '') as JWK)
    const { privateKey } = await generateKeyPair(localAlgorithm, { crv: 'Ed25519', extractable: true })
    const bare = await exportJWK(privateKey)
    const jwk: JWK = { ...bare, alg: localAlgorithm, use: 'sig', kid: await calculateJwkThumbprint(bare) }
    try {
      await operator.system.commit({
        writes: [insert(issuerKeys, place, { made: operator.clock.now() }, { private_jwk: JSON.stringify(jwk) })],
      })
    } catch (error) {
      if (error instanceof ConflictError) return LocalIssuer.open(operator)
      throw error
    }
    return new LocalIssuer(operator, jwk)
  }

  /** The key set of `/.well-known/jwks.json`. */
  jwks(): { keys: JWK[] } {
    return { keys: [this.publicJwk] }
  }

  /** Signs what Plinth states of itself; no bearer token, since its audience is its own. */
  signStatement(claims: Readonly<Record<string, string | number>>): Promise<string> {
    return signStatement(claims, { issuer: localIssuer, privateJwk: this.#privateJwk })
  }

  /**
   * A token for a tenant; whether the tenant exists is the caller's to check.
   * @param issuer {@link localIssuer}, or for another Plinth {@link peerIssuer}.
   */
  async sign(request: TokenRequest, issuer: string = localIssuer): Promise<string> {
    const now = Math.floor(this.#operator.clock.now() / 1000)
    const { tenant: tenant_id, ownTenant: own_tenant_id, user: user_id, groups = [] } = request
    const claims = { tenant_id, user_id, permissions: [...request.permissions] }
    return new SignJWT({
      ...claims,
      ...(own_tenant_id === undefined ? {} : { own_tenant_id }),
      ...(groups.length === 0 ? {} : { groups: [...groups] }),
    })
      .setProtectedHeader({ alg: localAlgorithm, kid: String(this.publicJwk.kid), typ: 'JWT' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(user_id)
      .setIssuedAt(now)
      .setExpirationTime(now + request.lifetime)
      .sign(await importJWK(this.#privateJwk, localAlgorithm))
  }
}
