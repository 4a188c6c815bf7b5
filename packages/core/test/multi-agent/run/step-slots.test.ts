import { expect, it } from 'vitest'
import { slotsOf } from '../../../src/multi-agent/run/step-slots.ts'
import { FakeClock } from '../../../src/testing/index.ts'

it('the room of a tenant is shared by its runs, and nothing is kept of a tenant that has none', () => {
  const clock = new FakeClock()
  const slots = slotsOf(clock, 'alpha')
  const first = slots.open(() => {})
  const second = slots.open(() => {})
  first.close()
  first.close()
  expect(slotsOf(clock, 'alpha')).toBe(slots)
  second.close()
  const later = slotsOf(clock, 'alpha')
  expect(later).not.toBe(slots)
  later.open(() => {})
  // What was left is left once.
  second.close()
  expect(slotsOf(clock, 'alpha')).toBe(later)
})
