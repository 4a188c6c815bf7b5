import { describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { ForbiddenError, type Permission, UnauthorizedError } from '../../src/index.ts'
import type { TenantContext, VerifiedKey, VirtualKeyFinder } from '../../src/tenancy/authenticate.ts'
import { type Json, otherKey } from '../token-bench.ts'
import { IssuerBench, rsa } from './issuer-bench.ts'

describe('validate_tenant_access', () => {
  const access = (bench: IssuerBench, token: string, permission: Permission = 'requests:read'): Promise<TenantContext> =>
    bench.gate.validateTenantAccess(`Bearer ${token}`, permission, 'correlation')

  it('gives tenant, user, permissions and settings for a good token [R93, R94, R98]', async () => {
    const bench = await IssuerBench.open()
    for (const token of [bench.local.token(), bench.token()])
      expect(await access(bench, token)).toEqual({
        tenant_id: 'alpha',
        user_id: 'ada',
        permissions: ['requests:read'],
        tenant_config: await bench.local.registry.get('alpha'),
      })
  })

  it('forbids what the token does not grant, and that stays forbidden [R96, X59]', async () => {
    const bench = await IssuerBench.open()
    const refusal = await rejection(access(bench, bench.token(), 'rag:read'))
    expect(refusal).toBeInstanceOf(ForbiddenError)
    expect(refusal).toMatchObject({ code: 'permission_denied', message: 'Insufficient permissions.' })
  })

  it('forbids a tenant that is suspended, and does not know one that is not there [R95, X59, X60]', async () => {
    const bench = await IssuerBench.open()
    await bench.local.registry.setStatus('alpha', 'suspended')
    expect(await rejection(access(bench, bench.token()))).toMatchObject({ name: 'ForbiddenError', code: 'tenant_suspended' })
    const token = bench.token(bench.claims({ tenant_id: 'nobody' }))
    expect(await rejection(access(bench, token))).toMatchObject({
      name: 'UnauthorizedError',
      code: 'tenant_unknown',
      message: 'Invalid or inactive tenant.',
    })
  })

  it('is unauthorised for all else, and does not say why [R97, X59]', async () => {
    const bench = await IssuerBench.open()
    const secret = 'postgres://user:secret@host'
    const failing = new Error(secret)
    const registry = Object.create(bench.local.registry, { active: { value: () => Promise.reject(failing) } })
    const broken = bench.newGate({ registry })
    const refusals = [
      await rejection(access(bench, bench.local.token(bench.local.claims(), bench.local.header(), otherKey))),
      await rejection(access(bench, 'a.b.c')),
      await rejection(broken.validateTenantAccess(`Bearer ${bench.local.token()}`, 'requests:read', 'c')),
    ]
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(UnauthorizedError)
      expect(refusal).toMatchObject({ code: 'token_invalid', message: 'Token validation failed.' })
      expect(JSON.stringify(refusal)).not.toContain('secret')
    }
    // For the log.
    expect((refusals[2] as Error).cause).toBe(failing)
    expect(await rejection(bench.gate.validateTenantAccess(undefined, 'requests:read', 'c'))).toMatchObject({
      code: 'token_missing',
    })
  })
})

