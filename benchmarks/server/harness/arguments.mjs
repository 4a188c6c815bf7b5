/** What the command lines of all four say. @module */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { argumentsOrExit } from '../../event-driven/harness/arguments.mjs'
import { checkDisk, describeMachine, watchOthers } from '../../event-driven/harness/machine.mjs'
import { ownVersions } from '../../event-driven/harness/peers.mjs'
import { temporaryFolder } from '../../event-driven/harness/processes.mjs'

const common = {
  latency: [20, 'milliseconds that each call of the model takes'],
  embedding: ['local/hashing', 'what makes vectors'],
  out: [undefined, 'raw results as JSON'],
  markdown: [undefined, 'the tables, besides printing them'],
  dir: [undefined, 'where data lies while it runs; a real disk (the system’s temporary folder)'],
}

/**
 * Reads the command line, or ends the process with its help.
 * @param own options by name, each with its default, which says whether it is a number, and a few words. Those without are texts.
 */
export function readOptions(script, own) {
  const all = { ...own, ...common }
  const lines = Object.entries(all).map(
    ([name, [value, words]]) => `  --${name.padEnd(11)} ${words}${value === undefined ? '' : ` (${value})`}`,
  )
  const help = `node benchmarks/server/${script} [options]\n${lines.join('\n')}`
  return argumentsOrExit((args) => read(args, all), help)
}

function read(args, all) {
  const options = Object.fromEntries(Object.keys(all).map((name) => [name, { type: 'string' }]))
  const { values } = parseArgs({ args, options: { ...options, help: { type: 'boolean', short: 'h' } } })
  const found = { help: values.help ?? false }
  for (const [name, [otherwise]] of Object.entries(all)) {
    const value = values[name] ?? otherwise
    found[name] = typeof otherwise === 'number' ? Number(value) : value
    if (typeof found[name] === 'number' && !(found[name] >= 0)) throw new Error(`--${name} takes a number, not "${value}".`)
  }
  return found
}

/**
 * Runs one of the four, and tells what came out.
 * @param work gets a folder, and answers with figures. @param render makes markdown of them.
 */
export async function measure({ options, settings, work, render }) {
  const folder = temporaryFolder(options.dir)
  checkDisk(folder)
  const results = {
    form: 1,
    started: new Date().toISOString(),
    machine: describeMachine(folder),
    versions: await ownVersions(),
    settings,
  }
  const others = watchOthers()
  const figures = await work(folder)
  Object.assign(results, others(), { figures })
  if (options.out) writeFileSync(options.out, `${JSON.stringify(results, undefined, 1)}\n`)
  const text = render(results)
  if (options.markdown) writeFileSync(options.markdown, `${text}\n`)
  console.log(text)
}
