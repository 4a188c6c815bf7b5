import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composePatterns } from '../../src/advisor/composition.ts'
import { type Answers, completeProfile } from '../../src/advisor/profile.ts'
import { practiceTitles } from '../../src/advisor/risks/practices.ts'
import { runbooks, severities } from '../../src/advisor/risks/risk-rule.ts'
import { riskRules, risksFor } from '../../src/advisor/risks/risks-for.ts'
import { rankPatterns } from '../../src/advisor/scores.ts'

const root = new URL('../../../../', import.meta.url)

/** @param measured what the cost model and the quota would say. */
function factsOf(answers: Answers, measured: { likely?: number; max?: number; needed?: number; bears?: number } = {}) {
  const { profile } = completeProfile(answers, { model: 'some-model', region: 'eu-central-1' })
  const { likely = 10, max = 20, needed = 1, bears = 100 } = measured
  return {
    profile,
    composition: composePatterns(rankPatterns(profile), profile),
    cost: { min: 1, likely, max, fixed: 1, variable: likely - 1, one_off: 0, lines: [] },
    quota: {
      ...{ tokens_per_minute: 200_000, reserved_tokens: 2_000, settled_tokens: 1_500, concurrency: 10 },
      ...{ sustainable_requests_per_minute: bears, needed_requests_per_minute: needed, needs_rise: needed > bears },
      stream_tokens_per_minute: 0,
    },
  }
}

const idsOf = (...input: Parameters<typeof factsOf>) => risksFor(factsOf(...input)).map(({ id }) => id)

/** For each rule answers by which it holds, and such that differ in what it asks for alone. */
const cases: readonly (readonly [string, Parameters<typeof factsOf>, Parameters<typeof factsOf>])[] = [
  ['quota-below-need', [{}, { needed: 101, bears: 100 }], [{}, { needed: 100, bears: 100 }]],
  ['interactive-steps', [{ response: 'interactive', workflow: { steps: 2 } }], [{ response: 'seconds', workflow: { steps: 2 } }]],
  [
    'stream-keys-beyond-memory',
    [{ stream: { records_per_second: 5_000, keys: 250_001 } }],
    [{ stream: { records_per_second: 5_000, keys: 250_000 } }],
  ],
  [
    'stream-beyond-a-shard',
    [{ stream: { records_per_second: 1_001, record_bytes: 1_000 } }],
    [{ stream: { records_per_second: 1_000, record_bytes: 1_000 } }],
  ],
  ['tenant-changes', [{}, { needed: 2_100, bears: 9_999 }], [{}, { needed: 1_900, bears: 9_999 }]],
  ['largest-tenant', [{ tenants: { count: 5, largest_share: 0.5 } }], [{ tenants: { count: 5, largest_share: 0.4 } }]],
  ['bursts-without-a-queue', [{ response: 'interactive', peak_factor: 5 }], [{ response: 'batch', peak_factor: 5 }]],
  ['index-beyond-memory', [{ knowledge: { pages: 250_001 } }], [{ knowledge: { pages: 250_000 } }]],
  ['work-that-fails-for-good', [{ response: 'batch' }], [{ response: 'interactive' }]],
  ['budget-below-cost', [{ monthly_budget_usd: 9 }, { likely: 10 }], [{ monthly_budget_usd: 10 }, { likely: 10 }]],
  [
    'budget-below-worst-case',
    [{ monthly_budget_usd: 15 }, { likely: 10, max: 20 }],
    [{ monthly_budget_usd: 20 }, { likely: 10, max: 20 }],
  ],
  ['no-budget', [{}], [{ monthly_budget_usd: 0 }]],
  ['runs-without-an-end', [{ workflow: { steps: 2 } }], [{ workflow: { steps: 1 } }]],
  [
    'a-key-for-each-tenant',
    [{ tenants: { count: 1_000, isolation: 'silo' } }],
    [{ tenants: { count: 1_000, isolation: 'pool' } }],
  ],
  ['tools-without-approval', [{ workflow: { tools: true, approval: false } }], [{ workflow: { tools: true, approval: true } }]],
  [
    'personal-data-anywhere',
    [{ data_classes: ['phi'], model_id: 'global.amazon.nova-2-lite-v1:0' }],
    [{ data_classes: ['phi'], model_id: 'eu.amazon.nova-2-lite-v1:0' }],
  ],
  ['personal-data', [{ data_classes: ['internal', 'pci'] }], [{ data_classes: ['internal', 'public'] }]],
  ['orders-in-documents', [{ knowledge: { documents: 1 } }], [{}]],
  ['scanned-pages', [{ knowledge: { scanned_share: 0.1 } }], [{ knowledge: { scanned_share: 0 } }]],
  ['answers-without-support', [{ knowledge: { documents: 1 } }], [{}]],
  ['effects-twice', [{ workflow: { tools: true } }], [{ workflow: { tools: false } }]],
  ['leaked-keys', [{ tenants: { count: 2 } }], [{ tenants: { count: 1 } }]],
  ['steps-that-fail', [{ workflow: { steps: 2 } }], [{ workflow: { steps: 1 } }]],
  ['work-of-a-suspended-tenant', [{ tenants: { count: 2 } }], [{ tenants: { count: 1 } }]],
  ['one-region', [{ availability: 99.95 }], [{ availability: 99.95, regions: ['eu-central-1', 'eu-west-1'] }]],
  ['one-process', [{ availability: 99.95 }], [{ availability: 99.9 }]],
  [
    'tenants-stay-in-their-region',
    [{ tenants: { count: 2 }, regions: ['eu-central-1', 'eu-west-1'] }],
    [{ tenants: { count: 2 }, regions: ['eu-central-1'] }],
  ],
  ['loss-of-the-only-copy', [{ availability: 99 }], [{ availability: 99.95 }]],
]

