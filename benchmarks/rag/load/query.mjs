/** An index that is there: how soon it answers, what an answer costs, what it takes of memory, how much of the nearest it finds. @module */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { residentOf } from '../../event-driven/harness/machine.mjs'
import { latencies } from '../../event-driven/harness/statistics.mjs'
import { loadContender } from '../contenders.mjs'
import { fill } from './build.mjs'
import { questionsOf } from './data.mjs'
import { Stopwatch } from './stopwatch.mjs'

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc')
const nearestTen = 10
/** Questions of each kind before those that count. */
const warm = 30

/**
 * Opens a folder, or fills an index first where the contender keeps nothing.
 * @param options.limit candidates of each side. @param options.exact the ten nearest of each question.
 */
export async function query({ name, directory, size, limit, count, exact }) {
  const questions = questionsOf(count, size)
  const opening = new Stopwatch()
  const contender = await opening.time(async () => (await loadContender(name)).open({ directory }))
  const before = resident()
  const filled = contender.load ? undefined : await fill(contender, size)
  const loading = new Stopwatch()
  const first = contender.searches.hybrid ?? contender.searches.vector
  await loading.time(async () => {
    await contender.load?.()
    await first(questions[0], limit)
  })
  const kinds = {}
  for (const [kind, search] of Object.entries(contender.searches)) {
    for (let at = 0; at < warm; at++) await search(questions[at % count], limit)
    kinds[kind] = await ask(search, questions, limit)
  }
  const memory = resident() - before
  const account = contender.account?.()
  const recall = await recallOf(contender, questions, exact, limit)
  const recallOfTen = await recallOf(contender, questions, exact, nearestTen)
  await contender.close()
  return {
    ...(contender.load ? { start: { opening, loading } } : {}),
    filled,
    kinds,
    memory: memory / size,
    account: account === undefined ? undefined : account / size,
    rssPeak: residentOf(process.pid).rssPeak,
    recall,
    recallOfTen,
  }
}

async function ask(search, questions, limit) {
  const all = new Stopwatch()
  const waits = []
  await all.time(async () => {
    for (const question of questions) {
      const began = performance.now()
      const found = await search(question, limit)
      waits.push(performance.now() - began)
      if (found.length === 0) throw new Error(`Nothing was found for "${question.text}".`)
    }
  })
  const { p50, p99 } = latencies(waits)
  return { p50, p99, cpu: all.cpu / questions.length }
}

/** The share of the exact ten nearest among the first ten of so many that were asked for. */
async function recallOf({ searches }, questions, exact, limit) {
  let found = 0
  for (const [at, wanted] of exact.entries()) {
    const nearest = await searches.vector(questions[at], limit)
    found += nearest.slice(0, nearestTen).filter((number) => wanted.includes(number)).length
  }
  return found / exact.flat().length
}

function resident() {
  collectGarbage()
  collectGarbage()
  return residentOf(process.pid).rss
}
