import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EntryLedger } from '../../src/tenancy/audit/entry-ledger.ts'

const id = (number: number): string => number.toString().padStart(8, '0')

describe('the ledger', () => {
  it('knows an entry that was there before, or says that it may have been, in whatever order they come [X69]', () => {
    const order = fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 3_000 }), (odd, every) => {
        const ledger = new EntryLedger()
        const seen = new Set<string>()
        const see = (number: number): void => {
          const known = !ledger.see(id(number))
          if (known) expect(seen).toContain(id(number))
          if (seen.has(id(number))) expect(known || ledger.late.has(id(number)), id(number)).toBe(true)
          seen.add(id(number))
        }
        const rest = [...odd]
        for (let number = 0; number < 9_000; number++) {
          see(number)
          const next = number % every === 0 ? rest.shift() : undefined
          if (next !== undefined) see(next)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('takes none for late that is newer than what it has let go', () => {
    const ledger = new EntryLedger()
    for (let number = 0; number < 10_000; number++) expect(ledger.see(id(number ^ 7))).toBe(true)
    expect(ledger.late.size).toBe(0)
    expect(ledger.see(id(9_000))).toBe(false)
    expect(ledger.see(id(10))).toBe(true)
    expect([...ledger.late]).toEqual([id(10)])
  })

  it('misses what a writer says that it wrote, and takes none for lost of a writer that it has forgotten [X69]', () => {
    const ledger = new EntryLedger()
    const write = (writer: string, written: number): void => {
      ledger.claim({ writer, written })
      ledger.count({ writer, written })
    }
    write('one', 0)
    write('one', 2)
    // Heard of once more, and of less.
    ledger.claim({ writer: 'one', written: 1 })
    expect(ledger.missing).toBe(1)
    ledger.count({ writer: 'one', written: 1 })
    expect(ledger.missing).toBe(0)
    for (let writer = 0; writer < 50_000; writer++) write(`writer-${writer}`, 0)
    write('one', 3)
    write('one', 4)
    expect(ledger.missing).toBe(0)
    write('one', 6)
    expect(ledger.missing).toBe(1)
  })

  it('hears nothing from what is no entry', () => {
    const ledger = new EntryLedger()
    for (const odd of [{}, { writer: 1, written: 5 }, { writer: 'one', written: '5' }]) {
      ledger.claim(odd)
      ledger.count(odd)
    }
    expect(ledger.missing).toBe(0)
  })
})
