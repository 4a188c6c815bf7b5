import { ForbiddenError, UnauthorizedError } from '../errors.ts'
import { type Clock, timestamp } from '../ports/clock.ts'
import type { Outbound } from '../ports/outbound.ts'
import { type Caller, mintCaller, requirePermission } from '../scope/caller.ts'
import { tokenExpired, tokenInvalid, tokenMissing, tokenRevoked } from './identity/refusals.ts'
import { type TokenCheck, TokenChecks } from './identity/token-check.ts'
import { longestToken } from './identity/token-shape.ts'
import { TokenVerifier } from './identity/token-verifier.ts'
import { checkTrustedIssuers, type TrustedIssuer } from './identity/trusted-issuer.ts'
import { audience, type LocalIssuer, localAlgorithm, localIssuer } from './issuer.ts'
import type { Permission } from './permissions.ts'
import type { TenantRegistry } from './registry.ts'
import type { KeyLimits, TenantSettings } from './tenant.ts'

/** What a bearer token that is a virtual key begins with. */
export const virtualKeyPrefix = 'plk_'

/** Whom a virtual key speaks for. It was neither revoked nor expired when it was found. */
export interface VerifiedKey {
  readonly tenant: string
  readonly user: string
  readonly permissions: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  readonly keyId: string
  /** Beside its tenant's own. */
  readonly limits?: KeyLimits
}

/** A key that is good no more. Whoever sent the whole of it has shown that it is theirs, so they may know. */
export interface EndedKey {
  readonly keyId: string
  readonly ended: 'revoked' | 'expired'
  /** Milliseconds UTC. */
  readonly at: number
}

export interface VirtualKeyFinder {
  /** @param token the whole of it, prefix included: whatever a client sent, 8 KiB at most. */
  find(token: string): Promise<VerifiedKey | EndedKey | undefined>
}

/** What the seed hands on after validation (R98). */
export interface TenantContext {
  readonly tenant_id: string
  readonly user_id: string
  readonly permissions: readonly string[]
  readonly tenant_config: TenantSettings
}

export interface AuthenticatorParts {
  readonly registry: TenantRegistry
  /** Its tokens may speak for any tenant, and grant anything. */
  readonly issuer: LocalIssuer
  readonly clock: Clock
  /** Whose tokens are taken besides. */
  readonly trusted?: readonly TrustedIssuer[] | undefined
  /** For keys behind URLs. */
  readonly outbound?: Outbound | undefined
  /** Without it no virtual key is good. */
  readonly virtualKeys?: VirtualKeyFinder | undefined
}

/** What a token or a key that holds says of whose it is. */
interface ExaminedClaims {
  readonly tenant: string
  readonly ownTenant?: string | undefined
  /** Keys are revoked one by one, not by their age. */
  readonly issued: number | 'key' | undefined
}

/**
 * The gate: turns a bearer token into a {@link Caller}, or refuses. Tokens that were verified are remembered; the tenant is looked
 * up each time, so that suspending it or revoking its tokens works at once.
 */
export class Authenticator {
  readonly #registry: TenantRegistry
  readonly #tokens: TokenVerifier
  readonly #virtualKeys: VirtualKeyFinder | undefined

  /** @throws InvalidInputError for a trusted issuer that can't be trusted so, with the field at fault. */
  constructor(parts: AuthenticatorParts) {
    const own: TrustedIssuer = {
      issuer: localIssuer,
      audience,
      algorithms: [localAlgorithm],
      tenants: '*',
      permissions: ['*'],
      keys: parts.issuer.jwks(),
    }
    const issuers = [own, ...checkTrustedIssuers(parts.trusted ?? [])]
    this.#registry = parts.registry
    this.#tokens = new TokenVerifier({ issuers, clock: parts.clock, outbound: parts.outbound })
    this.#virtualKeys = parts.virtualKeys
  }

  /**
   * @param authorization the header as it came, or undefined.
   * @param at `own`: for the tenant that its bearer signed in with, whatever became of the one that a session looks at.
   * @throws UnauthorizedError `token_missing`, `token_invalid`, `token_expired`, `token_revoked`, `tenant_unknown`; ForbiddenError
   * for a tenant that may not work; UnavailableError `issuer_unavailable` when the keys of a trusted issuer can't be had.
   */
  async authenticate(authorization: string | undefined, correlationId: string, at: 'tenant' | 'own' = 'tenant'): Promise<Caller> {
    const token = typeof authorization === 'string' ? /^Bearer (\S+)$/i.exec(authorization)?.[1] : undefined
    if (token === undefined) throw tokenMissing()
    if (token.length > longestToken) throw tokenInvalid()
    if (token.startsWith(virtualKeyPrefix)) {
      const key = await this.#virtualKeys?.find(token)
      if (!key) throw tokenInvalid()
      if ('ended' in key) throw key.ended === 'revoked' ? tokenRevoked() : tokenExpired()
      const { tenant, user, permissions, groups, keyId, limits: keyLimits = {} } = key
      return mintCaller({
        settings: await this.#registry.active(tenant),
        user,
        permissions,
        groups,
        keyId,
        keyLimits,
        correlationId,
      })
    }
    const { tenant, ownTenant = tenant, user, permissions, groups, issued } = await this.#tokens.verify(token)
    const own = await this.#registry.active(ownTenant)
    const settings = at === 'own' || ownTenant === tenant ? own : await this.#registry.active(tenant)
    if (isOlder(issued, own) || isOlder(issued, settings)) throw tokenRevoked()
    return mintCaller({ settings, user, permissions, groups, correlationId })
  }

