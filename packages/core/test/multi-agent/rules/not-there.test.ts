import { afterEach, describe, expect, it } from 'vitest'
import { questionsOf } from '../../../src/multi-agent/plan/questions.ts'
import { RunBudget } from '../../../src/multi-agent/run/run-budget.ts'
import { nothingSaid, research } from '../../../src/multi-agent/steps/rules/research.ts'
import { RagBench } from '../../rag/rag-bench.ts'

let bench: RagBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

/** What research gives for each question of a request, as the planner by rules has it asked. */
async function findings(request: string): Promise<Readonly<Record<string, string>>> {
  const scope = await bench?.scope()
  if (!scope) throw new Error('There is no bench.')
  const questions = questionsOf(request)
  const found: Record<string, string> = {}
  for (const question of questions) {
    const others = questions.filter((other) => other !== question)
    const within = { budget: new RunBudget({ limits: {}, what: 'budget' }), signal: new AbortController().signal }
    found[question] = (await research(scope, { question, others, earlier: [] }, within)).result.text
  }
  return found
}

const plants = [
  { source: 'north.md', content: '# North\n\nThe plant in the north made 4200 valves in May. Its scrap rate was 2.5 %.' },
  { source: 'south.md', content: '# South\n\nThe plant in the south made 3900 valves in May. Its scrap rate was 1.5 %.' },
]

/** A model that quotes whatever it is shown, as the embedded one may. */
const quoting = ({ prompt }: { readonly prompt: string }): string =>
  /(?:Its scrap|It has a scrap)[^\n]*\./.exec(prompt)?.[0] ?? ''

describe('research on what no document names [R52]', () => {
  it.each([
    'Compare the scrap rate of the plant in the north with that of the plant in the west, and report it.',
    'Compare the scrap rate of the plant in the west with that of the plant in the north, and report it.',
    'What is the scrap rate of the north, and what is the scrap rate of the west? Report it.',
    'What is the scrap rate of the west, and what is the scrap rate of the north? Report it.',
    'Compare the scrap rates of the north plant, the west plant and the south plant.',
    'Compare the plant in the south with the plant in the west by scrap rate.',
    'What is the scrap rate of the plant in the west? And what is the scrap rate of the plant in the north?',
    'What is the scrap rate of the plant in the west?',
    'How do the plant in the west and the plant in the south differ in scrap rate?',
    'What do the plant in the west and the plant in the north make?',
    'What does the plant in the west make, and what does the plant in the north make?',
    'What does the plant in the north reject? What does the plant in the west reject?',
  ])('finds nothing of it, and what is there: %s', async (request) => {
    bench = await RagBench.open(quoting)
    await bench.ingest(plants)
    for (const [question, text] of Object.entries(await findings(request))) {
      if (/west/.test(question)) expect(text, question).toBe(`${nothingSaid}\n`)
      else if (/scrap/.test(question)) expect(text, question).toContain(/north/.test(question) ? '2.5 %' : '1.5 %')
    }
  })

  it('finds what a document says in other words of what it names', async () => {
    bench = await RagBench.open(quoting)
    await bench.ingest([
      { source: 'north.md', content: '# Northern plant\n\nIt has a scrap share of 2.5 %.' },
      { source: 'south.md', content: '# South\n\nThe plant there has a scrap share of 1.5 %.' },
    ])
    expect(await findings('Compare the scrap rate of the plant in the north with that of the plant in the south.')).toEqual({
      'the scrap rate of the plant in the north': expect.stringContaining('2.5 %. [1]'),
      'the scrap rate of the plant in the south': expect.stringContaining('1.5 %. [1]'),
    })
  })

  it('finds what one document of a pair says of each, in either order, whatever the things are called', async () => {
    const pairs = [
      ['gas turbine', 'steam turbine'],
      ['old warehouse', 'new warehouse'],
      ['solar farm', 'wind park'],
    ] as const
    for (const [one, other] of pairs) {
      for (const request of [
        `Compare the rent of the ${one} with that of the ${other}.`,
        `Compare the rent of the ${other} with that of the ${one}.`,
      ]) {
        bench = await RagBench.open(({ prompt }) => /The [^.\n]* rent [^.\n]*\./.exec(prompt)?.[0] ?? '')
        await bench.ingest([{ source: 'a.md', content: `# Rents\n\nThe ${one} has a rent of 500 euros a month.` }])
        for (const [question, text] of Object.entries(await findings(request)))
          expect(text, question).toBe(
            question.includes(one) ? `The ${one} has a rent of 500 euros a month. [1]\n` : `${nothingSaid}\n`,
          )
        await bench.stop()
      }
    }
  })
})
