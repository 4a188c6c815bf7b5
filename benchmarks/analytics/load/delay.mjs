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
const look = 500

export async function delay(contender, { keys, settings }) {
  const { rate, seconds } = settings
  const records = new Records(keys, eventStep)
  const appended = new Map()
  const alerted = []
  contender.onAlert((key) => alerted.push({ key, at: Date.now() }))
  const appends = []
  const cpu = process.cpuUsage()
  const began = Date.now()
  const total = Math.max(seconds, (warmRounds * keys) / rate + 10) * rate
  // One call after the other, so that the records of a key stay in order; each takes what is due by then.
  for (let made = 0; made < total; ) {
    const due = Math.min(total, Math.floor(((Date.now() - began) / 1_000) * rate))
    if (due > made) {
      const some = records.some(due - made)
      // Counted from when it was due, not from when the call before let it go.
      spoil(some, made, keys, (key, number) => appended.set(key, began + (number / rate) * 1_000))
      const first = began + (made / rate) * 1_000
      made = due
      await contender.append(some)
      appends.push(Date.now() - first)
    }
    await pause(tick)
  }
  const wall = (Date.now() - began) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  for (let waited = 0; untilFirst(appended, alerted).length < appended.size && waited < patience; waited += look)
    await pause(look)
  const alerts = untilFirst(appended, alerted)
  const insights = untilFirst(appended, await contender.insights())
  return {
    records: total,
    wall,
    cpu: (user + system) / 1e6,
    wrong: appended.size,
    insights: insights.length,
    alerts: alerts.length,
    append: latencies(appends),
    insight: latencies(insights),
    alert: latencies(alerts),
    spent: await contender.spent(),
    counts: await contender.counts?.(),
  }
}

/** For each wrong value how long the first word of its key took, behind it: what was said before was of something else. */
function untilFirst(appended, words) {
  const delays = new Map()
  for (const { key, at } of words) {
    const delay = at - (appended.get(key) ?? Number.POSITIVE_INFINITY)
    if (delay >= 0) delays.set(key, Math.min(delay, delays.get(key) ?? delay))
  }
  return [...delays.values()]
}

/** Every so many rounds another key has a wrong value. */
function spoil(some, made, keys, tell) {
  const first = warmRounds * keys
  const every = apart * keys
  for (const [at, record] of some.entries()) {
    const number = made + at - first
    if (number < 0 || number % every !== Math.floor(number / every) % keys) continue
    record.data.value = wrong
    tell(record.key, made + at)
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
