import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { valueAt, withGroups, withValue } from '../../src/advisor/fields.ts'
import { adviceForm } from '../../src/advisor/forms.ts'
import { type Answers, largestAmount } from '../../src/advisor/profile.ts'
import { readInput } from '../../src/read-input.ts'
import { advised, haiku, nova, retired } from './support.ts'

/** Every number that a value holds, with its place. */
function numbersOf(value: unknown, path = ''): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => numbersOf(inner, `${path}.${name}`))
}

const amount = fc.oneof(
  fc.constantFrom(0, 1, 1e12, largestAmount),
  fc.nat({ max: 1e6 }),
  fc.double({ min: 0, max: largestAmount, noNaN: true }),
)
const count = fc.oneof(fc.constantFrom(1, 1e12, largestAmount), fc.integer({ min: 1, max: 1e6 }))
const share = fc.double({ min: 0, max: 1, noNaN: true })
const optional = { requiredKeys: [] as never[] }
/** Any valid profile. */
const anyAnswers: fc.Arbitrary<Answers> = fc.record(
  {
    response: fc.constantFrom('seconds' as const, 'minutes' as const, 'batch' as const),
    requests_per_month: amount,
    peak_factor: fc.double({ min: 1, max: largestAmount, noNaN: true }),
    input_tokens: amount,
    output_tokens: amount,
    model_id: fc.constantFrom(haiku, retired, 'local/extractive'),
    knowledge: fc.record(
      {
        documents: fc.oneof(fc.constant(0), count),
        scanned_share: share,
        changes_per_month: amount,
        vector_store: fc.constantFrom('segments' as const, 's3-vectors' as const, 'opensearch' as const),
      },
      optional,
    ),
    workflow: fc.record({ steps: count, tools: fc.boolean(), approval: fc.boolean() }, optional),
    stream: fc.record(
      {
        ...{ records_per_second: amount, record_bytes: amount, keys: count, anomaly_share: share },
        capacity: fc.constantFrom('shards' as const, 'on-demand' as const),
      },
      optional,
    ),
    tenants: fc.record({ count, isolation: fc.constantFrom('pool' as const, 'silo' as const) }, optional),
    data_classes: fc.subarray(['public', 'internal', 'pii', 'phi', 'pci']),
    monthly_budget_usd: amount,
    availability: fc.double({ min: 0, max: 100, noNaN: true }),
    tokens_per_minute: amount,
  },
  optional,
) as fc.Arbitrary<Answers>

