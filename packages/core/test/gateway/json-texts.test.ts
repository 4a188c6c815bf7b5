import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rewriteData } from '../../src/gateway/json-texts.ts'

const masked = (text: string): string => (text.includes('@') ? '[email]' : text)

describe('names that become the same', () => {
  it('are numbered in their order, beside those that are written like that', () => {
    const names = fc.uniqueArray(fc.oneof(fc.constantFrom('[email]', '[email] 2', '[email] 3'), fc.emailAddress()), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(names, (given) => {
        const data = Object.fromEntries(given.map((name, index) => [name, index]))
        const rewritten = rewriteData(data, masked, 'input')
        expect(Object.values(rewritten).toSorted()).toEqual(Object.values(data).toSorted())
        for (const name of Object.keys(rewritten)) expect(name).toMatch(/^\[email\](?: \d+)*$/)
      }),
    )
  })

  it('take a time that grows with their number, and not with its square', { timeout: 20_000 }, () => {
    const names = Array.from({ length: 40_000 }, (_, index) => `ada${index}@example.com`)
    const rewritten = rewriteData(Object.fromEntries(names.map((name) => [name, 0])), masked, 'input')
    expect(Object.keys(rewritten).at(-1)).toBe('[email] 40000')
  })
})
