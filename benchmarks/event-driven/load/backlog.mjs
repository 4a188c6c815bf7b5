/** How it goes with much waiting: handing in without workers, then the rate at which workers drain. @module */
import { latencies } from '../harness/statistics.mjs'
import { Completions, produce } from './produce.mjs'
import { memory, watchCpu } from './usage.mjs'

/** @returns what was measured, and by how much the backlog grew or shrank. */
export async function backlog(contender, { acknowledged, drained, warmUp, producers, storePid }) {
  const { submitted: warm } = await produce(contender, { count: warmUp, producers })
  const { submitted, waits, milliseconds } = await produce(contender, { count: acknowledged, producers })
  const { p50, p99, max } = latencies(waits)

  const completions = new Completions()
  const began = performance.now()
  const rest = await contender.work(completions.done)
  const first = completions.reached(1)
  const from = await completions.reached(warmUp)
  const cpu = watchCpu(storePid)
  const to = await completions.reached(warmUp + drained)
  const cost = cpu(drained)
  const result = {
    acceptRate: (submitted / milliseconds) * 1000,
    ackP50: p50,
    ackP99: p99,
    ackMax: max,
    firstDone: (await first) - began,
    drainRate: (drained / (to - from)) * 1000,
    ...cost,
    ...memory(storePid),
  }
  await rest()
  return { ...result, grown: warm + submitted - completions.total }
}
