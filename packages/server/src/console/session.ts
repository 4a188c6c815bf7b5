import {
  type Authenticator,
  allows,
  allPermissions,
  type Caller,
  type Clock,
  ForbiddenError,
  InvalidInputError,
  type LocalIssuer,
  type Platform,
  PlinthError,
  requirePermission,
  systemTenant,
  TenantRegistry,
  UnauthorizedError,
} from '@plinth/core'
import { z } from 'zod'
import { firstTenant } from '../bootstrap.ts'
import type { Answer, Arrival } from '../exchange.ts'
import { readJson } from '../json-body.ts'
import { MethodNotAllowedError } from '../problem.ts'
import type { Regions } from '../regions.ts'
import type { OneTimeCodes } from './one-time-codes.ts'
import { checkCsrf, csrfHeader, csrfTokenOf, sessionCookie, sessionToken } from './session-cookie.ts'
import { SignInLimit } from './sign-in-limit.ts'

export const sessionPath = '/api/session'
/** Seconds: of a session whose token doesn't end sooner, and of one that a code opened. */
const longest = 12 * 3_600
const largestBody = 16 * 1024
/** Characters: browsers drop cookies above 4,096 bytes, name included, without a word. */
const longestToken = 4_000

/** What is shown at the door. */
type Credentials = { readonly token: string } | { readonly code: string } | { readonly tenant_id: string }

export const credentialsForm: z.ZodType<Credentials> = z.union([
  z.strictObject({ token: z.string().min(1).max(8_192) }),
  z.strictObject({ code: z.string().min(1).max(200) }),
  z.strictObject({ tenant_id: z.string().min(1).max(200) }),
])

/** `GET /api/session` of somebody who is signed in. */
interface SessionAnswer {
  readonly authenticated: true
  readonly tenant_id: string
  /** The tenant that whoever changed tenants signed in with. */
  readonly own_tenant_id?: string
  readonly user_id: string
  /** All that the token allows, spelt out. */
  readonly permissions: readonly string[]
  readonly csrf_token: string
  /** RFC 3339. */
  readonly expires_at: string
}

/** Why a session that there was isn't one now. */
interface Refusal {
  readonly code: string
  readonly detail: string
  /** The tenant that may not work; it isn't known of keys. */
  readonly tenant_id?: string
  /** The way back, where the tenant that was signed in with may work. */
  readonly own_tenant_id?: string
  readonly csrf_token?: string
}

export interface SessionParts {
  readonly platform: Platform
  readonly regions: Regions
  readonly authenticator: Authenticator
  readonly issuer: LocalIssuer
  /** Absent: nobody is let in by a code. */
  readonly codes?: OneTimeCodes | undefined
}

/**
 * Sessions of the console: a token in a cookie that no script can read. Nothing is kept of them here, so they hold on any process, and
 * are worth what their tokens are: from the next request on nothing, once a tenant is suspended or a key revoked.
 */
export class Sessions {
  readonly #parts: SessionParts
  readonly #clock: Clock
  readonly #limit: SignInLimit
  readonly #registry: TenantRegistry

  constructor(parts: SessionParts) {
    const operator = parts.platform.operate()
    this.#parts = parts
    this.#clock = operator.clock
    this.#limit = new SignInLimit(operator.clock)
    this.#registry = new TenantRegistry(operator)
  }

  /**
   * Answers `/api/session`, which is open to everyone.
   * @throws InvalidInputError; UnauthorizedError for a token or a code that isn't good; ForbiddenError; LimitError.
   */
  async serve(arrival: Arrival, correlationId: string): Promise<Answer> {
    const { method } = arrival
    if (method === 'GET' || method === 'HEAD') return this.#show(arrival, correlationId)
    if (method === 'POST') return this.#open(arrival, correlationId)
    if (method !== 'DELETE') throw new MethodNotAllowedError(['GET', 'POST', 'DELETE'])
    const token = sessionToken(arrival)
    if (token !== undefined) checkCsrf(arrival, token)
    return { status: 204, headers: { ...unkept, 'set-cookie': sessionCookie(arrival, '', 0) } }
  }

