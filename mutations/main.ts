/** `npm run mutate`: see CONTRIBUTING.md. @module */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { catalogue } from './catalogue.ts'
import type { RequirementMutation } from './mutation.ts'
import { Tree } from './tree.ts'
import { tryMutation } from './try-mutation.ts'

const root = join(import.meta.dirname, '..')
const usage = `npm run mutate -- R18 [X5 …]   takes what the number promises out of a copy of the sources: does a test turn red?
npm run mutate -- --all        every number, which takes from a quarter of an hour to two hours
npm run mutate -- --list       the numbers, and what is taken out`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.list) for (const { number, words } of catalogue) console.log(`${number.padEnd(5)} ${words}`)
else if (values.help || (positionals.length === 0 && !values.all)) console.log(usage)
else {
  const unknown = positionals.filter((number) => !find(number))
  if (unknown.length === 0)
    process.exitCode = await run(values.all ? catalogue : positionals.flatMap((number) => find(number) ?? []))
  else {
    console.error(`${unknown.join(', ')}: no number of docs/requirements.json.\n\n${usage}`)
    process.exitCode = 2
  }
}

function find(number: string): RequirementMutation | undefined {
  return catalogue.find((mutation) => mutation.number === number)
}

async function run(mutations: readonly RequirementMutation[]): Promise<number> {
  const tree = new Tree(root)
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      tree.remove()
      process.exit(1)
    })
  let blind = 0
  try {
    for (const mutation of mutations) {
      const { isFound, words } = await tryMutation(tree, mutation)
      if (!isFound) blind++
      console.log(`${mutation.number.padEnd(5)} ${isFound ? 'red  ' : 'BLIND'} ${mutation.words}\n            ${words}`)
    }
  } finally {
    tree.remove()
  }
  console.log(`mutate: ${mutations.length - blind} of ${mutations.length} turn a test red`)
  return blind === 0 ? 0 : 1
}
