/** What the command line says. @module */
import { choices, readRoundArguments, roundUsage, whole } from '../event-driven/harness/arguments.mjs'
import { contenders } from './contenders.mjs'
import { checkGraph } from './graphs.mjs'

const names = Object.keys(contenders)
const parts = ['cost', 'sizes', 'makespan', 'crash']

export const usage = roundUsage(
  'multi-agent',
  names,
  `  --parts a,b      ${parts.join(', ')} (all)
  --graphs a,b     whose steps cost what: chain-N, fan-N, random-N (chain-100,fan-100,random-1000)
  --sizes a,b      random graphs for ours alone, to see that a step costs the same in each (100,1000,10000)
  --seconds N      of CPU time that each measurement of cost takes, after half of that to warm up (2)
  --slow           also those graphs for which a contender is too slow to be measured as others are: minutes each`,
  '; crash has one',
)

/** @throws Error that says what is wrong with the arguments. */
export function readArguments(words) {
  const values = readRoundArguments(words, names, {
    rounds: '3',
    parts: undefined,
    graphs: 'chain-100,fan-100,random-1000',
    sizes: '100,1000,10000',
    seconds: '2',
    slow: false,
    markdown: undefined,
  })
  return {
    ...values,
    parts: choices('parts', values.parts, parts) ?? parts,
    graphs: values.graphs.split(',').map(checkGraph),
    sizes: values.sizes.split(',').map((size) => whole('sizes', size)),
    seconds: whole('seconds', values.seconds),
  }
}
