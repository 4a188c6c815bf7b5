import { createHmac, createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { z } from 'zod'
import { rejection } from '../src/contracts/index.ts'
import { Authenticator, type Caller, defineCollection, LocalIssuer, TenantRegistry } from '../src/index.ts'
import { type FakeClock, memoryPlatform, scriptedModels } from '../src/testing/index.ts'

export type Json = Readonly<Record<string, unknown>>

// As tenancy/issuer.ts keeps its key; who can read it could forge anything.
const issuerKeys = defineCollection<{ made: number }, { private_jwk: string }>({
  name: 'issuer-keys',
  schema: 1,
  plain: z.object({ made: z.number() }),
  sealed: ['private_jwk'],
  lists: {},
})

export const otherKey: KeyObject = generateKeyPairSync('ed25519').privateKey
export const rsaKey: KeyObject = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** A gate with tenants alpha and beta, and the issuer's own key to forge with. */
export class TokenBench {
  readonly clock: FakeClock
  readonly registry: TenantRegistry
  readonly issuer: LocalIssuer
  readonly key: KeyObject
  readonly gate: Authenticator
  /** How often each tenant was looked up. */
  readonly lookups: string[] = []

  private constructor(parts: { clock: FakeClock; registry: TenantRegistry; issuer: LocalIssuer; key: KeyObject }) {
    this.clock = parts.clock
    this.registry = parts.registry
    this.issuer = parts.issuer
    this.key = parts.key
    const { registry, lookups } = this
    const active = (tenant: string): ReturnType<TenantRegistry['active']> => {
      lookups.push(tenant)
      return registry.active(tenant)
    }
    const watched = Object.create(registry, { active: { value: active } }) as TenantRegistry
    this.gate = new Authenticator({ registry: watched, issuer: parts.issuer, clock: parts.clock })
  }

  static async open(): Promise<TokenBench> {
    const { platform, clock } = memoryPlatform({ models: scriptedModels(() => '') })
    const operator = platform.operate()
    const registry = new TenantRegistry(operator)
    for (const tenant of ['alpha', 'beta']) await registry.create(tenant, tenant)
    const issuer = await LocalIssuer.open(operator)
    const kept = await operator.system.get(issuerKeys, { partition: 'issuer', sort: 'current' })
    const jwk = JSON.parse((await kept?.open('private_jwk')) ?? '') as JsonWebKey
    return new TokenBench({ clock, registry, issuer, key: createPrivateKey({ key: jwk, format: 'jwk' }) })
  }

  /** Seconds, as tokens count. */
  get now(): number {
    return Math.floor(this.clock.now() / 1_000)
  }

  /** What a good token says. */
  claims(changes: Json = {}): Json {
    const { now } = this
    return {
      ...{
        iss: 'plinth',
        aud: 'plinth',
        sub: 'ada',
        user_id: 'ada',
        tenant_id: 'alpha',
        permissions: ['requests:read'],
        iat: now,
        exp: now + 3_600,
      },
      ...changes,
    }
  }

  header(changes: Json = {}): Json {
    return { alg: 'EdDSA', kid: this.issuer.publicJwk.kid, typ: 'JWT', ...changes }
  }

  /** A token with the issuer's own signature, whatever it says. */
  token(claims: Json | string = this.claims(), header: Json = this.header(), key: KeyObject = this.key): string {
    const content = `${encode(header)}.${encode(claims)}`
    return `${content}.${sign(key.asymmetricKeyType === 'rsa' ? 'sha256' : null, Buffer.from(content), key).toString('base64url')}`
  }

  /** A token signed with a shared secret. */
  hmacToken(secret: string | Buffer, header: Json = this.header({ alg: 'HS256' }), claims = this.claims()): string {
    const content = `${encode(header)}.${encode(claims)}`
    return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
  }

  enter(token: string): Promise<Caller> {
    return this.gate.authenticate(`Bearer ${token}`, 'correlation')
  }

  /** The code and class of a refusal, and nothing else that is said. */
  async refusal(token: string): Promise<string> {
    const error = (await rejection(this.enter(token))) as { name: string; code: string }
    return `${error.name} ${error.code}`
  }
}