describe('[R5] [R115] [R118] advice', () => {
  it('on any valid profile has only finite numbers, none below 0, and the form that is promised', () => {
    fc.assert(
      fc.property(anyAnswers, (answers) => {
        const advice = advised(answers)
        for (const [path, value] of numbersOf({ ...advice, ranking: advice.ranking.map(({ score }) => score) }))
          expect(Number.isFinite(value) && value >= 0, `${path} is ${value}`).toBe(true)
        const { min, likely, max, fixed, variable, lines, by_service } = advice.cost
        expect(min).toBeLessThanOrEqual(likely)
        expect(likely).toBeLessThanOrEqual(max)
        const near = (one: number, other: number): boolean => Math.abs(one - other) <= 1e-9 * Math.max(1, other)
        expect(near(fixed + variable, likely)).toBe(true)
        const sum = (parts: readonly { readonly usd: number }[]): number => parts.reduce((total, { usd }) => total + usd, 0)
        expect(near(sum(lines.filter(({ kind }) => kind !== 'one_off')), likely)).toBe(true)
        expect(near(sum(by_service), likely)).toBe(true)
        expect(() => readInput(adviceForm, advice)).not.toThrow()
      }),
      { numRuns: 150 },
    )
  })

  it('never costs less for more load, whichever patterns that brings in', () => {
    const fields = [
      ...[
        'requests_per_month',
        'input_tokens',
        'output_tokens',
        'peak_factor',
        'knowledge.documents',
        'knowledge.changes_per_month',
      ],
      ...['workflow.steps', 'stream.records_per_second', 'stream.keys', 'stream.anomaly_share', 'tenants.count'],
    ]
    const small = fc.record(
      {
        response: fc.constantFrom('interactive' as const, 'seconds' as const, 'minutes' as const, 'batch' as const),
        requests_per_month: fc.constantFrom(0, 90_000, 999_000, 5e6),
        peak_factor: fc.constantFrom(1, 4, 10),
        model_id: fc.constantFrom(haiku, nova, 'local/extractive'),
        knowledge: fc.record({ documents: fc.constantFrom(0, 29, 99, 9_990) }, optional),
        workflow: fc.record({ steps: fc.constantFrom(1, 3, 5), tools: fc.boolean() }, optional),
        stream: fc.record({ records_per_second: fc.constantFrom(0, 1, 9) }, optional),
        tenants: fc.record({ count: fc.constantFrom(1, 9, 300) }, optional),
      },
      optional,
    ) as fc.Arbitrary<Answers>
    fc.assert(
      fc.property(small, fc.constantFrom(...fields), fc.constantFrom(1.01, 1.5, 20), (answers, field, times) => {
        const before = advised(answers)
        const value = Number(valueAt(before.profile, field))
        const more = field === 'stream.anomaly_share' ? Math.min(1, value * times) : Math.ceil(value * times)
        const { cost } = advised(withValue(withGroups(answers, before.profile), field, more))
        for (const part of ['min', 'likely', 'max'] as const)
          expect(cost[part], `${part} of ${field} ${value} to ${more}`).toBeGreaterThanOrEqual(before.cost[part] * (1 - 1e-9))
      }),
      { numRuns: 400 },
    )
  })

  it('counts calls about a stream in the quota, and calls it no idleness', () => {
    const { quota, flags, risks } = advised({ requests_per_month: 0, stream: { records_per_second: 5_000, anomaly_share: 0.05 } })
    expect(quota.stream_tokens_per_minute).toBeGreaterThan(3e6)
    expect(quota.needs_rise).toBe(true)
    expect(risks.map(({ id }) => id)).toContain('quota-below-need')
    expect(flags.map(({ field }) => field)).not.toContain('requests_per_month')
    expect(advised({ requests_per_month: 0 }).flags.map(({ field }) => field)).toContain('requests_per_month')
  })

  it('counts turns of steps with tools, eight in the dearest month', () => {
    const [without, with_] = [false, true].map((tools) => advised({ response: 'minutes', workflow: { steps: 6, tools } }).cost)
    for (const part of ['min', 'likely', 'max'] as const) expect(with_?.[part]).toBeGreaterThan((without?.[part] ?? 0) * 1.5)
  })

  it('of one call counts what stands there of the stack that the roadmap makes', () => {
    const { composition, cost, roadmap } = advised({})
    expect(composition.primary).toBe('none')
    const commands = roadmap.flatMap(({ tasks }) => tasks.map(({ how }) => how)).filter((how) => how.startsWith('plinth synth'))
    expect(new Set(commands)).toEqual(new Set(['plinth synth --no-rag --no-agents --no-streams --no-waf --no-dashboards']))
    expect(cost.fixed).toBeGreaterThan(3)
    expect(cost.lines.map(({ service }) => service)).not.toContain('WAF')
    expect(cost.lines.map(({ what }) => what)).not.toContain('dashboards')
  })

  it('is the same for the same answers', () => {
    const answers: Answers = { response: 'interactive', knowledge: { documents: 50 }, tenants: { count: 3 } }
    expect(JSON.stringify(advised(answers))).toBe(JSON.stringify(advised(answers)))
  })

  it('says what was assumed, and takes what was given', () => {
    const { assumptions, profile } = advised({ requests_per_month: 7, stream: { keys: 3 } })
    expect(assumptions).toContainEqual({ field: 'model_id', value: haiku })
    expect(assumptions).toContainEqual({ field: 'stream.records_per_second', value: 100 })
    expect(assumptions.map(({ field }) => field)).not.toContain('stream.keys')
    expect(profile).toMatchObject({ requests_per_month: 7, stream: { keys: 3 } })
  })

  it('has a quota of what the profile says, and whether it has to be raised', () => {
    const busy: Answers = { requests_per_month: 1e6, tokens_per_minute: 50_000 }
    const { quota } = advised(busy)
    expect(quota).toMatchObject({ tokens_per_minute: 50_000, reserved_tokens: 1_600, settled_tokens: 2_500, needs_rise: true })
    expect(advised({ ...busy, tokens_per_minute: 2e6 }).quota.needs_rise).toBe(false)
    expect(advised({ workflow: { steps: 4 }, response: 'minutes' }).quota.sustainable_requests_per_minute).toBeCloseTo(
      200_000 / 2_500 / 6,
      9,
    )
  })

  it('has risks and a roadmap', () => {
    const { risks, roadmap } = advised({ monthly_budget_usd: 1 })
    expect(risks.length).toBeGreaterThan(0)
    expect(roadmap).toHaveLength(4)
  })

  it('takes a price of a model once, however it is spelt', () => {
    const prices = { models: { [haiku]: { input: 1 }, [`us.${haiku}`]: { input: 2 } } }
    expect(() => advised({}, { prices })).toThrow(expect.objectContaining({ field: `prices.models.us.${haiku}` }))
  })

  it('says whether the budget is enough', () => {
    const { likely, max } = advised({}).cost
    const within = (budget: number): readonly (boolean | null)[] => {
      const { cost } = advised({ monthly_budget_usd: budget })
      return [cost.within_budget, cost.max_within_budget]
    }
    expect([within(max + 1), within(likely + 1), within(likely - 1)]).toEqual([
      [true, true],
      [true, false],
      [false, false],
    ])
    expect(advised({}).cost).toMatchObject({ within_budget: null, max_within_budget: null })
  })

  it('is bound to no price of a model that runs in the process, and says so', () => {
    const { flags, notes } = advised({ model_id: 'local/extractive' })
    expect(flags.map(({ field }) => field)).toEqual(['model_id'])
    expect(notes.join()).toContain('embedded')
  })
})

