import { compactVerify, errors, jwtVerify } from 'jose'
import { sha256 } from '../../crypto.ts'
import { InvalidInputError } from '../../errors.ts'
import type { Clock } from '../../ports/clock.ts'
import { type Outbound, OutboundError } from '../../ports/outbound.ts'
import { readClaims, type TokenClaims } from './claims.ts'
import { fixedKeys, type IssuerKeys, RemoteKeys } from './issuer-keys.ts'
import type { KeySet } from './key-set.ts'
import { tenantUnknown, tokenExpired, tokenInvalid } from './refusals.ts'
import type { TokenChecks } from './token-check.ts'
import { readTokenShape } from './token-shape.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'

interface Speaker {
  readonly issuer: TrustedIssuer
  readonly keys: IssuerKeys
}

interface Verified {
  readonly claims: TokenClaims
  readonly speaker: Speaker
  /** The set in which its key was. */
  readonly keys: KeySet
}

/** Verified tokens that are remembered at most. */
const remembered = 10_000
/** Clocks of issuer and server may differ by so many seconds. */
const leeway = 5

/**
 * Verifies tokens of the issuers that it is given. Claims that were verified are kept under the full SHA-256 of the token, until
 * it expires or the key set of its issuer changes. Then its signature is looked at again.
 */
export class TokenVerifier {
  readonly #clock: Clock
  readonly #speakers: ReadonlyMap<string, Speaker>
  readonly #verified = new Map<string, Verified>()

