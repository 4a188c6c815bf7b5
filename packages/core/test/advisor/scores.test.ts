import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decisionMatrix } from '../../src/advisor/decision-matrix.ts'
import { type Answers, answersForm, completeProfile } from '../../src/advisor/profile.ts'
import { rules } from '../../src/advisor/rules.ts'
import { rankPatterns } from '../../src/advisor/scores.ts'

const usual = { model: 'some-model', region: 'eu-central-1' }
const ranked = (answers: Answers) => rankPatterns(completeProfile(answersForm.parse(answers), usual).profile)

/** What each row of the matrix is best for, as answers. */
const best: Readonly<Record<string, Answers>> = {
  'event-driven': { response: 'minutes', requests_per_month: 5_000_000, peak_factor: 10 },
  rag: { response: 'interactive', knowledge: { documents: 10_000 } },
  'multi-agent': { response: 'minutes', workflow: { steps: 6, tools: true, approval: true } },
  analytics: { stream: { records_per_second: 500, keys: 2_000 } },
  'multi-tenant': { tenants: { count: 200, isolation: 'silo' } },
}

describe('[R115] the ranking', () => {
  it.each(decisionMatrix)('puts $pattern first for $best_for, and shows its row', (row) => {
    const [first, second] = ranked(best[row.pattern] ?? {})
    expect(first?.pattern).toBe(row.pattern)
    expect(first?.score).toBeGreaterThan(Number(second?.score) + 20)
    expect(first?.matrix).toEqual(row)
    expect(first?.reasons.length).toBeGreaterThan(0)
  })

  it('shows the matrix of the seed', () => {
    expect(decisionMatrix.map(({ pattern, complexity, scalability, cost }) => [pattern, complexity, scalability, cost])).toEqual([
      ['event-driven', 'Medium', 'High', 'Low'],
      ['rag', 'Medium', 'Medium', 'Medium'],
      ['multi-agent', 'High', 'High', 'Medium'],
      ['analytics', 'High', 'Very High', 'High'],
      ['multi-tenant', 'High', 'High', 'Medium'],
    ])
  })

  it('has all five patterns, each between 0 and 100, whatever is answered, and the same for the same', () => {
    const amount = fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 1e12 }))
    const answers = fc.record(
      {
        response: fc.constantFrom('seconds', 'minutes', 'batch'),
        requests_per_month: amount,
        peak_factor: fc.integer({ min: 1, max: 1_000 }),
        stream: fc.record({ records_per_second: amount, keys: fc.integer({ min: 1, max: 1e9 }) }),
        tenants: fc.record({ count: fc.integer({ min: 1, max: 1e6 }), isolation: fc.constantFrom('pool', 'silo') }),
        workflow: fc.record({ steps: fc.integer({ min: 1, max: 1_000 }), tools: fc.boolean() }),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(answers, (given) => {
        const scores = ranked(given as Answers)
        expect(new Set(scores.map(({ pattern }) => pattern)).size).toBe(5)
        for (const { score } of scores) expect(score >= 0 && score <= 100).toBe(true)
        expect(ranked(given as Answers)).toEqual(scores)
      }),
    )
  })

  it('asks rules about fields that there are', () => {
    const { profile } = completeProfile({}, usual)
    for (const { when } of rules)
      for (const { field } of when) {
        const [name = '', part] = field.split('.')
        const value = Object.entries(profile).find(([key]) => key === name)?.[1]
        expect(part === undefined ? value : Object.keys(value as object), field).toEqual(
          part === undefined ? expect.anything() : expect.arrayContaining([part]),
        )
      }
  })
})

describe('the answers', () => {
  it('take a default where they are left out, which is told', () => {
    const { profile, assumptions } = completeProfile({ requests_per_month: 7 }, usual)
    expect(profile.requests_per_month).toBe(7)
    expect(assumptions).toContainEqual({ field: 'model_id', value: 'some-model' })
    expect(assumptions.map(({ field }) => field)).not.toContain('requests_per_month')
    // Without documents there is nothing to read, without a stream no record.
    expect([profile.knowledge.pages, profile.stream.keys, profile.workflow.steps, profile.tenants.count]).toEqual([0, 0, 1, 1])
    expect(completeProfile({ knowledge: {}, stream: {} }, usual).profile).toMatchObject({
      knowledge: { documents: 1_000, pages: 5_000 },
      stream: { records_per_second: 100, record_bytes: 1_024 },
    })
  })

  it.each([
    ['knowledge.pages', { knowledge: { documents: 0, pages: 3 } }],
    ['knowledge.pages', { knowledge: { documents: 10, pages: 3 } }],
    ['stream.keys', { stream: { records_per_second: 3, keys: 0 } }],
    ['tenants.largest_share', { tenants: { count: 4, largest_share: 0.1 } }],
    ['workflow.approval', { response: 'interactive', workflow: { approval: true } }],
    ['workflow.steps', { workflow: { steps: 0, tools: true } }],
  ] as const)('that contradict each other are refused: %s', (field, answers) => {
    expect(() => completeProfile(answers, usual)).toThrow(expect.objectContaining({ code: 'invalid_input', field }))
  })

  it.each([
    [{ requests_per_month: -1 }],
    [{ requests_per_month: Number.NaN }],
    [{ requests_per_mont: 1 }],
    [{ response: 'soon' }],
    [{ peak_factor: 0.5 }],
    [{ tenants: { count: 0 } }],
    [{ knowledge: { scanned_share: 1.5 } }],
    [{ stream: { keys: 1.5 } }],
    [{ workflow: { tools: 'yes' } }],
    [{ regions: ['mars'] }],
    [{ requests_per_month: 1e300 }],
    [{ knowledge: { vector_store: 'pinecone' } }],
    [{ stream: { anomaly_share: 2 } }],
    [null],
  ])('of the wrong kind are none: %j', (answers) => {
    expect(answersForm.safeParse(answers).success).toBe(false)
  })
})