describe("a tenant's tokens that were revoked", () => {
  const revoked = 'UnauthorizedError token_revoked'

  async function revoke(bench: IssuerBench, seconds: number | undefined): Promise<void> {
    await bench.local.registry.change('alpha', ({ tokens_not_before: _, ...settings }) => ({
      ...settings,
      ...(seconds === undefined ? {} : { tokens_not_before: seconds }),
    }))
  }

  it('are those that were issued before; one that does not say when counts as such [R95, X58]', async () => {
    const bench = await IssuerBench.open()
    const token = (iat: number | undefined, changes: Json = {}): string => bench.token(bench.claims({ iat, ...changes }))
    await revoke(bench, bench.now)
    expect(await bench.refusal(token(bench.now - 1))).toBe(revoked)
    expect(await bench.refusal(token(bench.now - 0.001))).toBe(revoked)
    expect(await bench.refusal(token(undefined))).toBe(revoked)
    expect(await bench.outcome(token(bench.now))).toBe('alpha')
    // Another tenant's are not.
    expect(await bench.outcome(token(bench.now - 1, { tenant_id: 'beta' }))).toBe('beta')
    expect(await bench.refusal(bench.local.token(bench.local.claims({ iat: bench.now - 1 })))).toBe(revoked)
  })

  it('are refused from the next request on, also those that were verified and are remembered [X58]', async () => {
    const bench = await IssuerBench.open()
    const tokens = [bench.token(), bench.token(bench.claims({ iat: undefined })), bench.local.token()]
    for (const token of tokens) expect(await bench.outcome(token)).toBe('alpha')
    await revoke(bench, bench.now + 1)
    for (const token of tokens) expect(await bench.refusal(token)).toBe(revoked)
    await revoke(bench, undefined)
    for (const token of tokens) expect(await bench.outcome(token)).toBe('alpha')
  })
})

describe('a virtual key', () => {
  const key: VerifiedKey = {
    tenant: 'beta',
    user: 'robot',
    permissions: new Set(['models:write']),
    groups: new Set(['robots']),
    keyId: 'key-1',
  }

  /** Knows one key, and which it was asked for. */
  class OneKey implements VirtualKeyFinder {
    readonly asked: string[] = []
    async find(token: string): Promise<VerifiedKey | undefined> {
      this.asked.push(token)
      return token === 'plk_good' ? key : undefined
    }
  }

  it('is handed to the part that knows them, and speaks for its tenant [R93]', async () => {
    const virtualKeys = new OneKey()
    const bench = await IssuerBench.open({ virtualKeys })
    expect(await bench.enter('plk_good')).toMatchObject({ ...key, settings: { tenant_id: 'beta' }, correlationId: 'correlation' })
    expect(await bench.refusal('plk_other')).toBe('UnauthorizedError token_invalid')
    expect(virtualKeys.asked).toEqual(['plk_good', 'plk_other'])
    expect(bench.lookups).toEqual(['beta'])
  })

  it('is looked up each time, and so is its tenant [R95]', async () => {
    const virtualKeys = new OneKey()
    const bench = await IssuerBench.open({ virtualKeys })
    await bench.enter('plk_good')
    await bench.local.registry.setStatus('beta', 'suspended')
    expect(await bench.refusal('plk_good')).toBe('ForbiddenError tenant_suspended')
    expect(virtualKeys.asked).toHaveLength(2)
  })

  it('is no JWT, and no JWT is one; nor is one that is too long looked up [X20, X58]', async () => {
    const virtualKeys = new OneKey()
    const bench = await IssuerBench.open({ virtualKeys })
    expect(await bench.outcome(bench.token())).toBe('alpha')
    const signed = bench.token(bench.claims(), { alg: 'RS256', kid: 'rsa-1' }, rsa)
    expect(virtualKeys.asked).toEqual([])
    for (const token of [`plk_${signed}`, 'plk', 'PLK_good', 'xplk_good', `plk_${'x'.repeat(8_192)}`])
      expect(await bench.refusal(token)).toBe('UnauthorizedError token_invalid')
    expect(virtualKeys.asked).toEqual([`plk_${signed}`])
  })

  it.each(['revoked', 'expired'] as const)(
    'that was sent whole and is %s is said to be so, whatever became of its tenant',
    async (ended) => {
      const virtualKeys: VirtualKeyFinder = { find: async () => ({ keyId: 'key-1', ended, at: 0 }) }
      const bench = await IssuerBench.open({ virtualKeys })
      expect(await bench.refusal('plk_good')).toBe(`UnauthorizedError token_${ended}`)
      expect(bench.lookups).toEqual([])
    },
  )

  it('is refused where nobody knows any', async () => {
    const bench = await IssuerBench.open()
    expect(await bench.refusal('plk_good')).toBe('UnauthorizedError token_invalid')
  })
})
