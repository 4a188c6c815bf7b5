import { describe, expect, it } from 'vitest'
import { processGenaiRequest } from '../../src/index.ts'
import { siloKeyAlias } from '../../src/scope/data-keys.ts'
import { changeTenant } from '../../src/tenancy/configure.ts'
import { TenancyBench } from './tenancy-bench.ts'

const day = 24 * 3_600_000

describe('the keys of tenants, when several things happen to them [X65]', () => {
  it('two rotations at once both succeed', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    await bench.fill('alpha')
    const processes = [bench.restarted(), bench.restarted()]
    await Promise.all(processes.map((platform) => platform.operate().dataKeys.rotate('alpha')))
  })

  it('a copy of the time before a tenant got its own key counts for the date from which nothing can be recovered', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    await bench.fill('alpha')
    await bench.clock.advance(day)
    await changeTenant(bench.administration(), 'alpha', { isolation_level: 'silo' })
    const { offboarding } = await bench.offboard('alpha')
    // Point-in-time recovery brings yesterday's rows back, and with them the data key as the pooled key wrapped it.
    expect(offboarding?.keys_irrecoverable_at).toBeGreaterThan(bench.clock.now() + 33 * day)
  })

  it('the own key of a tenant that went back into the pool is destroyed when it leaves', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha', { isolation_level: 'silo' })
    await bench.fill('alpha')
    await changeTenant(bench.administration(), 'alpha', { isolation_level: 'pool' })
    await bench.offboard('alpha')
    await bench.sweep()
    expect(await bench.memory.adapters.keys.describe(siloKeyAlias('alpha'))).toMatchObject({ state: 'destroyed' })
  })

  it('a tenant that left gets no new data key, and nothing is acknowledged to it', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    const scope = await bench.scope('alpha')
    await bench.offboard('alpha')
    await bench.sweep()
    await expect(processGenaiRequest(scope, { prompt: 'late' })).rejects.toThrow()
  })
})
