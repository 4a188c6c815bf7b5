import { expect, it } from 'vitest'
import { TenantRegistry } from '../../src/index.ts'
import { TenancyBench } from './tenancy-bench.ts'

it('settings that are remembered are read anew when the clock was set back, so that a suspended tenant works no longer', async () => {
  const { operator, clock } = new TenancyBench()
  const registry = new TenantRegistry(operator)
  await registry.create('alpha', 'Alpha')
  const remembering = new TenantRegistry(operator, { freshMilliseconds: 1_000 })
  expect(await remembering.get('alpha')).toMatchObject({ status: 'active' })
  await registry.setStatus('alpha', 'suspended')
  expect(await remembering.get('alpha')).toMatchObject({ status: 'active' })
  clock.jump(clock.now() - 3_600_000)
  expect(await remembering.get('alpha')).toMatchObject({ status: 'suspended' })
})
