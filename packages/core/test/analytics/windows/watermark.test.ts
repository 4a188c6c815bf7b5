import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkWindows } from '../../../src/analytics/windows/check-windows.ts'
import { Watermark } from '../../../src/analytics/windows/watermark.ts'
import type { WindowDefinition } from '../../../src/analytics/windows/window.ts'
import { InvalidInputError } from '../../../src/index.ts'

const now = 1_700_000_000_000

describe('a watermark', () => {
  it('follows the stream’s own times, however old, less the lateness', () => {
    const watermark = new Watermark(10_000)
    expect(watermark.value).toBe(Number.NEGATIVE_INFINITY)
    watermark.observe(1_000_000, now)
    watermark.observe(900_000, now)
    expect(watermark.value).toBe(990_000)
  })

  it('is moved to the present at most by a record from the future', () => {
    const watermark = new Watermark(0)
    watermark.observe(now - 5_000, now)
    watermark.observe(now + 55_000, now + 1)
    watermark.observe(now + 86_000_000, now + 2)
    expect(watermark.value).toBe(now + 2)
  })

  it('goes on by the time that passes while its stream is live, and not else', () => {
    const live = new Watermark(0)
    live.observe(now - 300_000, now)
    live.heartbeat(now + 20_000)
    live.heartbeat(now + 10_000)
    live.heartbeat(now + 30_000)
    expect(live.value).toBe(now - 270_000)
    const old = new Watermark(0)
    old.heartbeat(now)
    old.observe(now - 300_001, now)
    old.heartbeat(now + 20_000)
    expect(old.value).toBe(now - 300_001)
  })

  it('never goes back, and goes on the same when it was packed', () => {
    const step = fc.record({
      time: fc.integer({ min: -400_000, max: 100_000 }),
      at: fc.integer({ min: -1_000, max: 60_000 }),
      beats: fc.boolean(),
      isPacked: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const one = new Watermark(5_000)
        let other = new Watermark(5_000)
        let at = now
        for (const { time, at: passed, beats, isPacked } of steps) {
          const before = one.value
          at += passed
          for (const each of [one, other]) {
            if (beats) each.heartbeat(at)
            else each.observe(at + time, at)
          }
          if (isPacked) other = Watermark.unpack(JSON.parse(JSON.stringify(other.pack())), 5_000)
          expect(other.value).toBe(one.value)
          expect(one.value).toBeGreaterThanOrEqual(before)
        }
      }),
    )
  })
})

describe('windows as they are set', () => {
  const refused: [field: string, definitions: readonly WindowDefinition[], lateness?: number][] = [
    ['windows.0.name', [{ name: '', kind: 'tumbling', size: 60_000 }]],
    ['windows.0.name', [{ name: 'é', kind: 'tumbling', size: 60_000 }]],
    [
      'windows.1.name',
      [
        { name: 'a', kind: 'tumbling', size: 60_000 },
        { name: 'a', kind: 'session', gap: 60_000 },
      ],
    ],
    ['windows.0.size', [{ name: 'a', kind: 'tumbling', size: 999 }]],
    ['windows.0.size', [{ name: 'a', kind: 'tumbling', size: 1_000.5 }]],
    ['windows.0.size', [{ name: 'a', kind: 'tumbling', size: 1_000 }], 128_000],
    ['windows.0.slide', [{ name: 'a', kind: 'sliding', size: 1_000, slide: 2_000 }]],
    ['windows.0.size', [{ name: 'a', kind: 'sliding', size: 60_000, slide: 59_999 }]],
    ['windows.0.gap', [{ name: 'a', kind: 'session', gap: Number.NaN }]],
    ['windows.0.gap', [{ name: 'a', kind: 'session', gap: 1_000 }], 128_000],
  ]
  it.each(refused)('are refused by the field %s', (field, definitions, lateness = 0) => {
    expect(() => checkWindows(definitions, lateness)).toThrow(expect.objectContaining({ name: InvalidInputError.name, field }))
  })

  it('are taken within the limits', () => {
    checkWindows(
      [
        { name: '1m', kind: 'tumbling', size: 60_000 },
        { name: '1h', kind: 'sliding', size: 3_600_000, slide: 60_000 },
        { name: 'g', kind: 'session', gap: 1_000 },
      ],
      127_000,
    )
  })
})
