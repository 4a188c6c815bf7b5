import { describe, expect, it } from 'vitest'
import { TraceSampler } from '../src/telemetry/trace-sampler.ts'

describe('the share of requests that leave spans', () => {
  it('is all of them while there are few', () => {
    let now = 1_000_000
    const sampler = new TraceSampler(100, () => now)
    for (let second = 0; second < 20; second++, now += 1_000)
      for (let asked = 0; asked < 100; asked++) expect(sampler.keeps(`${second}-${asked}`)).toBe(true)
  })

  it('falls to about the limit in a flood, and is all again after it', () => {
    let now = 1_000_000
    const sampler = new TraceSampler(100, () => now)
    const kept: number[] = []
    for (let second = 0; second < 10; second++, now += 1_000) {
      let amount = 0
      for (let asked = 0; asked < 5_000; asked++) if (sampler.keeps(`id-${second}-${asked}`)) amount++
      kept.push(amount)
    }
    expect(kept[0]).toBeLessThan(1_000)
    for (const amount of kept.slice(1)) expect(amount).toBeGreaterThan(20)
    for (const amount of kept.slice(1)) expect(amount).toBeLessThan(200)
    now += 5_000
    expect(sampler.keeps('after')).toBe(true)
  })

  it('keeps or passes over all that belongs to one id', () => {
    let now = 1_000_000
    const sampler = new TraceSampler(100, () => now)
    for (let asked = 0; asked < 10_000; asked++) sampler.keeps(`warm-${asked}`)
    now += 1_000
    for (let id = 0; id < 40; id++) expect(sampler.keeps(`one-${id}`)).toBe(sampler.keeps(`one-${id}`))
  })
})