describe('answers to look at again', () => {
  it('are computed with, and flagged', () => {
    const { flags, cost } = advised({ requests_per_month: 1e12, tenants: { count: 2e6 }, output_tokens: 100_000 })
    expect(flags.map(({ field, value }) => [field, value])).toEqual([
      ['requests_per_month', 1e12],
      ['tenants.count', 2e6],
      ['output_tokens', 100_000],
    ])
    expect(cost.likely).toBeGreaterThan(1e9)
  })

  it('are not the usual ones', () => {
    expect(advised({}).flags).toEqual([])
  })

  it('are a model that is no longer served, and no requests at all', () => {
    expect(advised({ model_id: retired }).flags[0]).toMatchObject({
      field: 'model_id',
      detail: expect.stringContaining('anthropic.claude-sonnet-5'),
    })
    expect(advised({ requests_per_month: 0 }).flags[0]).toMatchObject({ field: 'requests_per_month', value: 0 })
    expect(advised({ requests_per_month: 0 }).cost.per_request).toBeNull()
  })
})

describe('answers that are refused', () => {
  it.each([
    ['profile.model_id', 'model_unknown', { model_id: 'gpt-9' }],
    ['profile.model_id', 'model_unknown', { model_id: 'amazon.titan-embed-text-v2:0' }],
    ['profile.knowledge.pages', 'invalid_input', { knowledge: { documents: 10, pages: 3 } }],
  ] as const)('name their field: %s', (field, code, answers) => {
    expect(() => advised(answers)).toThrow(expect.objectContaining({ code, field }))
  })

  it.each([
    ['requests_per_mont', { requests_per_mont: 1 }],
    ['stream.key', { stream: { key: 1 } }],
    ['data_classes.0', { data_classes: ['secret'] }],
    ['requests_per_month', { requests_per_month: 1e300 }],
  ] as const)('name their field as they are read: %s', (field, answers) => {
    expect(() => advised(answers as Answers)).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })
})
