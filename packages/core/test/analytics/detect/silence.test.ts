import { describe, expect, it } from 'vitest'
import { Detector, detectionThreshold } from '../../../src/analytics/detect/detector.ts'
import { minutes, monday } from './series.ts'

const hour = 60 * minutes
const day = 24 * hour

/** A detector that had values at these times. */
function fed(times: readonly number[]): Detector {
  const detector = new Detector()
  for (const [at, time] of times.entries()) detector.next(at % 3, time)
  return detector
}

function every(step: number, count: number, from = monday): number[] {
  return Array.from({ length: count }, (_, at) => from + at * step)
}

describe('silence', () => {
  it('is anomalous after three to six usual gaps, and more so as it goes on', () => {
    for (const step of [5 * minutes, hour, day]) {
      const detector = fed(every(step, 30))
      const last = monday + 29 * step
      const after = detector.silentAfter() ?? 0
      expect(after - last).toBeGreaterThanOrEqual(3 * step)
      expect(after - last).toBeLessThanOrEqual(6 * step)
      expect(detector.silence(last + 2 * step)).toBe(0)
      expect(detector.silence(after)).toBeGreaterThan(detectionThreshold)
      expect(detector.silence(after + day)).toBeGreaterThan(detector.silence(after))
      expect(detector.silence(after + 1000 * day)).toBeLessThanOrEqual(1)
    }
  })

  it('says for how long, and how long it was', () => {
    const detector = fed(every(5 * minutes, 30))
    const time = monday + 29 * 5 * minutes + 2 * hour
    expect(detector.explainSilence(time)).toEqual({
      kind: 'silence',
      reason: 'Nothing has come for 2 hours; until now the next value came within 9 minutes.',
    })
  })

  it('is nothing while few values have come, or right after a burst', () => {
    expect(fed(every(minutes, 5)).silentAfter()).toBeUndefined()
    expect((fed(every(0, 100)).silentAfter() ?? 0) - monday).toBe(10_000)
  })

  it('is usual where it comes every night, and every weekend from the third on', () => {
    const nightly = Array.from({ length: 7 }, (_, each) => every(5 * minutes, 120, monday + each * day)).flat()
    const morning = (nightly.at(-1) ?? 0) + 14 * hour
    expect(fed(nightly).silence(morning)).toBe(0)
    const weekly = [0, 7, 14].flatMap((start) => every(hour, 5 * 24, monday + start * day))
    const weekend = (weekly.at(-1) ?? 0) + 2 * day
    expect(fed(weekly).silence(weekend)).toBe(0)
    expect(fed(weekly.slice(0, 5 * 24)).silence((weekly[5 * 24 - 1] ?? 0) + 2 * day)).toBeGreaterThan(detectionThreshold)
  })

  it('is judged as before after a single outage', () => {
    const before = every(5 * minutes, 300)
    const start = (before.at(-1) ?? 0) + 2 * day
    const detector = fed([...before, ...every(5 * minutes, 50, start)])
    expect((detector.silentAfter() ?? 0) - (start + 49 * 5 * minutes)).toBeLessThan(hour)
  })
})