  /**
   * Why a token is taken or not, for who administers tenants: everyone else is told as little as {@link authenticate} tells.
   * @param token a JWT or a virtual key, without `Bearer`.
   * @throws UnavailableError `issuer_unavailable` when the keys of a trusted issuer can't be had.
   */
  async examine(token: string): Promise<readonly TokenCheck[]> {
    const checks = new TokenChecks()
    const claims = token.startsWith(virtualKeyPrefix)
      ? await this.#examineKey(token, checks)
      : await this.#tokens.examine(token, checks)
    if (!claims) return checks.list()
    await this.#examineTenants(claims, checks)
    return checks.list()
  }

  /** As {@link authenticate} does: a session that changed tenants is good while both may work, the one that was signed in with first. */
  async #examineTenants(claims: ExaminedClaims, checks: TokenChecks): Promise<void> {
    const { tenant, ownTenant = tenant, issued } = claims
    const ids = [...new Set([ownTenant, tenant])]
    const nameOf = (id: string): string => (ids.length > 1 && id === ownTenant ? `${id}, which was signed in with,` : id)
    const found = await Promise.all(ids.map(async (id) => ({ id, settings: await this.#registry.get(id) })))
    const known = found.flatMap(({ settings }) => settings ?? [])
    const places = found.map(({ id, settings }) => `${nameOf(id)} is ${settings ? '' : 'not '}known here.`)
    if (!checks.note('tenant', known.length === ids.length, places.join(' '))) return
    const areActive = known.every(({ status }) => status === 'active')
    const standings = known.map(({ tenant_id, status }) => `${nameOf(tenant_id)} is ${status}.`)
    if (!checks.note('status', areActive, standings.join(' '))) return
    const revoked = known.map(({ tenant_id, tokens_not_before: from }) =>
      from === undefined
        ? `No tokens of ${tenant_id} were revoked.`
        : `Those of ${tenant_id} made before ${timestamp(from * 1_000)} were revoked.`,
    )
    const areGood = issued === 'key' || !known.some((settings) => isOlder(issued, settings))
    checks.note('revocation', areGood, revoked.join(' '))
  }

  async #examineKey(token: string, checks: TokenChecks): Promise<ExaminedClaims | undefined> {
    checks.note('form', true, 'A virtual key.')
    const key = await this.#virtualKeys?.find(token)
    if (!key || 'ended' in key) {
      checks.note('key', false, key ? endOf(key) : 'No such key, nor one that was revoked or expired in the last 400 days.')
      return undefined
    }
    checks.note('key', true, `The key ${key.keyId}, neither revoked nor expired.`)
    checks.note('claims', true, `User ${key.user}; ${[...key.permissions].join(', ') || 'no permission'}.`)
    return { tenant: key.tenant, issued: 'key' }
  }

  /**
   * validate_tenant_access of the seed (R93–R98), but with the signature checked (X58). What is forbidden stays forbidden (X59);
   * whatever else fails is an UnauthorizedError that doesn't say what it was.
   */
  async validateTenantAccess(
    authorization: string | undefined,
    permission: Permission,
    correlationId: string,
  ): Promise<TenantContext> {
    try {
      const caller = await this.authenticate(authorization, correlationId)
      requirePermission(caller, permission)
      const { tenant, user, permissions, settings } = caller
      return { tenant_id: tenant, user_id: user, permissions: [...permissions], tenant_config: settings }
    } catch (error) {
      throw error instanceof ForbiddenError || error instanceof UnauthorizedError ? error : tokenInvalid(error)
    }
  }
}

function endOf({ keyId, ended, at }: EndedKey): string {
  return ended === 'revoked'
    ? `The key ${keyId} was revoked at ${timestamp(at)}.`
    : `The key ${keyId} expired at ${timestamp(at)}.`
}

/** Whether a token was made before its tenant's were revoked. One that doesn't say when it was made may be older than anything. */
function isOlder(issued: number | undefined, { tokens_not_before: from }: TenantSettings): boolean {
  return from !== undefined && (issued ?? Number.NEGATIVE_INFINITY) < from
}
