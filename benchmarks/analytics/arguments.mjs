/** What the command line says. @module */
import { choices, readRoundArguments, roundUsage, whole } from '../event-driven/harness/arguments.mjs'
import { contenders } from './contenders.mjs'

const names = Object.keys(contenders)
const parts = ['detector', 'path', 'delay']

export const usage = roundUsage(
  'analytics',
  names,
  `  --parts a,b      ${parts.join(', ')} (all)
  --keys a,b       keys of the whole path (1,1000,100000)
  --records N      records of the whole path, at least 12 for each key (600000)
  --rate N         records a second while delays are measured (10000)
  --seconds N      for which delays, and a model call for each record, are measured (30)
  --latency N      milliseconds that each call of the model takes (100)
  --model ID       whose price in the table is paid (anthropic.claude-sonnet-4-5-20250929-v1:0)`,
)

/** @throws Error that says what is wrong with the arguments. */
export function readArguments(words) {
  const values = readRoundArguments(words, names, {
    rounds: '3',
    parts: undefined,
    keys: '1,1000,100000',
    records: '600000',
    rate: '10000',
    seconds: '30',
    latency: '100',
    model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    markdown: undefined,
  })
  const numbers = ['records', 'rate', 'seconds', 'latency'].map((name) => [name, whole(name, values[name])])
  return {
    ...values,
    ...Object.fromEntries(numbers),
    parts: choices('parts', values.parts, parts) ?? parts,
    keys: values.keys.split(',').map((keys) => whole('keys', keys)),
  }
}
