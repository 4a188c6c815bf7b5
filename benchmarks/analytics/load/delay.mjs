/**
 * Delays at a steady rate: now and then one key's value is wrong, and the time is taken until its insight and its alert. Event time runs fast,
 * so that each wrong value is an incident of its own: nothing else on the machine does.
 * @module
 */
import { latencies } from '../../event-driven/harness/statistics.mjs'
import { Records } from './records.mjs'

const tick = 10
/** Event time of a round over the keys, which takes a tenth of a second at 10,000 records a second. */
const eventStep = 24_000
/** Records of each key before the first wrong one, and rounds from one to the next: two minutes of event time. */
const warmRounds = 100
const apart = 5
const wrong = 1_000
const patience = 10_000

export async function delay(contender, { keys, settings }) {
  const { rate, seconds } = settings
  const records = new Records(keys, eventStep)
  const appended = new Map()
  const alerted = new Map()
  contender.onAlert((key) => alerted.has(key) || alerted.set(key, Date.now()))
  const appends = []
  const cpu = process.cpuUsage()
  const began = performance.now()
  const total = Math.max(seconds, (warmRounds * keys) / rate + 10) * rate
  let lag = 0
  for (let made = 0; made < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1_000) * rate))
    if (due > made) {
      const some = records.some(due - made)
      spoil(some, made, keys, appended)
      made = due
      const at = performance.now()
      appends.push(contender.append(some).then(() => performance.now() - at))
    }
    const before = performance.now()
    await pause(tick)
    lag = Math.max(lag, performance.now() - before - tick)
  }
  const wall = (performance.now() - began) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  for (let waited = 0; alerted.size < appended.size && waited < patience; waited += tick) await pause(tick)
  const insights = new Map()
  for (const { key, at } of await contender.insights()) insights.set(key, Math.min(at, insights.get(key) ?? at))
  const until = (ends) => [...appended].flatMap(([key, at]) => (ends.get(key) >= at ? [ends.get(key) - at] : []))
  return {
    records: total,
    wall,
    cpu: (user + system) / 1e6,
    wrong: appended.size,
    insights: until(insights).length,
    alerts: until(alerted).length,
    append: latencies(await Promise.all(appends)),
    insight: latencies(until(insights)),
    alert: latencies(until(alerted)),
    lag,
    spent: await contender.spent(),
    counts: await contender.counts?.(),
  }
}

/** Every so many rounds another key has a wrong value. */
function spoil(some, made, keys, appended) {
  const first = warmRounds * keys
  const every = apart * keys
  for (const [at, record] of some.entries()) {
    const number = made + at - first
    if (number < 0 || number % every !== Math.floor(number / every) % keys) continue
    record.data.value = wrong
    appended.set(record.key, Date.now())
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
