// SIGTERM in the midst of the load: how long it takes to end, and whether all that was acknowledged is there after the next start. Linux
// only; needs a built checkout. node benchmarks/server/shutdown.mjs --help
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { flushDisks } from '../event-driven/harness/machine.mjs'
import { stop } from '../event-driven/harness/processes.mjs'
import { measure, readOptions } from './harness/arguments.mjs'
import { jobsWaiting } from './harness/samples.mjs'
import { ask, loadServer, startLoaded } from './harness/server.mjs'
import { circumstances, table } from './harness/words.mjs'

const options = readOptions('shutdown.mjs', {
  rounds: [3, 'each on a folder of its own'],
  rate: [100, 'arrivals a second'],
  seconds: [15, 'of load before the signal'],
})
/** It goes on for a while, against a closed door. */
const afterwards = 5
const patienceSeconds = 120
const askersAtATime = 16
const settings = `${options.rate} arrivals a second, SIGTERM after ${options.seconds} s of them; model calls take ${options.latency} ms`

const places = {
  request: { path: '/api/requests', isEnd: ({ status }) => status === 'completed' },
  document: { path: '/api/documents', isEnd: ({ status }) => status === 'processed' },
  workflow: { path: '/api/workflows', isEnd: ({ status }) => status === 'completed' || status === 'failed' },
}

await measure({ options, settings, work, render })

async function work(folder) {
  const rounds = []
  for (let round = 1; round <= options.rounds; round++) {
    flushDisks()
    rounds.push(await one(join(folder, `data-${round}`)))
    console.error(JSON.stringify(rounds.at(-1)))
  }
  return rounds
}

async function one(directory) {
  const server = await startLoaded(directory, options)
  const ended = once(server.child, 'exit')
  const loading = loadServer(server, { phases: [{ rate: options.rate, seconds: options.seconds + afterwards }], keep: true })
  await pause(options.seconds * 1_000)
  const began = performance.now()
  server.child.kill('SIGTERM')
  const [code] = await ended
  const seconds = (performance.now() - began) / 1_000
  const { acknowledged, bins } = await loading
  const waiting = await jobsWaiting(directory)
  const next = await startLoaded(directory, options)
  try {
    await drained(directory)
    const lost = await lookFor(next, acknowledged)
    const refused = bins.reduce((sum, bin) => sum + bin.refused, 0)
    return { code, seconds, acknowledged: acknowledged.length, refused, waiting, lost }
  } finally {
    await stop(next.child)
  }
}

async function drained(directory) {
  for (const began = performance.now(); (await jobsWaiting(directory)) > 0; await pause(200))
    if (performance.now() - began > patienceSeconds * 1_000) throw new Error('What waited was not worked after the next start.')
}

/** What was acknowledged, and isn't there or doesn't come to its end. */
async function lookFor(server, acknowledged) {
  const tokens = new Map(server.tenants.map(({ tenant, token }) => [tenant, token]))
  const lost = await lostRecords(server, acknowledged)
  const open = acknowledged.filter(({ kind }) => places[kind])
  const askers = Array.from({ length: askersAtATime }, async () => {
    for (let one = open.pop(); one; one = open.pop()) {
      const { path, isEnd } = places[one.kind]
      const state = await reach(() => ask(server.url, tokens.get(one.tenant), `${path}/${one.id}`), isEnd)
      if (state !== 'well') lost.push({ ...one, state })
    }
  })
  await Promise.all(askers)
  return lost
}

async function lostRecords(server, acknowledged) {
  const lost = []
  for (const { tenant, token } of server.tenants) {
    const sent = acknowledged
      .filter((one) => one.kind === 'records' && one.tenant === tenant)
      .reduce((sum, { id }) => sum + id, 0)
    if (sent === 0) continue
    const state = await reach(
      () => ask(server.url, token, '/api/streams/pumps'),
      ({ records }) => records >= sent,
    )
    if (state !== 'well') lost.push({ kind: 'records', tenant, id: sent, state })
  }
  return lost
}

async function reach(look, isEnd) {
  let found
  for (const began = performance.now(); performance.now() - began < 30_000; await pause(200)) {
    found = await look().catch((error) => ({ status: error.message, records: error.message }))
    if (isEnd(found)) return 'well'
  }
  return `${found.status ?? found.records}`
}

function render(results) {
  const rows = results.figures.map((round, index) => [
    String(index + 1),
    String(round.code),
    round.seconds.toFixed(2),
    String(round.acknowledged),
    String(round.waiting),
    round.lost.length === 0 ? '0' : JSON.stringify(round.lost.slice(0, 3)),
  ])
  return [
    circumstances(results),
    table(['round', 'exit', 'ended after s', 'acknowledged', 'jobs left to the next start', 'lost'], rows),
    'Aimed at: 0 within 10 s, and nothing lost.',
  ].join('\n\n')
}
