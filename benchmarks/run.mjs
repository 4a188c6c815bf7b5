// `npm run bench`: every benchmark beside its peers, one after the other, and one table of all. Linux only; needs a built checkout, and
// the servers that the benchmarks name. It takes two to four hours of a machine that does nothing else.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compareAll } from './compare.mjs'
import { argumentsOrExit, choices, whole } from './event-driven/harness/arguments.mjs'
import { nodeBinary } from './event-driven/harness/processes.mjs'
import { writePart } from './page.mjs'

const names = ['start', 'event-driven', 'gateway', 'multi-tenant', 'rag', 'multi-agent', 'analytics']
const usage = `npm run bench -- [options]
  --rounds N      of each benchmark, every second one the other way round (5)
  --only a,b      ${names.join(', ')} (all)
  --again         make tables of the results that are there, without a run
  --no-write      leave docs/benchmarks.md as it is
  --results DIR   raw results, one file for each (benchmarks/results)`

/** What loads their servers. Contenders that miss a server of their own are left out, with the reason. */
const loadedByWrk = ['event-driven', 'gateway', 'multi-tenant']

const options = argumentsOrExit(readArguments, usage)
refuseWithoutWrk()
mkdirSync(options.results, { recursive: true })
const fileOf = (name) => join(options.results, `${name}.json`)
for (const name of options.again ? [] : options.only) {
  const tables = await runOne(name)
  if (tables === undefined) process.exitCode = 1
  else if (options.write) writePart(name, tables)
}
const together = compareAll((name) => (existsSync(fileOf(name)) ? JSON.parse(readFileSync(fileOf(name), 'utf8')) : undefined))
if (options.write) writePart('together', together)
console.log(together)

/** Before hours have gone by without it. */
function refuseWithoutWrk() {
  const loaded = options.again ? [] : options.only.filter((name) => loadedByWrk.includes(name))
  if (loaded.length === 0 || spawnSync('wrk', ['-v']).error === undefined) return
  console.error(`bench: wrk is missing, by which ${loaded.join(', ')} are loaded (Debian: apt-get install wrk)`)
  process.exit(1)
}

/** @returns its tables; undefined where it failed. */
async function runOne(name) {
  console.error(`bench: ${name}`)
  const words = [join(import.meta.dirname, name, 'run.mjs'), '--rounds', String(options.rounds), '--out', fileOf(name)]
  const child = spawn(nodeBinary(), words, { stdio: ['ignore', 'pipe', 'inherit'] })
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal))
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part
  })
  const [code] = await once(child, 'close')
  if (code === 0) return text.trim()
  console.error(`bench: ${name} ended with ${code}`)
  return undefined
}

function readArguments(args) {
  const { values } = parseArgs({
    args,
    allowNegative: true,
    options: {
      rounds: { type: 'string', default: '5' },
      only: { type: 'string' },
      again: { type: 'boolean', default: false },
      write: { type: 'boolean', default: true },
      results: { type: 'string', default: join(import.meta.dirname, 'results') },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  return { ...values, rounds: whole('rounds', values.rounds), only: choices('only', values.only, names) ?? names }
}
