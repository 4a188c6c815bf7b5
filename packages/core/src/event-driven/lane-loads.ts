import { type Lane, laneWeights } from '../ports/queue.ts'

/** A lane's place in arrays. */
export const laneIndex: Readonly<Record<Lane, number>> = { high: 0, normal: 1, low: 2 }
export const laneCount = 3
const everyLane = 0b111
const lanesBusy = [1, 1, 1]
const weights = [laneWeights.high, laneWeights.normal, laneWeights.low] as const

/** What is said of each lane, in the order of {@link laneIndex}. */
export type PerLane = Float64Array

/**
 * The work of other lanes that is done before a request starts that has so much before it in its own lane: while they have work,
 * they get their weights' part beside it; one that runs out has given all that it had and got.
 * @param own work ahead in its own lane, and its own.
 * @param waiting work that waits in each lane.
 * @param arriving work that arrives in each, a millisecond.
 * @param workers how many work.
 */
export function workBeside(lane: number, own: number, waiting: PerLane, arriving: PerLane, workers: number): number {
  let lasting = everyLane & ~(1 << lane)
  for (;;) {
    let work = own
    let rest = workers
    for (let other = 0; other < laneCount; other++) {
      if ((lasting & (1 << other)) !== 0) work += partOf(other, lane, own)
      else if (other !== lane) {
        work += waiting[other] ?? 0
        rest -= arriving[other] ?? 0
      }
    }
    // More arrives than is worked: no lane runs out.
    if (rest <= 0) return own * (1 / laneShare(lane, lanesBusy) - 1)
    const time = work / rest
    const before = lasting
    for (let other = 0; other < laneCount; other++) {
      const has = (waiting[other] ?? 0) + (arriving[other] ?? 0) * time
      if (has < partOf(other, lane, own)) lasting &= ~(1 << other)
    }
    if (lasting === before) return time * workers - own
  }
}

function partOf(other: number, lane: number, own: number): number {
  return (own * (weights[other] ?? 0)) / (weights[lane] ?? 1)
}

/** The part of the workers that a lane gets while all lanes in `waiting` have work. */
export function laneShare(lane: number, waiting: ArrayLike<number>): number {
  let all = weights[lane] ?? 1
  for (let other = 0; other < laneCount; other++) if (other !== lane && (waiting[other] ?? 0) > 0) all += weights[other] ?? 0
  return (weights[lane] ?? 1) / all
}
