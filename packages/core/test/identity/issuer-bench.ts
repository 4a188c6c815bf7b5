import { constants, createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { rejection } from '../../src/contracts/index.ts'
import { Authenticator, type Caller, type TenantRegistry } from '../../src/index.ts'
import type { AuthenticatorParts } from '../../src/tenancy/authenticate.ts'
import type { TrustedIssuer } from '../../src/tenancy/identity/trusted-issuer.ts'
import { type FakeClock, MemoryOutbound } from '../../src/testing/index.ts'
import { encode, type Json, TokenBench } from '../token-bench.ts'

export const invalid = 'UnauthorizedError token_invalid'
export const unknown = 'UnauthorizedError tenant_unknown'
export const unavailable = 'UnavailableError issuer_unavailable'

export const rsa: KeyObject = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
export const otherRsa: KeyObject = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
export const weakRsa: KeyObject = generateKeyPairSync('rsa', { modulusLength: 2040 }).privateKey
export const ec: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
export const otherEc: KeyObject = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
export const ed: KeyObject = generateKeyPairSync('ed25519').privateKey

/** The public half, as issuers show it. */
export function publicJwk(key: KeyObject, extra: Json = {}): JsonWebKey {
  return { ...createPublicKey(key).export({ format: 'jwk' }), ...extra } as JsonWebKey
}

/** Signs as an algorithm's name says, also where the key was made for another. */
export function signAs(algorithm: string, content: string, key: KeyObject): Buffer {
  const data = Buffer.from(content)
  const digest = `sha${algorithm.slice(2)}`
  if (algorithm.startsWith('RS')) return sign(digest, data, key)
  if (algorithm.startsWith('PS')) {
    return sign(digest, data, {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    })
  }
  return algorithm.startsWith('ES') ? sign(digest, data, { key, dsaEncoding: 'ieee-p1363' }) : sign(null, data, key)
}

/** Header and claims may be any text, so that a token can be malformed where it likes, and still have a good signature. */
export function signedToken(header: Json | string, claims: Json | string, key: KeyObject, algorithm: string): string {
  const content = `${encode(header)}.${encode(claims)}`
  return `${content}.${signAs(algorithm, content, key).toString('base64url')}`
}

/** Whom the gates of this bench trust, besides the local issuer: one for each kind of key. */
export const rsaIssuer: TrustedIssuer = {
  issuer: 'https://rsa.example',
  audience: 'plinth',
  algorithms: ['RS256'],
  tenants: '*',
  keys: { keys: [publicJwk(rsa, { kid: 'rsa-1' })] },
}
export const ecIssuer: TrustedIssuer = {
  ...rsaIssuer,
  issuer: 'https://ec.example',
  algorithms: ['ES256'],
  keys: { keys: [publicJwk(ec, { kid: 'ec-1' })] },
}
export const edIssuer: TrustedIssuer = {
  ...rsaIssuer,
  issuer: 'https://ed.example',
  algorithms: ['EdDSA'],
  keys: { keys: [publicJwk(ed, { kid: 'ed-1' })] },
}

/** The address of an issuer whose keys are behind a URL. */
export const keysUrl = 'https://rsa.example/jwks.json'

/** A gate that trusts others, with tenants alpha and beta. */
export class IssuerBench {
  readonly local: TokenBench
  readonly clock: FakeClock
  readonly outbound: MemoryOutbound
  /** What is behind {@link keysUrl}. */
  served: unknown = { keys: [publicJwk(rsa, { kid: 'rsa-1' })] }
  /** How often each tenant was looked up. */
  readonly lookups: string[] = []
  readonly #registry: TenantRegistry
  gate: Authenticator

  private constructor(local: TokenBench, parts: Partial<AuthenticatorParts>) {
    this.local = local
    this.clock = local.clock
    this.outbound = new MemoryOutbound({ clock: local.clock, answer: () => ({ body: JSON.stringify(this.served) }) })
    const { lookups } = this
    const active: TenantRegistry['active'] = (tenant) => {
      lookups.push(tenant)
      return local.registry.active(tenant)
    }
    this.#registry = Object.create(local.registry, { active: { value: active } }) as TenantRegistry
    this.gate = this.newGate(parts)
  }

  /** @param parts what the gate is given besides the usual; by default it trusts the three issuers above. */
  static async open(parts: Partial<AuthenticatorParts> = {}): Promise<IssuerBench> {
    return new IssuerBench(await TokenBench.open(), { trusted: [rsaIssuer, ecIssuer, edIssuer], ...parts })
  }

  /** One whose issuer's keys are behind {@link keysUrl}. */
  static remote(changes: Partial<TrustedIssuer> = {}): Promise<IssuerBench> {
    return IssuerBench.open({ trusted: [{ ...rsaIssuer, keys: keysUrl, ...changes }] })
  }

  /** A gate that remembers nothing. */
  newGate(parts: Partial<AuthenticatorParts>): Authenticator {
    const { clock, outbound } = this
    return new Authenticator({ registry: this.#registry, issuer: this.local.issuer, clock, outbound, ...parts })
  }

  /** Seconds, as tokens count. */
  get now(): number {
    return this.local.now
  }

  claims(changes: Json = {}): Json {
    return this.local.claims({ iss: rsaIssuer.issuer, ...changes })
  }

  /** A token of the first issuer. */
  token(
    claims: Json | string = this.claims(),
    header: Json | string = { alg: 'RS256', kid: 'rsa-1' },
    key: KeyObject = rsa,
  ): string {
    return signedToken(header, claims, key, 'RS256')
  }

  ecToken(changes: Json = {}): string {
    return signedToken({ alg: 'ES256', kid: 'ec-1' }, this.claims({ iss: ecIssuer.issuer, ...changes }), ec, 'ES256')
  }

  edToken(changes: Json = {}): string {
    return signedToken({ alg: 'EdDSA', kid: 'ed-1' }, this.claims({ iss: edIssuer.issuer, ...changes }), ed, 'EdDSA')
  }

  enter(token: string): Promise<Caller> {
    return this.gate.authenticate(`Bearer ${token}`, 'correlation')
  }

  async refusal(token: string): Promise<string> {
    const error = (await rejection(this.enter(token))) as { name: string; code: string }
    return `${error.name} ${error.code}`
  }

  /** The user that a token lets in, or why it doesn't. */
  outcome(token: string): Promise<string> {
    return this.enter(token).then(
      ({ tenant }) => tenant,
      (error: { name: string; code: string }) => `${error.name} ${error.code}`,
    )
  }
}
