import type { Ahead } from './line-up.ts'
import type { ServiceTimes } from './service-times.ts'
import { z90 } from './service-times.ts'
import type { WorkerShare } from './worker-share.ts'
import { workersAtATime } from './workload.ts'

const above90 = 0.1
/** No wait is foreseen better than to 2%. */
const leastDoubt = 0.02
/** So many faults in a row are foreseen at most. */
const mostFaults = 3
/** A model that fails more often is taken for one that fails so often: a spell of faults ends. */
const mostFailing = 0.97
/** Where all calls last the same, one that starts still doesn't start at any time, but when another ends: (1/12 of the square). */
const evenSpread = 0.08

/** When a request will have ended with a probability of 0.9, by what is known of times and waits. */
export interface Figure {
  /** Milliseconds from when it may be worked. */
  readonly milliseconds: number
  /** How many wait together, and how much of what is uncertain they have in common, 0 to 1. */
  readonly together: number
  readonly common: number
}

/**
 * The wait, as a sum of many times, is normal; its deviation and that of the request's own time are joined by their squares. Where
 * calls fail, so many faults in a row are added as nine in ten requests don't exceed, each with its pause and a wait anew.
 * @param part of the workers that the tenant has in this lane.
 */
export function figureOf(times: ServiceTimes, { work, variance, beside }: Ahead, part: number, share: WorkerShare): Figure {
  const workers = Math.max(0.1, workersAtATime * part)
  const wait = Math.max(0, work / workers - beside)
  const again = faultsOf(times.failing) * (times.pause + wait)
  if (wait === 0) return { milliseconds: times.p90 + again, together: 0, common: 0 }
  const { mean } = times
  const common = variance / workers ** 2 + wait ** 2 * (times.variation * times.doubt + share.doubt(wait / mean))
  const own = Math.abs(times.p90 - times.mean)
  const more = Math.sqrt(own ** 2 + z90 ** 2 * (common + (leastDoubt * wait) ** 2)) - own
  const alone = (own / z90) ** 2 + evenSpread * mean ** 2
  return {
    milliseconds: wait + times.p90 + more + again,
    together: (wait * workers) / mean,
    common: common / (common + alone),
  }
}

/** How many faults in a row nine in ten don't exceed: a geometric distribution, made smooth. */
function faultsOf(failing: number): number {
  if (failing <= above90) return 0
  return Math.min(mostFaults, Math.log(above90) / Math.log(Math.min(mostFailing, failing)) - 1)
}
