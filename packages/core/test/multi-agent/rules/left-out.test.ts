import { afterEach, describe, expect, it } from 'vitest'
import { RunBudget } from '../../../src/multi-agent/run/run-budget.ts'
import { runRuleAgent } from '../../../src/multi-agent/steps/rule-agent.ts'
import { research } from '../../../src/multi-agent/steps/rules/research.ts'
import { RagBench } from '../../rag/rag-bench.ts'
import { broken, finished, planned, started, step } from '../support.ts'

let bench: RagBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

const budget = (): RunBudget => new RunBudget({ limits: {}, what: 'budget' })

describe('a report by rules', () => {
  it('tells steps that were rejected, that failed and that were skipped from what no document says [R54]', async () => {
    bench = await RagBench.open()
    const scope = await bench.scope()
    const skip = { on_failure: 'skip' } as const
    const state = planned([
      step('one', [], { ...skip, prompt: 'the rent of Orlov' }),
      step('two', [], { ...skip, prompt: 'the rent of Petit' }),
      step('three', [], { ...skip, prompt: 'the rent of Quinn' }),
      step('sums', ['one'], { ...skip, agent_type: 'analysis', prompt: 'Compare.' }),
      step('report', ['one', 'two', 'three', 'sums'], { agent_type: 'report' }),
    ])
    const rejected = { status: 'failed', code: 'step_rejected', message: 'not now', retryable: false } as const
    for (const entry of [
      ...[started('one'), finished('one', broken), started('two'), finished('two', rejected)],
      ...[started('three'), finished('three', { status: 'completed', text: 'The documents do not say.', sources: [] })],
      ...[started('sums'), finished('sums', broken)],
    ])
      state.apply(entry)
    const report = state.steps.get('report')
    if (!report) throw new Error('There is no such step.')
    const { outcome } = await runRuleAgent(scope, {
      call: {
        state: report,
        key: 'key',
        results: [{ step: 'three', result: { text: 'The documents do not say.', sources: [] } }],
        signal: new AbortController().signal,
      },
      agent: { type: 'report', tools: [] },
      request: 'Compare the rents.',
      state,
      budget: budget(),
    } as unknown as Parameters<typeof runRuleAgent>[1])
    const text = outcome.status === 'completed' ? outcome.text : ''
    expect(text.split('## Not found')[1]).toBe(
      '\n\nThe documents do not say:\n\n- The rent of Quinn\n\n## Left out\n\nThese steps were not done:\n\n- The rent of Orlov: failed with broken\n- The rent of Petit: rejected (not now)\n- The analysis of what was found: skipped, since a step that it needs was not done\n',
    )
  })
})

describe('research by rules', () => {
  it('finds a value in a table of a document among others that are about something else [R52]', async () => {
    bench = await RagBench.open()
    const rows = ['Drying output | 3.5 kW', 'Noise level | 61 dB', 'Weight | 41 kg'].map((row) => `| ${row} |`).join('\n')
    await bench.ingest([
      {
        source: 'lynx.md',
        content: `# Lynx 10 dryer\n\nThe Lynx 10 dries laundry.\n\n| what | how much |\n| --- | --- |\n${rows}\n`,
      },
      ...['east', 'west', 'far'].map((where) => ({
        source: `${where}.md`,
        content: `# Works ${where}\n\nThe works in the ${where} make valves. The weight of what they made was 4,200 kg in May.\n`,
      })),
    ])
    const within = { budget: budget(), signal: new AbortController().signal }
    const about = (question: string) => ({ question, others: [], earlier: [] })
    const { result } = await research(await bench.scope(), about('What is the weight of the Lynx 10?'), within)
    expect(result).toMatchObject({ text: 'Weight 41 kg [1]\n', sources: ['lynx.md'] })
    const both = await research(await bench.scope(), about('the weight and the noise level of the Lynx 10'), within)
    expect(both.result.text).toBe('- weight: Weight 41 kg [1]\n- noise level: Noise level 61 dB [1]\n')
  })
})
