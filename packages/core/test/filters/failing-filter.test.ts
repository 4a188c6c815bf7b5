import { describe, expect, it } from 'vitest'
import { PlinthError } from '../../src/errors.ts'
import { applyTenantFilters } from '../../src/tenancy/filters/apply-tenant-filters.ts'
import { builtInDetectors } from '../../src/tenancy/filters/detectors/detectors.ts'
import { FilterStream } from '../../src/tenancy/filters/filter-stream.ts'
import type { Detectors } from '../../src/tenancy/filters/matches.ts'
import { settings } from './support.ts'

const failing: Detectors = {
  ...builtInDetectors,
  *email(text) {
    if (text.includes('@')) throw new TypeError('the detector is broken')
    yield* []
  },
}
const text = 'Hello there, write to bob@example.com today, if you like.'

describe('a filter that fails', () => {
  it.each(['mask', 'block', 'flag'] as const)('lets nothing through, whatever its action is: %s [R103, X69]', (action) => {
    const apply = () => applyTenantFilters(text, settings({ email: action }), 'output', failing)
    expect(apply).toThrow(PlinthError)
    expect(apply).toThrow(expect.objectContaining({ code: 'filter_failed' }))
  })

  it('says so without the text', () => {
    try {
      applyTenantFilters(text, settings({ email: 'mask' }), 'output', failing)
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toContain('bob')
      expect(PlinthError.is(error) && error.cause).toBeInstanceOf(TypeError)
    }
  })

  it('ends a stream for good, before anything that it should have looked at is given out [R103, X69]', () => {
    const stream = new FilterStream(settings({ email: 'mask' }), 'output', failing)
    let given = stream.push('Hello there, write to ')
    expect(() => {
      given += stream.push('bob@example.com today, if you like.')
      given += stream.push(' More. And more.')
    }).toThrow(expect.objectContaining({ code: 'filter_failed' }))
    expect('Hello there, write to ').toContain(given)
    expect(() => stream.push('harmless')).toThrow(expect.objectContaining({ code: 'filter_failed' }))
    expect(() => stream.end()).toThrow(expect.objectContaining({ code: 'filter_failed' }))
  })

  it('makes the very push fail in which it fails', () => {
    const stream = new FilterStream(settings({ email: 'mask' }), 'output', failing)
    expect(() => stream.push(`${text} Please write as soon as you can.`)).toThrow(
      expect.objectContaining({ code: 'filter_failed' }),
    )
  })

  it('does not matter where its kind has no rule', () => {
    expect(applyTenantFilters(text, settings({ phone: 'mask' }), 'output', failing).text).toBe(text)
  })
})
