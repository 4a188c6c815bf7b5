// How long a server takes until it is ready, and what it holds when nobody asks anything. Linux only; needs a built checkout.
// node benchmarks/start/run.mjs --help
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { argumentsOrExit, readRoundArguments, roundUsage, whole } from '../event-driven/harness/arguments.mjs'
import { checkDisk, cpuOf, describeMachine, flushDisks, load, residentOf, watchOthers } from '../event-driven/harness/machine.mjs'
import { percent, table } from '../event-driven/harness/markdown.mjs'
import { ownVersions } from '../event-driven/harness/peers.mjs'
import { startPlinth } from '../event-driven/harness/plinth.mjs'
import { firstLine, nodeBinary, start, stop, temporaryFolder } from '../event-driven/harness/processes.mjs'
import { median } from '../event-driven/harness/statistics.mjs'

const peerServer = join(import.meta.dirname, '..', 'event-driven', 'peers', 'hono', 'server.mjs')
const contenders = {
  'plinth-fresh': {
    title: 'Plinth, a folder that it makes',
    open: (folder, round) => openPlinth(join(folder, `fresh-${round}`)),
  },
  'plinth-again': { title: 'Plinth, the folder of the round before', open: (folder) => openPlinth(join(folder, 'again')) },
  nothing: { title: 'Hono alone, which keeps nothing', open: openPeer },
}
const usage = roundUsage('start', Object.keys(contenders), '  --settle N       seconds until memory is looked at (10)')

const options = argumentsOrExit(readArguments, usage)
const folder = temporaryFolder(options.dir)
checkDisk(folder)
const results = {
  form: 1,
  started: new Date().toISOString(),
  machine: describeMachine(folder),
  versions: await ownVersions(),
  settings: { rounds: options.rounds, settle: options.settle },
  rows: [],
}
// So that the first round finds what the others do: files in the system's cache, and a folder.
for (const name of options.only) await stop((await contenders[name].open(folder, 0)).child)
for (let round = 1; round <= options.rounds; round++)
  for (const name of round % 2 === 1 ? options.only : options.only.toReversed()) await measure(name, round)
if (options.out) writeFileSync(options.out, `${JSON.stringify(results, undefined, 1)}\n`)
const tables = render()
if (options.markdown) writeFileSync(options.markdown, `${tables}\n`)
console.log(tables)

async function measure(name, round) {
  flushDisks()
  const before = load()
  const others = watchOthers()
  const began = performance.now()
  const { child, url } = await contenders[name].open(folder, round)
  while (!(await fetch(`${url}/readyz`).then(({ status }) => status < 500))) await pause(5)
  const ready = performance.now() - began
  const cpu = cpuOf(child.pid) * 1_000
  await pause(options.settle * 1_000)
  results.rows.push({ contender: name, round, load: before, ready, cpu, ...residentOf(child.pid), others: others().others })
  console.error(JSON.stringify(results.rows.at(-1)))
  await stop(child)
}

function openPlinth(directory) {
  mkdirSync(directory, { recursive: true })
  return startPlinth({ PLINTH_DATA_DIR: directory, PLINTH_LOG_LEVEL: 'error' })
}

async function openPeer() {
  const child = start(nodeBinary(), [
    peerServer,
    JSON.stringify({ name: 'nothing', edge: 'hono', token: 'benchmark', settings: { concurrency: 1 } }),
  ])
  return { child, ...(await firstLine(child)) }
}

function render() {
  const { machine, versions, settings, rows, started } = results
  const middle = (own, key) => median(own.map((row) => row[key]))
  return [
    [
      `- ${started.slice(0, 10)}, rounds: ${settings.rounds}; Plinth ${versions.plinth} at ${versions.commit}`,
      `- ${machine.cores} × ${machine.cpu}, Linux ${machine.kernel}, ${machine.filesystem}; Node.js ${versions.node}, SQLite ${versions.sqlite}`,
      `- others took ${percent(median(rows.map((row) => row.others)))} of the cores; memory ${settings.settle} s after it was ready`,
    ].join('\n'),
    table(
      ['', 'ready in ms', 'CPU ms until then', 'memory MB'],
      Object.entries(contenders).flatMap(([name, { title }]) => {
        const own = rows.filter((row) => row.contender === name)
        if (own.length === 0) return []
        return [
          [
            title,
            ...['ready', 'cpu'].map((key) => Math.round(middle(own, key)).toLocaleString('en')),
            Math.round(middle(own, 'rss') / 1e6),
          ],
        ]
      }),
    ),
  ].join('\n\n')
}

function readArguments(args) {
  const values = readRoundArguments(args, Object.keys(contenders), { rounds: '5', settle: '10', markdown: undefined })
  return { ...values, settle: whole('settle', values.settle) }
}
