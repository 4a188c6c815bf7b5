/** The whole path as fast as it goes: from the first append until the last record has all of its effects. @module */
import { Records } from './records.mjs'

const atOnce = 10_000
const perKey = 12

export async function path(contender, { keys, settings }) {
  const { records: wanted, seconds } = settings
  const total = Math.max(wanted, perKey * keys)
  const records = new Records(keys)
  await contender.append(records.some(Math.min(keys, atOnce)))
  const warmed = Math.min(keys, atOnce)
  const before = memory()
  const cpu = process.cpuUsage()
  const began = performance.now()
  const done = contender.done ? await forAWhile(contender, records, seconds) : await all(contender, records, warmed, total)
  const wall = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  return {
    records: done,
    wall,
    cpu: (user + system) / 1e6,
    memoryPerKey: (memory() - before) / keys,
    rss: process.memoryUsage().rss,
    spent: await contender.spent(),
    counts: await contender.counts?.(),
  }
}

async function all(contender, records, warmed, total) {
  let left = total - warmed
  // One call after the other, so that the records of a key stay in order.
  while (left > 0) {
    const count = Math.min(atOnce, left)
    left -= count
    await contender.append(records.some(count))
  }
  await contender.settled(total)
  return total - warmed
}

/** What takes a call for each record gets no further than it does. */
async function forAWhile(contender, records, seconds) {
  const before = contender.done()
  await contender.append(records.some(100_000))
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
  return contender.done() - before
}

function memory() {
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
