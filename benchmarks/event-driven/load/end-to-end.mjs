/** Producers hand in one by one while the workers drain; measured from the first request to the last one's end. @module */
import { latencies } from '../harness/statistics.mjs'
import { Completions, produce } from './produce.mjs'
import { memory, watchCpu } from './usage.mjs'

export async function endToEnd(contender, { requests, seconds, producers, warmUp, storePid }) {
  const completions = new Completions()
  const rest = await contender.work(completions.done)
  const { submitted: before } = await produce(contender, { count: warmUp, producers })
  await finished(contender, completions, before)

  const cpu = watchCpu(storePid)
  const began = performance.now()
  const { submitted, waits, milliseconds } = await produce(contender, { count: requests, producers, seconds })
  await finished(contender, completions, before + submitted)
  const took = performance.now() - began
  const cost = cpu(submitted)
  const { p50, p99, max } = latencies(waits)
  const result = {
    requests: submitted,
    rate: (submitted / took) * 1000,
    acceptRate: (submitted / milliseconds) * 1000,
    ackP50: p50,
    ackP99: p99,
    ackMax: max,
    ...cost,
    ...memory(storePid),
  }
  await rest()
  return result
}

async function finished(contender, completions, count) {
  await completions.reached(count)
  await contender.settled?.(count)
}
