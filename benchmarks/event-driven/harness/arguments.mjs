/** What the command line says. @module */
import { parseArgs } from 'node:util'

export const sections = ['e2e', 'http', 'backlog', 'fairness', 'idle']
export const contenderNames = ['plinth', 'plinth-stripped', 'bullmq-everysec', 'bullmq-always', 'pg-boss', 'nothing']

export const usage = `node benchmarks/event-driven/run.mjs [options]
  --rounds N          rounds of each section (5); idle has one
  --only a,b          sections: ${sections.join(', ')} (all)
  --contenders a,b    ${contenderNames.join(', ')} (each section's own choice)
  --depths a,b        waiting requests of the backlog section (10000,1000000)
  --edges a,b         the peers' HTTP servers: hono, bare (hono)
  --quick             small sizes and one round, to see that everything works; its figures mean nothing
  --out FILE          raw results as JSON (benchmarks/results.json)
  --dir FOLDER        where data lies while it runs; a real disk (the system's temporary folder)`

/**
 * What `read` makes of the command line. Ends the process where that is wrong, or only help is asked for.
 * @param read throws an Error that says what is wrong.
 */
export function argumentsOrExit(read, help) {
  try {
    const found = read(process.argv.slice(2))
    if (process.platform !== 'linux') throw new Error('It reads /proc, and so runs on Linux only.')
    if (!found.help) return found
    console.log(help)
    process.exit(0)
  } catch (error) {
    console.error(`${error.message}\n\n${help}`)
    process.exit(2)
  }
}

/** @throws Error that says what is wrong with the arguments. */
export function readArguments(words) {
  const { values } = parseArgs({
    args: words,
    options: {
      rounds: { type: 'string' },
      only: { type: 'string' },
      contenders: { type: 'string' },
      depths: { type: 'string' },
      edges: { type: 'string' },
      quick: { type: 'boolean' },
      out: { type: 'string' },
      dir: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const quick = values.quick ?? false
  return {
    quick,
    help: values.help ?? false,
    rounds: values.rounds === undefined ? (quick ? 1 : 5) : whole('rounds', values.rounds),
    sections: choices('only', values.only, sections) ?? sections,
    contenders: choices('contenders', values.contenders, contenderNames),
    depths: values.depths?.split(',').map((depth) => whole('depths', depth)) ?? (quick ? [2_000, 10_000] : [10_000, 1_000_000]),
    edges: choices('edges', values.edges, ['hono', 'bare']) ?? ['hono'],
    out: values.out,
    dir: values.dir,
  }
}

/** @throws Error for other than a whole number from 1. */
export function whole(name, text) {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < 1) throw new Error(`--${name} takes whole numbers from 1, not "${text}".`)
  return number
}

/** Of a list with commas, in the order of what is possible; undefined where there is none. @throws Error for anything else. */
export function choices(name, text, possible) {
  if (text === undefined) return undefined
  const chosen = text.split(',')
  const odd = chosen.find((choice) => !possible.includes(choice))
  if (odd !== undefined) throw new Error(`--${name} takes ${possible.join(', ')}, not "${odd}".`)
  return possible.filter((choice) => chosen.includes(choice))
}

/**
 * The command line of a benchmark that loads contenders for some seconds in each of some rounds.
 * @param possible the contenders. @param defaults of rounds, seconds and the benchmark's own options.
 * @throws Error that says what is wrong with the arguments.
 */
export function readLoadArguments(args, possible, defaults) {
  const values = readRoundArguments(args, possible, defaults)
  return { ...values, seconds: whole('seconds', values.seconds) }
}

/**
 * The command line of a benchmark that measures contenders in some rounds.
 * @param possible the contenders. @param defaults of rounds and the benchmark's own options: a text, undefined for none, false for a switch.
 * @throws Error that says what is wrong with the arguments.
 */
export function readRoundArguments(args, possible, defaults) {
  const all = { ...defaults, only: undefined, out: undefined, dir: undefined }
  const { values } = parseArgs({
    args,
    options: {
      ...Object.fromEntries(Object.entries(all).map(([name, value]) => [name, optionOf(value)])),
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  return { ...values, rounds: whole('rounds', values.rounds), only: choices('only', values.only, possible) ?? possible }
}

/**
 * The help of such a benchmark.
 * @param own what is said of its own options, a line each. @param fewer what has one round only, if anything.
 */
export function roundUsage(benchmark, possible, own, fewer = '') {
  return `node benchmarks/${benchmark}/run.mjs [options]
  --rounds N       rounds of each part, every second one the other way round (3)${fewer}
  --only a,b       contenders: ${possible.join(', ')} (all)
${own}
  --out FILE       raw results as JSON
  --markdown FILE  the tables, besides printing them
  --dir FOLDER     where data lies while it runs; a real disk (the system's temporary folder)`
}

function optionOf(value) {
  if (value === false) return { type: 'boolean', default: false }
  return { type: 'string', ...(value === undefined ? {} : { default: value }) }
}
