import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RunBudget } from '../../src/multi-agent/run/run-budget.ts'
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
