// What a step of a plan costs in Plinth and its peers, beside the work that it does. Linux only; needs a built checkout.
// node benchmarks/multi-agent/run.mjs --help
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOrExit } from '../event-driven/harness/arguments.mjs'
import { checkDisk, describeMachine, diskOf, flushDisks, load, watchOthers } from '../event-driven/harness/machine.mjs'
import { ownVersions } from '../event-driven/harness/peers.mjs'
import { runTask, temporaryFolder } from '../event-driven/harness/processes.mjs'
import { readArguments, usage } from './arguments.mjs'
import { contenders } from './contenders.mjs'
import { graphOf } from './graphs.mjs'
import { installPeers, peerVersions } from './peers.mjs'
import { render } from './tables.mjs'

const subject = join(import.meta.dirname, 'load', 'subject.mjs')
const taskMilliseconds = 30 * 60_000
const randomGraph = 'random-1000'
const crashGraph = 'fan-7'

const options = argumentsOrExit(readArguments, usage)
const folder = temporaryFolder(options.dir)
checkDisk(folder)
await installPeers(options.only, console.error)
const results = {
  form: 1,
  started: new Date().toISOString(),
  machine: describeMachine(folder),
  versions: { ...(await ownVersions()), peers: peerVersions(options.only) },
  settings: { rounds: options.rounds, seconds: options.seconds },
  rows: [],
}
const graphs = {
  cost: options.graphs,
  sizes: options.sizes.map((size) => `random-${size}`),
  makespan: [randomGraph],
  crash: [crashGraph],
}
for (const part of options.parts) {
  for (const graph of graphs[part]) {
    for (let round = 1; round <= (part === 'crash' ? 1 : options.rounds); round++)
      for (const name of round % 2 === 1 ? options.only : options.only.toReversed())
        if (takesPart(part, name, graph, round)) await measure({ part, contender: name, graph, round })
  }
}
keep()
const tables = render(results)
if (options.markdown) writeFileSync(options.markdown, `${tables}\n`)
console.log(tables)

function takesPart(part, name, graph, round) {
  const { ours, resumes, accepts = Number.POSITIVE_INFINITY } = contenders[name]
  if (part === 'crash') return resumes === true
  if (graphOf(graph).levels.some(({ length }) => length > accepts)) return false
  if (part === 'sizes') return ours === true || name === 'promises'
  // What takes minutes is measured in one round.
  return !isSlow(name, graph) || (options.slow && round === 1)
}

function isSlow(name, graph) {
  return Number(graph.split('-')[1]) > (contenders[name].most ?? Number.POSITIVE_INFINITY)
}

async function measure(row) {
  const { part, contender: name, graph, round } = row
  const directory = join(folder, `${part}-${name}-${graph}-${round}`)
  mkdirSync(directory)
  flushDisks()
  const before = load()
  const others = watchOthers()
  try {
    const figures = part === 'crash' ? await crash(name, directory) : await calm(row, directory)
    results.rows.push({ ...row, load: before, others: others().others, ...figures })
    console.error(JSON.stringify(results.rows.at(-1)))
  } catch (error) {
    console.error(`${part}, ${name}, ${graph}, round ${round}: ${error.message}`)
  }
  rmSync(directory, { recursive: true, force: true })
  keep()
}

async function calm({ part, contender: name, graph }, directory) {
  const task = part === 'makespan' ? 'makespan' : 'cost'
  const figures = await run({ task, name, directory, graph, seconds: options.seconds, once: isSlow(name, graph) })
  if (task === 'makespan' || !contenders[name].keeps) return figures
  return { ...figures, disk: diskOf(directory) / (figures.runsInAll * Number(graph.split('-')[1])) }
}

/** @returns how often each step was begun, in both processes together. */
async function crash(name, directory) {
  const log = join(directory, 'begun.txt')
  const data = join(directory, 'data')
  mkdirSync(data)
  const task = { task: 'dieOnce', name, directory: data, graph: crashGraph, log }
  await run({ ...task, resumes: false }).then(
    () => {
      throw new Error('It was to die.')
    },
    (error) => {
      if (!existsSync(log)) throw error
    },
  )
  const went = await run({ ...task, resumes: true }).catch((error) => ({ fault: error.message.split('\n')[0] }))
  const begun = {}
  for (const id of readFileSync(log, 'utf8').trim().split('\n')) begun[id] = (begun[id] ?? 0) + 1
  return { begun, ...went }
}

function run(task) {
  return runTask(subject, task, taskMilliseconds)
}

/** What is there already, should the rest fail. */
function keep() {
  if (options.out) writeFileSync(options.out, `${JSON.stringify(results, undefined, 1)}\n`)
}
