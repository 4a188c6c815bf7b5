/** What the command line says. @module */
import { readRoundArguments, roundUsage, whole } from '../event-driven/harness/arguments.mjs'
import { contenders } from './contenders.mjs'

const names = Object.keys(contenders)
const million = 1_000_000

export const usage = roundUsage(
  'rag',
  names,
  `  --sizes a,b      chunks in the index (1000,10000,100000); 0 leaves this part out
  --million        also a million chunks
  --documents N    sent by HTTP, of 20 paragraphs each (1000); 0 leaves this part out
  --questions N    asked of each kind (200)
  --limit N        candidates of each side (100)`,
  '; a million has one',
)

/** @throws Error that says what is wrong with the arguments. */
export function readArguments(words) {
  const values = readRoundArguments(words, names, {
    rounds: '3',
    sizes: '1000,10000,100000',
    million: false,
    documents: '1000',
    questions: '200',
    limit: '100',
    markdown: undefined,
  })
  const sizes = values.sizes === '0' ? [] : values.sizes.split(',').map((size) => whole('sizes', size))
  return {
    ...values,
    sizes: values.million && !sizes.includes(million) ? [...sizes, million] : sizes,
    documents: values.documents === '0' ? 0 : whole('documents', values.documents),
    questions: whole('questions', values.questions),
    limit: whole('limit', values.limit),
  }
}

/** Rounds of a size: a million takes long enough once. */
export function roundsOf(size, rounds) {
  return size >= million ? 1 : rounds
}
