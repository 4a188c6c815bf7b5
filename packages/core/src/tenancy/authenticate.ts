import { createLocalJWKSet, errors, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { z } from 'zod'
import { sha256 } from '../crypto.ts'
import { UnauthorizedError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import { type Caller, mintCaller } from '../scope/caller.ts'
import { audience, type LocalIssuer, localAlgorithm, localIssuer } from './issuer.ts'
import type { TenantRegistry } from './registry.ts'

/** What a token says, once its signature holds. Types are checked: a tenant given as an array or number is refused. */
interface Claims {
  readonly tenant: string
  readonly user: string
  readonly permissions: ReadonlySet<string>
  /** Seconds since 1970. */
  readonly expires: number
}

const claimsSchema = z.object({
  tenant_id: z.string().min(1).max(63),
  user_id: z.string().min(1).max(256).optional(),
  sub: z.string().min(1).max(256).optional(),
  permissions: z.array(z.string().max(64)).max(100).default([]),
  exp: z.number(),
})

/** Three non-empty base64url segments: jose alone also takes white space and odd characters inside them. */
const shape = /^[\w-]+\.[\w-]+\.[\w-]+$/
const longest = 8 * 1024
const cached = 10_000
/** Clocks of issuer and server may differ by so many seconds. */
const leeway = 5

/**
 * The gate: turns a bearer token into a {@link Caller}, or refuses. Claims that were verified are kept under the full
 * SHA-256 of the token until it expires; the tenant is looked up each time, so that suspending it works at once.
 */
export class Authenticator {
  readonly #registry: TenantRegistry
  readonly #clock: Clock
  readonly #keys: JWTVerifyGetKey
  readonly #verified = new Map<string, Claims>()

  constructor(parts: { readonly registry: TenantRegistry; readonly issuer: LocalIssuer; readonly clock: Clock }) {
    this.#registry = parts.registry
    this.#clock = parts.clock
    this.#keys = createLocalJWKSet(parts.issuer.jwks())
  }

  /**
   * validate_tenant_access of the seed (R93–R98), but with the signature checked (X58).
   * @param authorization the header as it came, or undefined.
   * @throws UnauthorizedError `token_missing`, `token_invalid`, `token_expired`, `tenant_unknown`; ForbiddenError for a tenant that may not work.
   */
  async authenticate(authorization: string | undefined, correlationId: string): Promise<Caller> {
    const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined) throw new UnauthorizedError('token_missing', 'Send a bearer token.')
    if (token.length > longest || !shape.test(token) || !token.split('.').every(isCanonical)) throw invalid()
    const digest = sha256(token)
    const claims = this.#kept(digest) ?? (await this.#verify(token, digest))
    const settings = await this.#registry.active(claims.tenant)
    return mintCaller({ settings, user: claims.user, permissions: claims.permissions, correlationId })
  }

  #kept(digest: string): Claims | undefined {
    const claims = this.#verified.get(digest)
    if (!claims) return undefined
    if (claims.expires + leeway > this.#clock.now() / 1000) return claims
    this.#verified.delete(digest)
    throw new UnauthorizedError('token_expired', 'Token validation failed: the token has expired.')
  }

  async #verify(token: string, digest: string): Promise<Claims> {
    const { payload } = await jwtVerify(token, this.#keys, {
      algorithms: [localAlgorithm],
      issuer: localIssuer,
      audience,
      requiredClaims: ['exp', 'tenant_id'],
      clockTolerance: leeway,
      currentDate: new Date(this.#clock.now()),
    }).catch((cause: unknown) => {
      if (cause instanceof errors.JWTExpired) {
        throw new UnauthorizedError('token_expired', 'Token validation failed: the token has expired.', { cause })
      }
      throw invalid(cause)
    })
    const parsed = claimsSchema.safeParse(payload)
    const user = parsed.data?.user_id ?? parsed.data?.sub
    if (!parsed.success || user === undefined) throw invalid(parsed.error)
    const { tenant_id, permissions, exp } = parsed.data
    const claims: Claims = { tenant: tenant_id, user, permissions: new Set(permissions), expires: exp }
    const oldest = this.#verified.keys().next()
    if (this.#verified.size >= cached && !oldest.done) this.#verified.delete(oldest.value)
    this.#verified.set(digest, claims)
    return claims
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * Whether base64url has no spare bits set at its end. With them one token would have several spellings, and a list or cache
 * of tokens would not know them all (RFC 4648, 3.5).
 */
function isCanonical(segment: string): boolean {
  const spare = [0, undefined, 0b1111, 0b11][segment.length % 4]
  return spare !== undefined && (alphabet.indexOf(segment.at(-1) ?? '') & spare) === 0
}

function invalid(cause?: unknown): UnauthorizedError {
  return new UnauthorizedError('token_invalid', 'Token validation failed.', { cause })
}
