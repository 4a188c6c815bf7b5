import { expect, it } from 'vitest'
import { applyTenantFilters } from '../../src/tenancy/filters/apply-tenant-filters.ts'
import { filterInTurns } from '../../src/tenancy/filters/filter-in-turns.ts'
import type { FilterSettings } from '../../src/tenancy/filters/filter-settings.ts'
import { FakeClock } from '../../src/testing/index.ts'
import { inTurns } from './support.ts'

const masks: FilterSettings = { input: { email: 'mask', phone: 'mask' }, output: {}, deny_list: [] }
const long = `Write to ada@example.com or call +44 20 7946 0958 before the ${'long '.repeat(20)}end. `.repeat(400)

const run = (text: string, settings: FilterSettings) => inTurns((clock) => filterInTurns(clock, text, settings, 'input'))

it('a long text comes out as it does in one go, and others have turns meanwhile [X68, R103]', async () => {
  const { result, turns } = await run(long, masks)
  expect(result).toEqual(applyTenantFilters(long, masks, 'input'))
  expect(turns).toBeGreaterThan(long.length / 8_192 - 1)
})

it('one that is refused is looked at no further', async () => {
  const { result, turns } = await run(long, { ...masks, input: { email: 'block' } })
  expect(result).toMatchObject({ text: '', blocked: 'email' })
  expect(turns).toBeLessThan(2)
})

it('a short one waits for nobody', async () => {
  const text = 'Write to ada@example.com.'
  expect(await filterInTurns(new FakeClock(), text, masks, 'input')).toEqual(applyTenantFilters(text, masks, 'input'))
})
