import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { answerOverlap, exactMatch, normaliseAnswer } from '../../../src/rag/evaluate/answer-metrics.ts'

describe('measures of an answer', () => {
  it('compare as SQuAD does: without case, articles, punctuation', () => {
    expect(normaliseAnswer('  The Edict, of   Nantes! ')).toBe('edict of nantes')
    expect(normaliseAnswer('another theory')).toBe('another theory')
    expect(exactMatch('the Normans.', ['Saxons', 'Normans'])).toBe(1)
    expect(exactMatch('Norman', ['Normans'])).toBe(0)
  })

  it('give the overlap of words with the best of the right answers', () => {
    // Two of three words said are right, two of two right ones were said.
    expect(answerOverlap('10th and centuries', ['10th centuries', 'never'])).toBeCloseTo((2 * (2 / 3) * 1) / (2 / 3 + 1), 12)
    expect(answerOverlap('la la', ['la'])).toBeCloseTo(2 / 3, 12)
    expect(answerOverlap('Paris', ['France'])).toBe(0)
  })

  it('count silence as right where there is no answer, and only there', () => {
    expect([exactMatch('', []), answerOverlap('', [])]).toEqual([1, 1])
    expect([exactMatch('France', []), answerOverlap('France', [])]).toEqual([0, 0])
    expect([exactMatch('', ['France']), answerOverlap('', ['France'])]).toEqual([0, 0])
  })

  it('lie from 0 to 1, are 1 for the right answer, and overlap at least where they match', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (said, right) => {
        const overlap = answerOverlap(said, right)
        expect(overlap).toBeGreaterThanOrEqual(exactMatch(said, right))
        expect(overlap).toBeLessThanOrEqual(1)
        expect(answerOverlap(said, [...right, said]) === 1 || normaliseAnswer(said) === '').toBe(true)
      }),
    )
  })
})
