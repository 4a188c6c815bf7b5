import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TenantEstimates } from '../../src/event-driven/tenant-estimates.ts'
import { WorkerShare } from '../../src/event-driven/worker-share.ts'

const begin = 1_700_000_000_000
const times = { mean: 5, part: 1 / 8 }

/** How long a call runs, and how long it is until the next one begins. */
const calls = fc.array(fc.tuple(fc.nat({ max: 20 }), fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 40 * 24 * 3_600_000 }))), {
  minLength: 1,
  maxLength: 30,
})

describe('the part of the workers that a lane has', () => {
  it('is a number within bounds, and so is its doubt, however short calls are and however long nothing starts', () => {
    fc.assert(
      fc.property(calls, (drawn) => {
        const share = new WorkerShare()
        let now = begin
        for (const [runs, rests] of drawn) {
          share.start(now, begin, 64, times)
          share.end(now + runs)
          now += runs + rests
          expect(share.part(1)).toBeGreaterThan(0.001)
          expect(share.part(1)).toBeLessThan(1.3)
          expect(share.doubt(3)).toBeGreaterThanOrEqual(0)
          expect(share.doubt(3)).toBeLessThan(1e6)
        }
      }),
    )
  })
})

describe('an estimate', () => {
  it('is a time also behind requests that waited for long after one that took none', () => {
    const estimates = new TenantEstimates(() => ({ logMedian: Math.log(5), sigma: 0.8, part: 1 / 8 }))
    const request = (id: string) => ({
      ...({ request_id: id, model_id: 'model', max_tokens: 100, priority: 'normal', round: 1 } as const),
      accepted: begin,
    })
    for (const id of ['first', 'second', 'third']) estimates.enter(request(id), begin).kept()
    estimates.started(request('first'), begin, true)
    estimates.ended({ ...request('first'), ended: begin }, begin, true)
    estimates.stopped(request('first'), begin)
    const later = begin + 600_000
    estimates.started(request('second'), later, true)
    const { at } = estimates.estimate(request('fourth'), later)
    expect(at).toBeGreaterThan(later)
    expect(at).toBeLessThan(later + 60_000)
  })
})
