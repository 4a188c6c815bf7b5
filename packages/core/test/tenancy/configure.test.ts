import { describe, expect, it } from 'vitest'
import { InvalidInputError, KeyUnusableError, type Models } from '../../src/index.ts'
import { siloKeyAlias } from '../../src/scope/data-keys.ts'
import type { Administration } from '../../src/tenancy/administration.ts'
import { changeTenant, onboardTenant } from '../../src/tenancy/configure.ts'
import { TenancyBench } from './tenancy-bench.ts'

/** A catalogue without one of its models. */
function without(models: Models, gone: string): Models {
  return {
    ...models,
    resolve: (id) => {
      if (id === gone) throw new InvalidInputError('There is no such model.', { code: 'model_unknown', field: 'model_id' })
      return models.resolve(id)
    },
  }
}

describe('a tenant whose model has left the catalogue', () => {
  it('can be suspended and named all the same; its models can only be set to those that there are [R95, R113]', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha', { model_config: { model_id: 'test/small', allowed_models: ['test/small', 'test/model'] } })
    const usual = bench.administration()
    const later: Administration = { ...usual, models: without(usual.models, 'test/small') }
    expect(await changeTenant(later, 'alpha', { status: 'suspended', name: 'A' })).toMatchObject({
      status: 'suspended',
      name: 'A',
    })
    await expect(changeTenant(later, 'alpha', { model_config: { max_tokens: 5 } })).rejects.toMatchObject({
      code: 'model_unknown',
      field: 'model_config.allowed_models',
    })
    const model_config = { model_id: null, allowed_models: ['test/model'] }
    expect((await changeTenant(later, 'alpha', { model_config })).model_config).toEqual({ allowed_models: ['test/model'] })
  })
})

describe('a key of its own that cannot be made', () => {
  it('leaves a tenant as it was, new or old', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    const { keys } = bench.memory.adapters
    const ensure = keys.ensure.bind(keys)
    Object.assign(keys, {
      ensure: async (alias: string) => {
        if (alias.startsWith(siloKeyAlias('').slice(0, -4))) throw new KeyUnusableError(alias, 'absent')
        return ensure(alias)
      },
    })
    const silo = { isolation_level: 'silo' } as const
    await expect(changeTenant(bench.administration(), 'alpha', silo)).rejects.toBeInstanceOf(KeyUnusableError)
    const { registry } = bench.administration()
    expect((await registry.find('alpha')).isolation_level).toBe('pool')
    const body = { tenant_id: 'beta', name: 'Beta', ...silo }
    await expect(onboardTenant(bench.administration(), body)).rejects.toBeInstanceOf(KeyUnusableError)
    expect(await registry.get('beta')).toBeUndefined()
    Object.assign(keys, { ensure })
    await changeTenant(bench.administration(), 'alpha', silo)
    expect((await registry.find('alpha')).isolation_level).toBe('silo')
    expect((await onboardTenant(bench.administration(), body)).isolation_level).toBe('silo')
  })
})

describe('administrators at the same time', () => {
  it('lose none of their changes, and are told of those that could not be made', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    const changes = [
      { limits: { concurrent: 3 } },
      { limits: { requests_per_minute: 60 } },
      { limits: { monthly_budget_usd: 2 } },
      { model_config: { max_tokens: 100 } },
      { filters: { input: { email: 'mask' as const } } },
      { filters: { output: { ssn: 'block' as const } } },
      { filters: { deny_list: ['heron'] } },
      { tier: 'gold' },
    ]
    await Promise.all(
      changes.map((change, index) =>
        changeTenant(bench.administration(index % 2 ? bench.restarted() : bench.platform), 'alpha', change),
      ),
    )
    expect(await bench.administration().registry.find('alpha')).toMatchObject({
      limits: { concurrent: 3, requests_per_minute: 60, monthly_budget_usd: 2 },
      model_config: { max_tokens: 100 },
      filters: { input: { email: 'mask' }, output: { ssn: 'block' }, deny_list: ['heron'] },
      tier: 'gold',
    })
    const many = Array.from({ length: 40 }, (_, weight) => weight + 1)
    const outcomes = await Promise.allSettled(
      many.map((weight) =>
        changeTenant(bench.administration(), 'alpha', { name: `n${weight}`, limits: { tokens_per_minute: weight } }),
      ),
    )
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    for (const reason of refused) expect(reason).toMatchObject({ code: 'conflict', retryable: true })
    const { name, limits, tier } = await bench.administration().registry.find('alpha')
    expect([name, tier]).toEqual([`n${limits.tokens_per_minute}`, 'gold'])
    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(7)
  })

  it.each(['before', 'after'])('who offboard it have the last word, %s what another changes [R95]', async (order) => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    const change = () => changeTenant(bench.administration(), 'alpha', { status: 'active', tier: 'gold' })
    const offboard = () => bench.offboard('alpha', bench.restarted())
    // What comes in between was read before, and is committed too late.
    const [work, between] = order === 'before' ? [change, offboard] : [offboard, change]
    const { state } = bench.memory.adapters
    const commit = state.commit.bind(state)
    let begun = false
    Object.assign(state, {
      commit: async (...given: Parameters<typeof commit>) => {
        const first = !begun
        begun = true
        if (first) await between()
        return commit(...given)
      },
    })
    if (order === 'before') await expect(work()).rejects.toMatchObject({ code: 'wrong_state' })
    else await work()
    const settings = await bench.administration().registry.find('alpha')
    expect(settings).toMatchObject({ status: 'offboarded', tier: order === 'before' ? 'standard' : 'gold' })
    expect(settings.offboarding).toBeDefined()
  })
})
