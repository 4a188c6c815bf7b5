// What a record of a stream costs from append to alert, beside a model call for each and beside promises alone. Linux only; needs a built
// checkout. node benchmarks/analytics/run.mjs --help
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argumentsOrExit } from '../event-driven/harness/arguments.mjs'
import { checkDisk, describeMachine, diskOf, flushDisks, load, watchOthers } from '../event-driven/harness/machine.mjs'
import { ownVersions } from '../event-driven/harness/peers.mjs'
import { runTask, temporaryFolder } from '../event-driven/harness/processes.mjs'
import { readArguments, usage } from './arguments.mjs'
import { contenders } from './contenders.mjs'
import { render } from './tables.mjs'

const subject = join(import.meta.dirname, 'load', 'subject.mjs')
const taskMilliseconds = 30 * 60_000

const options = argumentsOrExit(readArguments, usage)
const folder = temporaryFolder(options.dir)
checkDisk(folder)
const { rounds, seconds, records, rate, latency, model } = options
const results = {
  form: 1,
  started: new Date().toISOString(),
  machine: describeMachine(folder),
  versions: await ownVersions(),
  settings: { rounds, seconds, records, rate, latency, model },
  rows: [],
}
for (const part of options.parts) {
  for (const keys of part === 'path' ? options.keys : [part === 'detector' ? 5_000 : 1_000]) {
    for (let round = 1; round <= rounds; round++)
      for (const name of round % 2 === 1 ? options.only : options.only.toReversed())
        if (contenders[name].parts.includes(part)) await measure({ part, contender: name, keys, round })
  }
}
const tables = render(results)
if (options.markdown) writeFileSync(options.markdown, `${tables}\n`)
console.log(tables)

async function measure(row) {
  const { part, contender: name, keys, round } = row
  const directory = join(folder, `${part}-${name}-${keys}-${round}`)
  mkdirSync(directory)
  flushDisks()
  const before = load()
  const others = watchOthers()
  try {
    const task = { part, name, directory, keys, settings: results.settings }
    const figures = await runTask(subject, task, taskMilliseconds)
    results.rows.push({ ...row, load: before, others: others().others, disk: diskOf(directory), ...figures })
    // On the error stream: the tables are what is printed.
    console.error(JSON.stringify(results.rows.at(-1)))
  } catch (error) {
    console.error(`${part}, ${name}, ${keys} keys, round ${round}: ${error.message}`)
  }
  rmSync(directory, { recursive: true, force: true })
  if (options.out) writeFileSync(options.out, `${JSON.stringify(results, undefined, 1)}\n`)
}
