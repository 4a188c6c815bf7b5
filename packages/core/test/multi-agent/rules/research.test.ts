import { afterEach, describe, expect, it } from 'vitest'
import { RunBudget } from '../../../src/multi-agent/run/run-budget.ts'
import { research } from '../../../src/multi-agent/steps/rules/research.ts'
import type { Scope } from '../../../src/scope/scope.ts'
import type { FilterSettings } from '../../../src/tenancy/filters/filter-settings.ts'
import { RagBench } from '../../rag/rag-bench.ts'

let bench: RagBench | undefined
afterEach(async () => {
  await bench?.stop()
  bench = undefined
})

const documents = [
  {
    source: 'aster.txt',
    content:
      'The pump Aster 200 is for clean water. It costs 1,250 euros. Write to ada@example.com about its warranty of 24 months.',
  },
  {
    source: 'boreas.txt',
    content: 'The pump Boreas 350 is for dirty water. It costs 1,890 euros. Its warranty runs for 36 months.',
  },
]

async function found(
  question: string,
  options: {
    readonly others?: readonly string[]
    readonly earlier?: readonly string[]
    readonly tenant?: string
    readonly user?: string
    readonly filters?: Partial<FilterSettings>
    readonly budget?: RunBudget
  } = {},
): Promise<{ readonly text: string; readonly sources?: readonly string[] | undefined; readonly quotes: readonly string[] }> {
  const scope = await bench?.scope(options.tenant, options.user)
  if (!scope) throw new Error('There is no bench.')
  const within: Scope = options.filters
    ? { ...scope, tenant: { ...scope.tenant, filters: { input: {}, output: {}, deny_list: [], ...options.filters } } }
    : scope
  const { result } = await research(
    within,
    { question, others: options.others ?? [], earlier: options.earlier ?? [] },
    {
      budget: options.budget ?? new RunBudget({ limits: {}, what: 'budget' }),
      signal: new AbortController().signal,
    },
  )
  const quotes = (result.citations ?? []).map(({ claim_start: start, claim_end: end }) => result.text.slice(start, end))
  return { text: result.text, sources: result.sources, quotes }
}

describe('research by rules [R52]', () => {
  it('makes no search and asks no model beyond its budget [X43]', async () => {
    bench = await RagBench.open()
    await bench.ingest(documents)
    const aspects = 'the price and the warranty of the Aster 200'
    const budget = (limits: { readonly tokens?: number; readonly tool_calls?: number }) =>
      new RunBudget({ limits, what: 'budget' })
    await expect(found(aspects, { budget: budget({ tool_calls: 1 }) })).rejects.toMatchObject({
      code: 'workflow_budget_exhausted',
    })
    const two = budget({ tool_calls: 2, tokens: 5 })
    expect((await found(aspects, { budget: two })).quotes).toHaveLength(2)
    expect(two.left('tool_calls')).toBe(0)
    // A question in a form that rules don't know goes to the model.
    const why = 'Why are pumps so loud at night in winter?'
    await expect(found(why, { budget: budget({ tokens: 5 }) })).rejects.toMatchObject({ code: 'workflow_budget_exhausted' })
    const enough = budget({ tokens: 10_000 })
    await found(why, { budget: enough })
    expect(enough.left('tokens')).toBeGreaterThan(7_000)
  })

  it('quotes what is about the thing that is asked about, with its source', async () => {
    bench = await RagBench.open()
    await bench.ingest(documents)
    expect(await found('What does the Boreas 350 cost?', { others: ['What does the Aster 200 cost?'] })).toEqual({
      text: 'It costs 1,890 euros. [1]\n',
      sources: ['boreas.txt'],
      quotes: ['It costs 1,890 euros.'],
    })
    const both = await found('the price and the weight of the Aster 200')
    expect(both.text).toBe('- price: It costs 1,250 euros. [1]\n- weight: The documents do not say.\n')
  })

  it.each([
    ['And what about its warranty?', '36 months'],
    ['What does it cost?', '1,890 euros'],
    ['and its price?', '1,890 euros'],
    ['How long is its warranty?', '36 months'],
    ['What does the Aster 200 cost?', '1,250 euros'],
  ])('takes from what was asked before what a pronoun stands for: %s', async (question, answer) => {
    bench = await RagBench.open()
    await bench.ingest(documents)
    const { text } = await found(question, { earlier: ['What does the Aster 200 cost?', 'Is the Boreas 350 for dirty water?'] })
    expect(text).toContain(answer)
    expect(text.match(/\[\d+\]/g)).toHaveLength(1)
  })

  it('finds what a document says long after it named its subject', async () => {
    const padding = 'Nothing of note is said in this sentence, which is here for its length alone. '.repeat(12)
    bench = await RagBench.open()
    await bench.ingest([
      { source: 'list.txt', content: `Price list for the Celsus 500\n\n${padding}\n\nThe list price is 2,740 euros.` },
    ])
    expect((await found('the price of the Celsus 500')).quotes).toEqual(['The list price is 2,740 euros.'])
    expect((await found('the price of the Dione 700')).quotes).toEqual([])
  })

  it("finds nothing of another tenant's, nor of a document that isn't for whoever asks", async () => {
    bench = await RagBench.open()
    await bench.ingest([{ ...documents[0], source: 'aster.txt', acl: { users: ['bob'] } }])
    expect((await found('What does the Aster 200 cost?', { user: 'bob' })).sources).toEqual(['aster.txt'])
    for (const who of [{ user: 'ada' }, { tenant: 'beta', user: 'bob' }]) {
      const { text, sources } = await found('What does the Aster 200 cost?', who)
      expect([text, sources]).toEqual(['The documents do not say.\n', []])
    }
  })

  it('holds to the filters of the tenant, on the way in and out', async () => {
    bench = await RagBench.open()
    await bench.ingest(documents)
    const question = 'the warranty of the Aster 200'
    expect((await found(question)).text).toContain('ada@example.com')
    for (const filters of [{ input: { email: 'mask' } }, { output: { email: 'mask' } }] as const) {
      const { text } = await found(question, { filters })
      expect(text).toContain('warranty of 24 months')
      expect(text).not.toContain('ada@example.com')
    }
    for (const filters of [{ input: { email: 'block' } }, { output: { email: 'block' } }] as const) {
      const { text, quotes } = await found(question, { filters })
      expect(text).not.toContain('ada@example.com')
      expect(quotes).toEqual([])
    }
  })
})
