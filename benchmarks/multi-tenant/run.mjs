// A quiet tenant alone, and beside another's flood, in one run: what it waits for its acknowledgement and for its result. Linux only;
// needs wrk and a built checkout. node benchmarks/multi-tenant/run.mjs --help
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOrExit, readLoadArguments, whole } from '../event-driven/harness/arguments.mjs'
import { checkDisk, describeMachine, flushDisks, load, watchOthers } from '../event-driven/harness/machine.mjs'
import { ownVersions } from '../event-driven/harness/peers.mjs'
import { temporaryFolder } from '../event-driven/harness/processes.mjs'
import { measure, scenarios } from './scenarios.mjs'
import { render } from './tables.mjs'

const usage = `node benchmarks/multi-tenant/run.mjs [options]
  --rounds N      rounds, every second one the other way round (2)
  --seconds N     how long the quiet tenant is measured in each (10)
  --latency N     milliseconds that each call of the model takes (200)
  --only a,b      scenarios: ${Object.keys(scenarios).join(', ')} (all)
  --out FILE      raw results as JSON
  --dir FOLDER    where data lies while it runs; a real disk (the system's temporary folder)`

const options = argumentsOrExit(readArguments, usage)
const folder = temporaryFolder(options.dir)
checkDisk(folder)
const results = {
  form: 1,
  started: new Date().toISOString(),
  rounds: options.rounds,
  machine: describeMachine(folder),
  versions: await ownVersions(),
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

function readArguments(args) {
  const values = readLoadArguments(args, Object.keys(scenarios), { rounds: '2', seconds: '10', latency: '200' })
  return {
    ...values,
    latency: whole('latency', values.latency),
  }
}
