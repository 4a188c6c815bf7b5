import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Authenticator } from '../src/index.ts'
import { encode, type Json, otherKey, TokenBench } from './token-bench.ts'

/** Counts how often a signature was looked at: each time the issuer's key is asked for, once per gate. */
async function signatures(work: () => Promise<unknown>): Promise<number> {
  let verified = 0
  const { verify } = crypto.subtle
  const counting: typeof verify = (...given) => {
    verified++
    return verify.apply(crypto.subtle, given)
  }
  Object.defineProperty(crypto.subtle, 'verify', { value: counting, configurable: true })
  try {
    await work()
  } finally {
    Reflect.deleteProperty(crypto.subtle, 'verify')
  }
  return verified
}

describe('tokens that were verified are kept', () => {
  it('so that a signature is looked at once', async () => {
    const bench = await TokenBench.open()
    const token = bench.token()
    const first = await signatures(() => bench.enter(token))
    expect(first).toBe(1)
    expect(await signatures(() => Promise.all(Array.from({ length: 20 }, () => bench.enter(token))))).toBe(0)
    // The tenant is looked up each time.
    expect(bench.lookups).toHaveLength(21)
  })

  it('but never past their expiry [X58]', async () => {
    const bench = await TokenBench.open()
    const token = bench.token(bench.claims({ exp: bench.now + 60 }))
    await bench.enter(token)
    await bench.clock.advance(64_999)
    await bench.enter(token)
    await bench.clock.advance(1)
    expect(await bench.refusal(token)).toBe('UnauthorizedError token_expired')
    expect(await bench.refusal(token)).toBe('UnauthorizedError token_expired')
  })

  it('and say nothing of the tenant: what happens to it counts at once [R95, X58]', async () => {
    const bench = await TokenBench.open()
    const token = bench.token()
    await bench.enter(token)
    await bench.registry.setStatus('alpha', 'suspended')
    expect(await bench.refusal(token)).toBe('ForbiddenError tenant_suspended')
    await bench.registry.setStatus('alpha', 'active')
    expect((await bench.enter(token)).settings.status).toBe('active')
  })

  it('apart, however alike they are [X58, X67]', async () => {
    const bench = await TokenBench.open()
    const filler = 'x'.repeat(5_000)
    // The tenant stands at the very end: thousands of characters are the same.
    const { tenant_id: _, ...claims } = bench.claims({ filler })
    const tokens = ['alpha', 'beta'].map((tenant) => bench.token({ ...claims, tenant_id: tenant }))
    const [alpha = '', beta = ''] = tokens
    expect(alpha.slice(0, 6_500)).toBe(beta.slice(0, 6_500))
    for (let round = 0; round < 3; round++) {
      expect((await bench.enter(alpha)).tenant).toBe('alpha')
      expect((await bench.enter(beta)).tenant).toBe('beta')
    }
    const [header = '', , signature = ''] = alpha.split('.')
    expect(await bench.refusal(`${header}.${beta.split('.')[1]}.${signature}`)).toBe('UnauthorizedError token_invalid')
    expect(await bench.refusal(`${alpha}x`)).toBe('UnauthorizedError token_invalid')
    expect(await bench.refusal(alpha.slice(0, -1))).toBe('UnauthorizedError token_invalid')
  })

  it('only when they hold: what was refused is looked at again [X58]', async () => {
    const bench = await TokenBench.open()
    const forged = bench.token(bench.claims(), bench.header(), otherKey)
    for (let round = 0; round < 3; round++) expect(await bench.refusal(forged)).toBe('UnauthorizedError token_invalid')
    const early = bench.token(bench.claims({ nbf: bench.now + 60 }))
    expect(await bench.refusal(early)).toBe('UnauthorizedError token_invalid')
    await bench.clock.advance(60_000)
    await bench.enter(early)
    expect(await bench.refusal(`${encode({ alg: 'none' })}.${early.split('.')[1]}.x`)).toBe('UnauthorizedError token_invalid')
  })

  it('so that nothing changes but the time it takes: a gate that remembers says what one says that does not [X58]', async () => {
    const bench = await TokenBench.open()
    const { now } = bench
    const base = { permissions: ['*'], groups: ['staff'] }
    const claims: readonly Json[] = [
      bench.claims(base),
      bench.claims({ ...base, tenant_id: 'beta', exp: now + 40 }),
      bench.claims({ ...base, nbf: now + 30, exp: now + 90 }),
      bench.claims({ ...base, tenant_id: ['alpha'] }),
      bench.claims({ ...base, tenant_id: 'nobody' }),
      bench.claims({ ...base, iat: undefined }),
      bench.claims({ ...base, iat: now - 100 }),
    ]
    const good = claims.map((each) => bench.token(each))
    const tokens = [...good, ...good.map((token) => `${token}A`), bench.token(bench.claims(base), bench.header(), otherKey)]
    const answer = (gate: Authenticator, token: string): Promise<unknown> =>
      gate.authenticate(`Bearer ${token}`, 'c').catch(({ name, code }: { name: string; code: string }) => [name, code])
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.nat(tokens.length - 1).map((which) => ({ which })) },
      { weight: 2, arbitrary: fc.constantFrom(0, 1, 999, 10_000, 25_000).map((wait) => ({ wait })) },
      { weight: 1, arbitrary: fc.constantFrom('active', 'suspended').map((status) => ({ status })) },
      { weight: 1, arbitrary: fc.constantFrom(undefined, now - 50, now, now + 1).map((revoked) => ({ revoked })) },
    )
    const parts = { registry: bench.registry, issuer: bench.issuer, clock: bench.clock }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        bench.clock.jump(now * 1_000)
        const gate = new Authenticator(parts)
        for (const each of steps) {
          if ('wait' in each) await bench.clock.advance(each.wait)
          else if ('which' in each) {
            const token = tokens[each.which] ?? ''
            expect(await answer(gate, token)).toEqual(await answer(new Authenticator(parts), token))
          } else
            await bench.registry.change('alpha', ({ tokens_not_before, ...settings }) => {
              const from = 'revoked' in each ? each.revoked : tokens_not_before
              const { status = settings.status } = each as { status?: 'active' | 'suspended' }
              return { ...settings, status, ...(from === undefined ? {} : { tokens_not_before: from }) }
            })
        }
      }),
      { numRuns: 40 },
    )
  })

  it('by one gate, not by all: another issuer does not believe them', async () => {
    const [bench, other] = [await TokenBench.open(), await TokenBench.open()]
    await bench.enter(bench.token())
    const gate = new Authenticator({ registry: bench.registry, issuer: other.issuer, clock: bench.clock })
    await expect(gate.authenticate(`Bearer ${bench.token()}`, 'c')).rejects.toMatchObject({ code: 'token_invalid' })
  })

  it('ten thousand at most, the oldest forgotten first', async () => {
    const bench = await TokenBench.open()
    const token = (serial: number): string => bench.token(bench.claims({ jti: String(serial) }))
    for (let serial = 0; serial <= 10_000; serial++) await bench.enter(token(serial))
    expect(await signatures(() => bench.enter(token(1)))).toBe(0)
    expect(await signatures(() => bench.enter(token(10_000)))).toBe(0)
    expect(await signatures(() => bench.enter(token(0)))).toBe(1)
  })
})
