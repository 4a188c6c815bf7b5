import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentIds } from '../../../src/analytics/shards/recent-ids.ts'

describe('recent ids', () => {
  it('are those that came last, also after they were saved segment by segment and taken back [X50]', () => {
    const step = fc.oneof(fc.nat({ max: 40 }), fc.constant('save' as const))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let ids = new RecentIds(16, 4)
        let last: number[] = []
        const saved = new Map<number, string>()
        for (const each of steps) {
          if (each === 'save') {
            for (const { segment, text } of ids.changes()) saved.set(segment, text)
            ids.saved()
            const { next } = ids
            ids = new RecentIds(16, 4)
            ids.restore(
              next,
              [...saved].map(([segment, text]) => ({ segment, text })),
            )
            continue
          }
          expect(ids.add('key', String(each))).toBe(!last.includes(each))
          if (!last.includes(each)) last = [...last, each].slice(-16)
        }
      }),
    )
  })

  it('save only what changed, and belong to their keys', () => {
    const ids = new RecentIds(16, 4)
    expect(ids.changes()).toEqual([])
    expect([ids.add('a', '1'), ids.add('b', '1'), ids.add('a', '1')]).toEqual([true, true, false])
    expect(ids.changes().map(({ segment }) => segment)).toEqual([0])
    ids.saved()
    for (let at = 2; at < 5; at++) ids.add('a', String(at))
    expect(ids.changes().map(({ segment }) => segment)).toEqual([0, 1])
  })
})
