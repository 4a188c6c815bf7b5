// A quiet tenant alone, and beside another's flood, in one run: what it waits for its acknowledgement and for its result. Linux only;
// needs wrk and a built checkout. node benchmarks/multi-tenant/run.mjs --help
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { checkDisk, describeMachine, flushDisks, load, watchOthers } from '../event-driven/harness/machine.mjs'
import { ownVersions } from '../event-driven/harness/peers.mjs'
import { killAll, nodeBinary, root, run } from '../event-driven/harness/processes.mjs'
import { measure, scenarios } from './scenarios.mjs'
import { render } from './tables.mjs'

const usage = `node benchmarks/multi-tenant/run.mjs [options]
  --rounds N      rounds, every second one the other way round (2)
  --seconds N     how long the quiet tenant is measured in each (10)
  --latency N     milliseconds that each call of the model takes (200)
  --only a,b      scenarios: ${Object.keys(scenarios).join(', ')} (all)
  --out FILE      raw results as JSON
  --dir FOLDER    where data lies while it runs; a real disk (the system's temporary folder)`

const options = readOrExit()
const folder = mkdtempSync(join(options.dir, 'plinth-bench-'))
process.once('exit', () => {
  killAll()
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130))

checkDisk(folder)
const results = {
  form: 1,
  started: new Date().toISOString(),
  rounds: options.rounds,
  machine: describeMachine(folder),
  versions: await versions(),
  settings: { seconds: options.seconds, latency: options.latency, requestsPerSecond: 40, floodConnections: 32 },
  rows: [],
}
for (let round = 1; round <= options.rounds; round++)
  for (const name of round % 2 === 1 ? options.only : options.only.toReversed()) await measureOne(name, round)
if (options.out) writeFileSync(options.out, `${JSON.stringify(results, undefined, 1)}\n`)
console.log(render(results))

async function measureOne(name, round) {
  const row = { scenario: name, round, load: load() }
  flushDisks()
  const others = watchOthers()
  const figures = await measure(join(folder, `${name}-${round}`), scenarios[name], results.settings)
  results.rows.push({ ...row, ...others(), figures })
  // On the error stream: the tables are what is printed.
  console.error(`${round}/${options.rounds} ${name}: ${JSON.stringify({ ...figures, acks: undefined, ends: undefined })}`)
}

async function versions() {
  const { node, sqlite } = JSON.parse(await run(nodeBinary(), ['-p', 'JSON.stringify(process.versions)']))
  const commit = await run('git', ['describe', '--always', '--dirty'], { cwd: root }).catch(() => 'unknown\n')
  const wrk = /wrk \S+ ?[\d.]*\S*/.exec(await run('sh', ['-c', 'wrk -v 2>&1 || true']))?.[0]
  return { ...ownVersions(), commit: commit.trim(), node, sqlite, wrk }
}

function readOrExit() {
  try {
    if (process.platform !== 'linux') throw new Error('It reads /proc, and so runs on Linux only.')
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '2' },
        seconds: { type: 'string', default: '10' },
        latency: { type: 'string', default: '200' },
        only: { type: 'string', default: Object.keys(scenarios).join(',') },
        out: { type: 'string' },
        dir: { type: 'string', default: tmpdir() },
        help: { type: 'boolean', short: 'h' },
      },
    })
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    const numbers = Object.fromEntries(['rounds', 'seconds', 'latency'].map((name) => [name, Number(values[name])]))
    if (!Object.values(numbers).every((number) => Number.isInteger(number) && number > 0))
      throw new Error('Whole numbers from 1.')
    const only = values.only.split(',')
    if (!only.every((name) => Object.hasOwn(scenarios, name))) throw new Error(`There is no such scenario: ${values.only}.`)
    return { ...values, ...numbers, only }
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
