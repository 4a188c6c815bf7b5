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

function whole(name, text) {
  const number = Number(text)
  if (!/^\d+$/.test(text) || number < 1) throw new Error(`--${name} takes whole numbers from 1, not "${text}".`)
  return number
}

function choices(name, text, possible) {
  if (text === undefined) return undefined
  const chosen = text.split(',')
  const odd = chosen.find((choice) => !possible.includes(choice))
  if (odd !== undefined) throw new Error(`--${name} takes ${possible.join(', ')}, not "${odd}".`)
  return possible.filter((choice) => chosen.includes(choice))
}
