/** One tenant floods, another sends a few: how long do the few take, against when they are alone? @module */
import { median } from '../harness/statistics.mjs'
import { Completions, produce } from './produce.mjs'

const producers = 64
const repeats = 5
/** What the tenant of the few weighs where tenants have weights; the other one weighs 1. */
const weight = 4
/** The flood is well under way when so many of it are finished. */
const underWay = 500

export async function fairness(contender, { flood, others, warmUp }) {
  const completions = new Completions()
  const rest = await contender.work(completions.done)
  await produce(contender, { count: warmUp, producers, tenant: 'quiet' })
  await completions.reached(warmUp, 'quiet')
  const alone = []
  for (let repeat = 0; repeat < repeats; repeat++) alone.push(await fewOf(contender, completions, others, 'normal'))
  await rest()
  const sameLane = await underFlood(contender, completions, { flood, others, lane: 'normal' })
  const highLane = await underFlood(contender, completions, { flood, others, lane: 'high' })
  await contender.weigh?.('quiet', weight)
  const weighted = contender.weigh && (await underFlood(contender, completions, { flood, others, lane: 'normal' }))
  return {
    alone: median(alone),
    sameLane: sameLane.few,
    highLane: highLane.few,
    floodRate: sameLane.rate,
    aheadSameLane: sameLane.ahead,
    aheadHighLane: highLane.ahead,
    ...(weighted && { weight, weighted: weighted.few, aheadWeighted: weighted.ahead }),
  }
}

/** The flood is there before the workers start; the few come when it is under way. */
async function underFlood(contender, completions, { flood, others, lane }) {
  const before = completions.of('loud')
  await produce(contender, { count: flood, producers, tenant: 'loud', lane: 'normal' })
  const began = performance.now()
  const rest = await contender.work(completions.done)
  await completions.reached(before + Math.min(underWay, flood / 2), 'loud')
  const loud = completions.of('loud')
  const few = await fewOf(contender, completions, others, lane)
  const ahead = completions.of('loud') - loud
  const rate = (flood / ((await completions.reached(before + flood, 'loud')) - began)) * 1000
  await rest()
  return { few, ahead, rate }
}

/** Milliseconds from when the first is handed in until the last is finished; all are handed in at once. */
async function fewOf(contender, completions, count, lane) {
  const before = completions.of('quiet')
  const began = performance.now()
  const [at] = await Promise.all([
    completions.reached(before + count, 'quiet'),
    produce(contender, { count, producers: count, tenant: 'quiet', lane }),
  ])
  return at - began
}
