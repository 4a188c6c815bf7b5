import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sentencesOf } from '../../../src/rag/answer/sentences.ts'

const cut = (text: string): readonly string[] => sentencesOf(text).map(({ start, end }) => text.slice(start, end))

describe('sentences', () => {
  it.each([
    ['It failed. It was mended!', ['It failed.', 'It was mended!']],
    ['Dr. Lopez came, e.g. on Monday. She left.', ['Dr. Lopez came, e.g. on Monday.', 'She left.']],
    ['J. R. Smith wrote it. It sold.', ['J. R. Smith wrote it.', 'It sold.']],
    ['It costs 3.5 million. Yes.', ['It costs 3.5 million.', 'Yes.']],
    ['泵坏了。它修好了！', ['泵坏了。', '它修好了！']],
    ['هل تعطلت المضخة؟ نعم.', ['هل تعطلت المضخة؟', 'نعم.']],
    ['पंप खराब है। वह ठीक है।', ['पंप खराब है।', 'वह ठीक है।']],
    ['# Pumps\n\nThey hum', ['# Pumps', 'They hum']],
    [
      'The bearing overheated after a long run\nof work without any oil at all. It stopped.',
      ['The bearing overheated after a long run\nof work without any oil at all.', 'It stopped.'],
    ],
    [
      'A sweep of crash points lost none of them. With `NORMAL` it lost 45 when\n`FULL` lost none.',
      ['A sweep of crash points lost none of them.', 'With `NORMAL` it lost 45 when\n`FULL` lost none.'],
    ],
    [
      '- An item of a list that was wrapped at its end\n  and goes on.',
      ['- An item of a list that was wrapped at its end\n  and goes on.'],
    ],
    ['name,age\nAda,36\nBob,41', ['name,age', 'Ada,36', 'Bob,41']],
    ['', []],
    [' \n ', []],
  ])('of %j', (text, expected) => {
    expect(cut(text)).toEqual(expected)
  })

  it('are cut when they have no end, never within a surrogate pair', () => {
    const pieces = cut(`x${'𝟗'.repeat(2000)}`)
    expect(pieces.length).toBeGreaterThan(3)
    expect(pieces.join('')).toBe(`x${'𝟗'.repeat(2000)}`)
    for (const piece of pieces) expect(piece.isWellFormed()).toBe(true)
  })

  it('hold every sign of any text that is not white space, in order, without overlap', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const spans = sentencesOf(text)
        expect(
          spans
            .map(({ start, end }) => text.slice(start, end))
            .join('')
            .replace(/\s+/gu, ''),
        ).toBe(text.replace(/\s+/gu, ''))
        spans.forEach(({ start, end }, at) => {
          expect(start).toBeGreaterThanOrEqual(spans[at - 1]?.end ?? 0)
          expect(end).toBeGreaterThan(start)
          expect(text.slice(start, end).trim()).toBe(text.slice(start, end))
        })
      }),
      { numRuns: 200 },
    )
  })
})
