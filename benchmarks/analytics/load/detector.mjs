/** The detector alone: interleaved keys, values made beforehand. @module */
import { begin, period, valueAt } from './records.mjs'

const warm = 100
const rounds = 400

export async function detector(contender, { keys }) {
  const before = memory()
  const values = Float64Array.from({ length: 65_536 }, (_, at) => valueAt(0, begin + at * period, (at * 0.618) % 1))
  const pass = (from, to) => {
    for (let round = from; round < to; round++) {
      const time = begin + round * period
      for (let key = 0; key < keys; key++) contender.next(key, values[(round + key * 7) % values.length], time)
    }
  }
  pass(0, warm)
  const cpu = process.cpuUsage()
  const began = performance.now()
  pass(warm, warm + rounds)
  const wall = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  const records = rounds * keys
  return { records, wall, cpu: (user + system) / 1e6, memoryPerKey: (memory() - before) / keys, packed: contender.packed() }
}

function memory() {
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