describe('[R119] risks', () => {
  it.each(cases)('%s is told where it is one, and only there', (id, there, elsewhere) => {
    expect(idsOf(...there)).toContain(id)
    expect(idsOf(...elsewhere)).not.toContain(id)
  })

  it('have a case above each, but for the one that always holds', () => {
    expect([...cases.map(([id]) => id), 'models-end'].toSorted()).toEqual(riskRules.map(({ id }) => id).toSorted())
    expect(idsOf({ monthly_budget_usd: 100 })).toContain('models-end')
  })

  it('come by severity, and first what breaks first', () => {
    const found = risksFor(
      factsOf(
        { monthly_budget_usd: 5, workflow: { tools: true }, data_classes: ['pii'], availability: 99.99 },
        { needed: 500, bears: 100 },
      ),
    )
    expect(found.slice(0, 5).map(({ id }) => id)).toEqual([
      ...['quota-below-need', 'budget-below-cost', 'tools-without-approval', 'personal-data', 'one-region'],
    ])
    const places = found.map(({ severity }) => severities.indexOf(severity))
    expect(places).toEqual(places.toSorted())
    expect(found[0]?.risk).toBe(
      'In the busiest minute 500 requests come, and 200,000 tokens a minute bear 100 requests: the provider throttles the rest.',
    )
    expect(found.find(({ id }) => id === 'one-region')?.risk).toContain('leave 0.9 hours a year')
  })

  it('are whole sentences with figures that are numbers, for any profile', () => {
    const amounts = fc.nat({ max: 10_000_000 })
    fc.assert(
      fc.property(
        fc.record({
          response: fc.constantFrom('interactive', 'seconds', 'minutes', 'batch'),
          peak_factor: fc.integer({ min: 1, max: 1_000 }),
          workflow: fc.record({ steps: fc.integer({ min: 2, max: 50 }), tools: fc.boolean() }),
          knowledge: fc.record({ documents: amounts }),
          stream: fc.record({ records_per_second: amounts, keys: fc.integer({ min: 1, max: 10_000_000 }) }),
          tenants: fc.record({ count: fc.integer({ min: 1, max: 100_000 }), isolation: fc.constantFrom('pool', 'silo') }),
          availability: fc.integer({ min: 0, max: 100 }),
        }),
        fc.record({ likely: amounts, max: amounts, needed: amounts, bears: amounts }),
        (answers, measured) => {
          for (const { risk, what_to_do, lens } of risksFor(factsOf(answers as Answers, measured))) {
            expect(`${risk} ${what_to_do}`).not.toMatch(/NaN|undefined|Infinity/)
            expect([risk, what_to_do].every((text) => /^[A-Z0-9].*\.$/.test(text))).toBe(true)
            expect(lens.length).toBeGreaterThan(0)
          }
        },
      ),
    )
  })
})

describe('what risks refer to', () => {
  it('are practices of the two lenses, by id and address', () => {
    const [first] = risksFor(factsOf({}, { needed: 500 }))
    expect(first?.lens[0]).toEqual({
      lens: 'generative-ai',
      practice: 'GENREL01-BP01',
      url: 'https://docs.aws.amazon.com/wellarchitected/latest/generative-ai-lens/genrel01-bp01.html',
    })
    const tools = risksFor(factsOf({ workflow: { tools: true } })).find(({ id }) => id === 'tools-without-approval')
    expect(tools?.lens[0]?.url).toBe('https://docs.aws.amazon.com/wellarchitected/latest/agentic-ai-lens/agentsec04-bp02.html')
    const used = riskRules.flatMap(({ practices }) => practices)
    expect(Object.keys(practiceTitles).toSorted()).toEqual([...new Set(used)].toSorted())
  })

  it('are runbooks that are there, and each is named by a risk', () => {
    for (const page of runbooks) expect(existsSync(new URL(`docs/runbooks/${page}.md`, root)), page).toBe(true)
    expect(runbooks.filter((page) => !riskRules.some(({ runbook }) => runbook === page))).toEqual([])
  })

  it('are commands and options that the command line has', () => {
    const commands = riskRules.flatMap(({ what_to_do }) => what_to_do.match(/`plinth [^`]+`/g) ?? [])
    expect(commands.length).toBeGreaterThan(15)
    for (const command of commands) {
      const [, verb = ''] = command.slice(1, -1).split(' ')
      const file = new URL(`packages/cli/src/commands/${verb}.ts`, root)
      expect(existsSync(file), command).toBe(true)
    }
    const variables = riskRules.flatMap(({ what_to_do }) => what_to_do.match(/PLINTH_[A-Z_]+/g) ?? [])
    const documents = ['README.md', 'docs/aws.md', 'docs/models.md', 'docs/patterns/multi-tenant.md']
    const known = documents.map((path) => readFileSync(new URL(path, root), 'utf8')).join('\n')
    for (const variable of variables) expect(known).toContain(variable)
  })
})
