import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedCache, cacheByClock } from '../../src/rag/bounded-cache.ts'
import { FakeClock } from '../../src/testing/index.ts'

const open = (entries: number, bytes = 100): { clock: FakeClock; cache: BoundedCache<string> } => {
  const clock = new FakeClock()
  return { clock, cache: new BoundedCache<string>(clock, { entries, bytes, keptFor: 1_000 }) }
}

describe('a bounded cache', () => {
  it('lets go of what was used longest ago', () => {
    const { cache } = open(2)
    cache.set('a', 'A')
    cache.set('b', 'B')
    expect(cache.get('a')).toBe('A')
    cache.set('c', 'C')
    expect(['a', 'b', 'c'].map((key) => cache.get(key))).toEqual(['A', undefined, 'C'])
  })

  it('holds no more entries and bytes than it may, whatever is put in [X35]', () => {
    const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e'), bytes: fc.nat(120), wait: fc.nat(400) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new FakeClock()
        let now = 0
        clock.now = () => now
        const cache = new BoundedCache<number>(clock, { entries: 3, bytes: 100, keptFor: 1_000 })
        const put = new Map<string, { readonly bytes: number; readonly at: number }>()
        for (const { key, bytes, wait } of steps) {
          now += wait
          cache.set(key, bytes, bytes)
          put.set(key, { bytes, at: now })
          expect(cache.size).toBeLessThanOrEqual(3)
          expect(cache.bytes).toBeLessThanOrEqual(100)
          let held = 0
          for (const [name, last] of put) {
            const found = cache.get(name)
            if (found === undefined) continue
            expect(found).toBe(last.bytes)
            expect(now - last.at).toBeLessThan(1_000)
            held += found
          }
          expect(held).toBeLessThanOrEqual(cache.bytes)
          if (bytes <= 100) expect(cache.get(key)).toBe(bytes)
        }
      }),
    )
  })

  it('gives nobody what is too old, and lets its memory go when it is used next, whoever by', async () => {
    const { clock, cache } = open(10)
    cache.set('gone', 'a tenant that left', 18)
    await clock.advance(1_000)
    expect(cache.get('gone')).toBeUndefined()
    cache.set('gone', 'again', 5)
    await clock.advance(1_000)
    cache.get('other')
    expect([cache.size, cache.bytes]).toEqual([0, 0])
  })

  it('keeps nothing for longer when the clock is set back', () => {
    const { clock, cache } = open(10)
    let now = 10_000
    clock.now = () => now
    cache.set('a', 'A')
    now = 5_000
    expect(cache.get('a')).toBeUndefined()
  })

  it('is one for each process', () => {
    const of = cacheByClock<string>({ entries: 1, keptFor: 1 })
    const clock = new FakeClock()
    expect(of(clock)).toBe(of(clock))
    expect(of(clock)).not.toBe(of(new FakeClock()))
  })
})
