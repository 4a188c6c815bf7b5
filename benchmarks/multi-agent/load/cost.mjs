/** What a step costs, where its work takes no time. @module */
import { residentOf } from '../../event-driven/harness/machine.mjs'
import { CheckedWork } from './checked-work.mjs'

const leastRuns = 3
const mostRuns = 1_000

/**
 * Runs the graph again and again: to warm up, then until so much CPU time is used. All that the process uses is counted, garbage
 * collection and the threads of databases too.
 * @param options.seconds of CPU. @param options.once one run, without any before.
 */
export async function cost(contender, graph, { seconds, once }) {
  const checked = new CheckedWork(graph)
  const prepared = await contender.prepare(graph, checked.work)
  const run = async () => {
    await prepared.run()
    checked.reset()
  }
  const warm = once ? undefined : await repeat(run, { seconds: seconds / 2, runs: 2 })
  const measured = await repeat(run, once ? { seconds: 0, runs: 1 } : { seconds, runs: leastRuns })
  const steps = measured.runs * graph.steps.length
  return {
    runs: measured.runs,
    /** Those before, too. */
    runsInAll: measured.runs + (warm?.runs ?? 0),
    cpu: measured.cpu / steps,
    wall: measured.wall / steps,
    memory: residentOf(process.pid).rssPeak,
  }
}

/** @returns microseconds, of CPU and on the clock, and how many runs there were. */
async function repeat(run, { seconds, runs: least }) {
  const cpu = process.cpuUsage()
  const began = performance.now()
  let runs = 0
  let used
  do {
    await run()
    runs++
    const { user, system } = process.cpuUsage(cpu)
    used = user + system
  } while (runs < least || (used < seconds * 1e6 && runs < mostRuns))
  return { runs, cpu: used, wall: (performance.now() - began) * 1_000 }
}
