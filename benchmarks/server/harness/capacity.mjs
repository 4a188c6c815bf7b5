/** What the machine bears. @module */
import { jobsWaiting } from './samples.mjs'
import { loadServer } from './server.mjs'

const growth = 1.3
/** Below this share of what came in, a rate was too much. */
const enough = 0.97
/** Work may wait for so long, in seconds of arrivals. */
const behind = 2

/**
 * Raises the rate until a step isn't borne: answers come in time for nearly all that arrives, and the work behind them keeps up.
 * @returns the highest rate that was borne, and the most good answers a second of all steps.
 */
export async function findCapacity(server, directory, { from, seconds, note }) {
  // What is compiled, opened and cached once isn't measured.
  let { next } = await loadServer(server, { phases: [{ rate: from, seconds }] })
  let borne = 0
  let peak = 0
  for (let rate = from; ; rate = Math.ceil(rate * growth)) {
    const loaded = await loadServer(server, { phases: [{ rate, seconds }], first: next })
    next = loaded.next
    const waiting = await jobsWaiting(directory)
    const good = loaded.bins.reduce((sum, bin) => sum + bin.good, 0) / seconds
    note(`${rate}/s came in: ${good.toFixed(0)}/s answered in time, ${waiting} jobs waiting`)
    peak = Math.max(peak, good)
    if (good < enough * rate || waiting > behind * rate) break
    borne = rate
  }
  if (borne === 0) throw new Error(`Not even ${from} a second were borne: start --from lower.`)
  return { borne, peak, next }
}
