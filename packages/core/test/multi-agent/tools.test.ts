import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RunBudget } from '../../src/multi-agent/run/run-budget.ts'
import { figuresIn } from '../../src/multi-agent/steps/rules/figures.ts'
import { writeReport } from '../../src/multi-agent/steps/rules/report.ts'
import { evaluate } from '../../src/multi-agent/tools/arithmetic.ts'

describe('arithmetic', () => {
  it.each([
    ['(1250 - 980) / 980 * 100', 27.55102040816326],
    ['-2 ^ 2', -4],
    ['2 ^ 3 ^ 2', 512],
    ['2 ** -1', 0.5],
    ['1,250,000 + 1', 1_250_001],
    ['max(1, 2, 3) - min(4, 5)', -1],
    ['round(mean(1, 2, 2), 2)', 1.67],
    ['10 % 4 + 1e3', 1_002],
  ])('%s', (expression, value) => {
    expect(evaluate(expression)).toBe(value)
  })

  it.each([
    '',
    '1 +',
    '(1',
    '1)',
    'constructor(1)',
    'toString()',
    '1 / 0',
    'sqrt(-1)',
    'process.exit()',
    '1 2',
    `${'('.repeat(500)}1`,
  ])('%s has no value, and a reason', (expression) => {
    expect(evaluate(expression)).toEqual({ fault: expect.any(String) })
  })

  it('gives what JavaScript gives', () => {
    const expressions = fc.letrec<{ whole: string }>((tie) => ({
      whole: fc.oneof(
        { maxDepth: 5 },
        fc.integer({ min: 0, max: 999 }).map(String),
        fc
          .tuple(tie('whole'), fc.constantFrom('+', '-', '*'), tie('whole'))
          .map(([one, operator, other]) => `(${one} ${operator} ${other})`),
      ),
    })).whole
    fc.assert(
      fc.property(expressions, (expression) => {
        expect(evaluate(expression)).toBe(Number(new Function(`return ${expression}`)()))
      }),
    )
  })
})

describe('a budget', () => {
  it('is never passed, however calls run side by side [X43]', () => {
    const calls = fc.array(fc.record({ most: fc.integer({ min: 1, max: 50 }), used: fc.nat(50), settles: fc.boolean() }), {
      maxLength: 50,
    })
    fc.assert(
      fc.property(calls, (drawn) => {
        const budget = new RunBudget({ limits: { tokens: 100 }, what: 'budget' })
        let used = 0
        let held = 0
        for (const call of drawn) {
          try {
            const settle = budget.reserve({ tokens: call.most })
            if (call.settles) {
              const spent = Math.min(call.used, call.most)
              settle({ tokens: spent })
              used += spent
            } else held += call.most
          } catch {
            expect(used + held + call.most).toBeGreaterThan(100)
          }
          expect(used + held).toBeLessThanOrEqual(100)
          expect(budget.left('tokens')).toBe(100 - used - held)
        }
      }),
    )
  })

  it('of a step is also that of its run', () => {
    const outer = new RunBudget({ limits: { usd: 1 }, what: 'run' })
    const inner = new RunBudget({ limits: { usd: 5 }, what: 'step', outer })
    inner.reserve({ usd: 0.75 })
    expect(() => inner.reserve({ usd: 0.5 })).toThrow(expect.objectContaining({ code: 'workflow_budget_exhausted' }))
    expect(outer.left('usd')).toBe(0.25)
  })
})

describe('a report by rules', () => {
  const text = 'It is serviced every 400 hours. [1]'
  const citation = { claim_start: 0, claim_end: text.length, document_id: 'd', source: 'pumps.md', start: 9, end: 40 }

  it('quotes its findings, with the places where they stand, and names what is missing', () => {
    const {
      text: report,
      citations = [],
      sources,
    } = writeReport({
      title: 'Compare them.',
      findings: [
        { question: 'How often is A serviced?', result: { text, sources: ['pumps.md'], citations: [citation] } },
        { question: 'How often is B serviced?', result: undefined },
      ],
      analysis: '- 400 hours',
    })
    expect(sources).toEqual(['pumps.md'])
    expect(citations.map(({ claim_start: start, claim_end: end }) => report.slice(start, end))).toEqual([
      'It is serviced every 400 hours.',
    ])
    expect(report).toContain('It is serviced every 400 hours. [1]\n')
    expect(report).toContain('## Not found\n\n- How often is B serviced?')
    expect(report).toContain('## Sources\n\n1. pumps.md')
    expect(report).toContain('No language model was used.')
  })

  it('knows figures with what they count', () => {
    const figures = figuresIn('Revenue grew 12.5 % to 3.2 million euros in 2024. It costs $1,250. [1]')
    expect(figures.map((figure) => [figure.text, figure.value, figure.unit])).toEqual([
      ['12.5 %', 12.5, '%'],
      ['3.2 million euros', 3_200_000, 'euro'],
      ['2024', 2_024, ''],
      ['$1,250', 1_250, '$'],
    ])
  })
})
