import { describe, expect, it } from 'vitest'
import { changedAnswers } from '../../src/advisor/changes.ts'
import { decisionMatrix } from '../../src/advisor/decision-matrix.ts'
import { withGroups } from '../../src/advisor/fields.ts'
import type { Answers } from '../../src/advisor/profile.ts'
import { InvalidInputError } from '../../src/errors.ts'
import { advised } from './support.ts'

const profiles: readonly Answers[] = [
  {},
  { response: 'minutes', requests_per_month: 5_000_000, peak_factor: 10 },
  { response: 'interactive', knowledge: { documents: 10_000 } },
  { response: 'minutes', workflow: { steps: 6, tools: true, approval: true } },
  { stream: { records_per_second: 500, keys: 2_000 } },
  { tenants: { count: 200, isolation: 'silo' } },
  { knowledge: { documents: 100, pages: 100 } },
]

const primaryOf = (answers: Answers): string | undefined => {
  try {
    return advised(answers).composition.primary
  } catch (error) {
    if (error instanceof InvalidInputError) return undefined
    throw error
  }
}

describe('[R115] what would change the answer', () => {
  it.each(profiles)('does so when it is answered: %j', (answers) => {
    const { changes, composition, profile } = advised(answers)
    const patterns = [...decisionMatrix.map(({ pattern }) => pattern), 'none']
    expect(changes.map(({ pattern }) => pattern).toSorted()).toEqual(
      patterns.filter((pattern) => pattern !== composition.primary).toSorted(),
    )
    const real = changes.filter(({ field }) => field !== null)
    expect(real.length).toBeGreaterThan(0)
    for (const { pattern, field, to } of real) {
      const given = changedAnswers(withGroups(answers, profile), field ?? '', to)
      expect(given.map(primaryOf).find((primary) => primary !== undefined)).toBe(pattern)
    }
  })

  it('of nothing special is any of the five', () => {
    const { changes } = advised({})
    expect(changes.filter(({ field }) => field !== null).map(({ pattern, field, to }) => [pattern, field, to])).toEqual(
      expect.arrayContaining([
        ['rag', 'knowledge.documents', 1],
        ['multi-tenant', 'tenants.count', 2],
        ['analytics', 'stream.records_per_second', 1],
        ['multi-agent', 'workflow.steps', 4],
      ]),
    )
  })

  it('is the smallest: with documents taken away nothing is left, and one document is as good as many', () => {
    const { changes } = advised({ response: 'interactive', knowledge: { documents: 1 } })
    expect(changes[0]).toEqual({ pattern: 'none', field: 'knowledge.documents', from: 1, to: 0 })
  })
})
