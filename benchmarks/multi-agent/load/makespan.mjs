/** How long a graph takes whose steps take their time. @module */
import { criticalPath, latenciesOf, levelPath } from '../graphs.mjs'
import { CheckedWork } from './checked-work.mjs'

/** Once without any time, to warm up, then once with it. */
export async function makespan(contender, graph) {
  const latencies = latenciesOf(graph)
  const cold = new CheckedWork(graph)
  await (await contender.prepare(graph, cold.work)).run()
  const checked = new CheckedWork(graph, latencies)
  const prepared = await contender.prepare(graph, checked.work)
  const cpu = process.cpuUsage()
  const began = performance.now()
  await prepared.run()
  const milliseconds = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  checked.reset()
  return {
    milliseconds,
    cpu: (user + system) / graph.steps.length,
    critical: criticalPath(graph, latencies),
    levels: levelPath(graph, latencies),
  }
}