  /** @throws InvalidInputError for a keys' URL that may not be called. */
  constructor(parts: {
    readonly issuers: readonly TrustedIssuer[]
    readonly clock: Clock
    readonly outbound?: Outbound | undefined
  }) {
    this.#clock = parts.clock
    this.#speakers = new Map(
      parts.issuers.map((issuer) => [issuer.issuer, { issuer, keys: keysOf(issuer, parts.clock, parts.outbound) }]),
    )
  }

  /**
   * @throws UnauthorizedError `token_invalid`, `token_expired`, and `tenant_unknown` for a tenant that its issuer may not speak
   * for; UnavailableError `issuer_unavailable`.
   */
  async verify(token: string): Promise<TokenClaims> {
    const digest = sha256(token)
    return (await this.#kept(digest)) ?? this.#check(token, digest)
  }

  /**
   * Looks at a token step by step, and notes what is found; none is remembered.
   * @returns its claims when all held.
   * @throws UnavailableError `issuer_unavailable`.
   */
  async examine(token: string, checks: TokenChecks): Promise<TokenClaims | undefined> {
    const shape = readTokenShape(token)
    if (!shape) return void checks.note('form', false, 'It is no JWT in its one canonical spelling.')
    checks.note('form', true, 'A JWT: three segments, JSON objects without a key twice.')
    const speaker = this.#speakers.get(shape.issuer)
    if (!checks.note('issuer', speaker !== undefined, `${shape.issuer} is ${speaker ? '' : 'not '}trusted here.`) || !speaker)
      return
    const { issuer } = speaker
    const isAllowed = issuer.algorithms.some((allowed) => allowed === shape.algorithm)
    if (!checks.note('algorithm', isAllowed, `${shape.algorithm}; taken from this issuer: ${issuer.algorithms.join(', ')}.`))
      return
    const key = (await (await speaker.keys.current()).find(shape)) ?? (await (await speaker.keys.renewed()).find(shape))
    const named = shape.keyId === undefined ? 'It names no key' : `It names the key ${shape.keyId}`
    if (!checks.note('key', key !== undefined, `${named}, which the issuer ${key ? 'has' : 'has not'}.`) || !key) return
    const isSigned = await compactVerify(token, key, { algorithms: [...issuer.algorithms] }).then(
      () => true,
      () => false,
    )
    if (!checks.note('signature', isSigned, isSigned ? 'It holds.' : 'It does not hold: nothing of what the token says is true.'))
      return
    const fault = await this.#fault(token, key, issuer)
    const isOfAudience = fault?.claim !== 'aud' && fault?.claim !== 'iss'
    if (!checks.note('audience', isOfAudience, `It has to be made for ${issuer.audience}.`)) return
    if (!checks.note('time', fault === undefined, fault?.words ?? 'It is good now.')) return
    const claims = readClaims((await this.#signed(token, key, issuer)).payload, issuer)
    const isRead = claims !== undefined && (claims.issued ?? 0) <= this.#clock.now() / 1_000 + leeway
    if (
      !checks.note(
        'claims',
        isRead,
        isRead
          ? `User ${claims.user}; ${[...claims.permissions].join(', ') || 'no permission'}.`
          : 'Tenant, user, permissions, groups or times are not of the form that is asked for.',
      )
    )
      return
    const isSpokenFor = issuer.tenants === '*' || issuer.tenants.includes(claims?.tenant ?? '')
    if (!isSpokenFor) return void checks.note('tenant', false, 'Its issuer may not speak for this tenant.')
    return claims
  }

  /** What is wrong with the claims that jose looks at. */
  async #fault(
    token: string,
    key: CryptoKey,
    issuer: TrustedIssuer,
  ): Promise<{ readonly claim: string; readonly words: string } | undefined> {
    try {
      await this.#signed(token, key, issuer)
      return undefined
    } catch (error) {
      const { cause } = error as { readonly cause?: unknown }
      if (cause instanceof errors.JWTExpired) return { claim: 'exp', words: 'It has expired.' }
      if (cause instanceof errors.JWTClaimValidationFailed)
        return { claim: cause.claim, words: `${cause.claim} does not hold yet, or is missing.` }
      return { claim: 'unknown', words: 'Its claims can not be read.' }
    }
  }

  async #kept(digest: string): Promise<TokenClaims | undefined> {
    const kept = this.#verified.get(digest)
    if (!kept || kept.claims.expires <= this.#clock.now() / 1_000) return undefined
    return (await kept.speaker.keys.current()) === kept.keys ? kept.claims : undefined
  }

  async #check(token: string, digest: string): Promise<TokenClaims> {
    const shape = readTokenShape(token)
    if (!shape) throw tokenInvalid()
    const speaker = this.#speakers.get(shape.issuer)
    if (!speaker?.issuer.algorithms.some((allowed) => allowed === shape.algorithm)) throw tokenInvalid()
    const { issuer } = speaker
    let keys = await speaker.keys.current()
    let key = await keys.find(shape)
    if (!key) {
      keys = await speaker.keys.renewed()
      key = await keys.find(shape)
    }
    if (!key) throw tokenInvalid()
    const { payload } = await this.#signed(token, key, issuer)
    const claims = readClaims(payload, issuer)
    if (!claims || (claims.issued ?? 0) > this.#clock.now() / 1_000 + leeway) throw tokenInvalid()
    if (issuer.tenants !== '*' && !issuer.tenants.includes(claims.tenant)) throw tenantUnknown()
    this.#keep(digest, { claims, speaker, keys })
    return claims
  }

  #signed(token: string, key: CryptoKey, issuer: TrustedIssuer): ReturnType<typeof jwtVerify> {
    return jwtVerify(token, key, {
      // The gate has seen these two already; asked again, they don't depend on it.
      algorithms: [...issuer.algorithms],
      issuer: issuer.issuer,
      audience: issuer.audience,
      clockTolerance: leeway,
      currentDate: new Date(this.#clock.now()),
    }).catch((cause: unknown) => {
      throw cause instanceof errors.JWTExpired ? tokenExpired(cause) : tokenInvalid(cause)
    })
  }

  #keep(digest: string, verified: Verified): void {
    const oldest = this.#verified.keys().next()
    if (this.#verified.size >= remembered && !oldest.done) this.#verified.delete(oldest.value)
    this.#verified.set(digest, verified)
  }
}

function keysOf({ issuer, keys }: TrustedIssuer, clock: Clock, outbound: Outbound | undefined): IssuerKeys {
  if (typeof keys !== 'string') return fixedKeys(keys.keys)
  if (!outbound) throw new InvalidInputError('Keys behind a URL need Outbound.', { field: 'outbound' })
  try {
    outbound.checkUrl(keys)
  } catch (cause) {
    if (!(cause instanceof OutboundError)) throw cause
    throw new InvalidInputError(`The keys of ${issuer}: ${cause.message}`, { code: cause.code, field: 'keys', cause })
  }
  return new RemoteKeys({ url: keys, outbound, clock })
}