  async #show(arrival: Arrival, correlationId: string): Promise<Answer> {
    const token = sessionToken(arrival)
    let refused: Refusal | undefined
    try {
      if (token !== undefined) return this.#answer(token, await this.#identify(token, correlationId))
    } catch (error) {
      // One that is over is as none; what can't be found out now is no answer.
      if (token !== undefined && error instanceof ForbiddenError) refused = await this.#refusal(token, error, correlationId)
      else if (!(error instanceof UnauthorizedError)) throw error
    }
    const body = { authenticated: false, ...(refused ? { refused } : {}) }
    return { status: 200, headers: { ...unkept, 'content-type': 'application/json' }, body: JSON.stringify(body) }
  }

  /** @param token that was verified, of a tenant that may not work; or the one that was signed in with may not. */
  async #refusal(token: string, { code, message: detail }: ForbiddenError, correlationId: string): Promise<Refusal> {
    const { tenant_id: tenant, own_tenant_id: own = tenant } = claimsOf(token)
    const here = { code, detail, ...(typeof own === 'string' ? { tenant_id: own } : {}) }
    if (own === tenant) return here
    try {
      const caller = await this.#identify(token, correlationId, 'own')
      return { code, detail, tenant_id: String(tenant), own_tenant_id: caller.tenant, csrf_token: csrfTokenOf(token) }
    } catch (error) {
      if (error instanceof UnauthorizedError || error instanceof ForbiddenError) return here
      throw error
    }
  }

  async #open(arrival: Arrival, correlationId: string): Promise<Answer> {
    refuseForeignPages(arrival)
    const parsed = credentialsForm.safeParse(await readJson(arrival, largestBody))
    if (!parsed.success)
      throw new InvalidInputError('One of token, code and tenant_id is needed, and nothing else.', { field: 'token' })
    // Who changes tenants is signed in already.
    if ('tenant_id' in parsed.data) return this.#openFor(parsed.data, arrival, correlationId)
    const address = arrival.from?.() ?? ''
    this.#limit.check(address)
    try {
      return await this.#openFor(parsed.data, arrival, correlationId)
    } catch (error) {
      if (PlinthError.is(error) && !error.retryable) this.#limit.failed(address)
      throw error
    }
  }

  async #openFor(given: Credentials, arrival: Arrival, correlationId: string): Promise<Answer> {
    const token = await this.#tokenFor(given, arrival, correlationId)
    if (token.length > longestToken)
      throw new InvalidInputError(`A browser keeps no token of more than ${longestToken} characters.`, {
        code: 'token_too_long',
        field: 'token',
      })
    const caller = await this.#identify(token, correlationId)
    const answer = this.#answer(token, caller)
    const seconds = (this.#endOf(token) - this.#clock.now()) / 1_000
    return { ...answer, headers: { ...answer.headers, 'set-cookie': sessionCookie(arrival, token, seconds) } }
  }

  async #tokenFor(given: Credentials, arrival: Arrival, correlationId: string): Promise<string> {
    if ('token' in given) return given.token.replace(/^Bearer /i, '')
    const { issuer, codes } = this.#parts
    if ('tenant_id' in given) return this.#switchTo(given.tenant_id, arrival, correlationId)
    if (codes?.use(given.code) !== true)
      throw new UnauthorizedError('code_invalid', 'This link was used, or is older than an hour. Sign in with a token.')
    return issuer.sign({ tenant: firstTenant, user: 'console', permissions: ['*'], lifetime: longest })
  }

  /**
   * Another tenant's, for whoever administers tenants: both trails tell of it, and it ends with the session that it came from. The tenant that
   * was signed in with counts, not one that is left: that may be suspended by now.
   */
  async #switchTo(tenant: string, arrival: Arrival, correlationId: string): Promise<string> {
    const { platform, regions, issuer } = this.#parts
    const token = sessionToken(arrival)
    if (token === undefined) throw new UnauthorizedError('token_missing', 'Only who is signed in changes tenants.')
    checkCsrf(arrival, token)
    const caller = await this.#identify(token, correlationId, 'own')
    requirePermission(caller, 'tenants:admin')
    // A token that is made of a key would outlive it.
    if (caller.keyId !== undefined)
      throw new ForbiddenError('session_of_key', 'A key speaks for its own tenant: sign in with a token to change tenants.')
    const settings = await this.#registry.active(tenant)
    const deed = { what: 'POST /api/session', resource: `tenants/${tenant}/session`, decision: 'allowed' } as const
    await platform.operate().state(systemTenant, { caller }).record(deed)
    if (regions.holds(settings)) await regions.operatorOf(settings).state(settings.tenant_id, { caller }).record(deed)
    const { user, permissions, groups } = caller
    const lifetime = Math.max(1, Math.floor((this.#endOf(token) - this.#clock.now()) / 1_000))
    const ownTenant = caller.tenant === tenant ? undefined : caller.tenant
    return issuer.sign({ tenant, ownTenant, user, permissions: [...permissions], groups: [...groups], lifetime })
  }

  #identify(token: string, correlationId: string, at?: 'own'): Promise<Caller> {
    return this.#parts.authenticator.authenticate(`Bearer ${token}`, correlationId, at)
  }

  #answer(token: string, { tenant, user, permissions }: Caller): Answer {
    const csrf = csrfTokenOf(token)
    const { own_tenant_id: own } = claimsOf(token)
    const body: SessionAnswer = {
      authenticated: true,
      tenant_id: tenant,
      ...(typeof own === 'string' ? { own_tenant_id: own } : {}),
      user_id: user,
      permissions: allPermissions.filter((permission) => allows(permissions, permission)),
      csrf_token: csrf,
      expires_at: new Date(this.#endOf(token)).toISOString(),
    }
    const headers = { ...unkept, 'content-type': 'application/json', [csrfHeader]: csrf }
    return { status: 200, headers, body: JSON.stringify(body) }
  }

  /** When a session of this token is over, milliseconds UTC: virtual keys don't say when they end. */
  #endOf(token: string): number {
    const latest = this.#clock.now() + longest * 1_000
    const { exp } = claimsOf(token)
    return typeof exp === 'number' ? Math.min(latest, exp * 1_000) : latest
  }
}

/**
 * Signing somebody in as somebody else, or using up their tries, takes a page of another site, or of another port of this host, which cookies
 * don't tell apart. Browsers say where a call comes from, and send a body without a type for a page that may not set one.
 */
function refuseForeignPages(arrival: Arrival): void {
  const site = arrival.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none')
    throw new ForbiddenError('origin_refused', 'Only pages of this server sign in here.')
  if (arrival.header('content-type') === undefined)
    throw new InvalidInputError('The body must be application/json, and say so.', { code: 'content_type_unsupported' })
}

const unkept = { 'cache-control': 'no-store', vary: 'Cookie' }

/** Of a token that was verified before. */
function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, payload = ''] = token.split('.')
  if (payload === '') return {}
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>
}
