import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { normaliseQuery, queryTexts } from '../../../src/rag/retrieve/query-texts.ts'

describe('what is searched for', () => {
  it('is the question, and at half its weight what the user asked before it', () => {
    const history = [
      { role: 'user', content: 'Who was Kublai Khan?' },
      { role: 'assistant', content: 'A Mongol ruler [1].' },
      { role: 'user', content: 'What did he build?' },
    ] as const
    expect(queryTexts(' And  when? ', history)).toEqual({
      texts: [
        { text: 'And when?', weight: 1 },
        { text: 'Who was Kublai Khan?', weight: 0.5 },
        { text: 'What did he build?', weight: 0.5 },
      ],
      embed: 'And when? What did he build?',
    })
  })

  it('is the same in whatever form of Unicode it came', () => {
    expect(normaliseQuery('Te\u0301mu\u0308r\u0000\n\tﬁre\u200b fighter')).toBe('Témür fire fighter')
  })

  it('forgets turns that are long past, empty, or the question itself', () => {
    const history = Array.from({ length: 10 }, (_, index) => ({ role: 'user' as const, content: `turn ${index}` }))
    const { texts } = queryTexts('why', [...history, { role: 'user', content: ' \n ' }, { role: 'user', content: 'why' }])
    expect(texts.map(({ text }) => text)).toEqual(['why', 'turn 6', 'turn 7', 'turn 8', 'turn 9'])
  })

  it('keeps beginning and end of a question of 100 KB', () => {
    const { texts, embed } = queryTexts(`What follows? ${'pasted '.repeat(15_000)} Why?`)
    expect(texts[0]?.text).toMatch(/^What follows\?.* Why\?$/)
    expect(texts[0]?.text.length).toBeLessThanOrEqual(4_000)
    expect(embed.length).toBeLessThanOrEqual(2_000)
  })

  it('never breaks a character, and is its own normal form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 50 }), fc.constantFrom(0, 1, 1_500), (text, times) => {
        const { texts, embed } = queryTexts(`${text}${'𝄞é '.repeat(times)}`)
        expect((texts[0]?.text ?? '').isWellFormed() && embed.isWellFormed()).toBe(true)
        expect(normaliseQuery(normaliseQuery(text))).toBe(normaliseQuery(text))
      }),
      { numRuns: 30 },
    )
  })
})
