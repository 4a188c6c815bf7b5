import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fuse } from '../../../src/rag/retrieve/fuse.ts'
import { passageFeatures } from '../../../src/rag/retrieve/passage-features.ts'
import { type PassageText, readPassages } from '../../../src/rag/retrieve/passage-words.ts'
import { questionWords } from '../../../src/rag/retrieve/question-words.ts'
import { documentsOf, rerank } from '../../../src/rag/retrieve/rerank.ts'
import { anyFound, candidate } from './candidates.ts'

const ask = (text: string) => [{ text, weight: 1 }]

function order(question: string, ...passages: (string | PassageText)[]): string[] {
  const lexical = passages.map((_, index) => candidate(`p${index}`, 5))
  const texts = passages.map((passage) => (typeof passage === 'string' ? { text: passage, context: '' } : passage))
  return documentsOf(rerank(ask(question), fuse({ lexical, dense: [], lexicalBound: 10 }), texts))
}

describe('ranking by the texts', () => {
  it('prefers terms that follow each other as in the question', () => {
    expect(order('heart attack', 'attack of the heart', 'a heart attack')[0]).toBe('p1')
  })

  it('prefers terms that stand near each other', () => {
    const filler = 'nothing else matters much here '.repeat(8)
    expect(order('granaries famine', `granaries ${filler} famine`, `granaries built against famine ${filler}`)[0]).toBe('p1')
  })

  it('prefers a title that says it to a text that says it as often', () => {
    const [said, titled] = [
      { text: 'Normandy, Normandy!', context: 'Bretagne' },
      { text: 'Bretagne, Bretagne!', context: 'Normandy' },
    ]
    expect(order('Normandy', said, titled)[0]).toBe('p1')
  })

  it('takes for a pair only what has no other term between', () => {
    const question = questionWords(ask('heart attack'))
    const read = readPassages(
      question,
      ['heart attack', 'heart of an attack', 'heart valve attack'].map((text) => ({ text, context: '' })),
    )
    expect(passageFeatures(question, read).map(({ pairs }) => pairs)).toEqual([0.5, 0.5, 0])
  })

  it('finds other forms and spellings of a word', () => {
    expect(order('Jewish practice', 'Halal butchering was restricted', 'Kosher butchering for Jews was restricted')[0]).toBe('p1')
    expect(order('Who led the organisation?', 'The company was led by her', 'The organization was led by her')[0]).toBe('p1')
  })

  it('leaves what it did not read behind, and its score alone', () => {
    const fused = fuse({ lexical: [candidate('a', 5), candidate('b', 4), candidate('c', 3)], dense: [], lexicalBound: 10 })
    const ranked = rerank(ask('kublai khan'), fused, [
      { text: 'nothing', context: '' },
      { text: 'Kublai Khan', context: '' },
    ])
    expect(documentsOf(ranked)).toEqual(['b', 'a', 'c'])
    expect(ranked[2]).toEqual(fused[2])
  })

  it('trusts the words of a long question less', () => {
    const gain = (question: string): number => {
      const fused = fuse({ lexical: [candidate('a', 5)], dense: [], lexicalBound: 10 })
      const [best] = rerank(ask(question), fused, [{ text: question, context: '' }])
      return (best?.score ?? 0) - (fused[0]?.score ?? 0)
    }
    const words = Array.from({ length: 48 }, (_, index) => `w${String.fromCharCode(97 + (index % 26), 97 + (index >> 4))}x`)
    expect(gain(words.join(' '))).toBeLessThan(gain(words.slice(0, 12).join(' ')) / 2)
  })

  it('gives features from 0 to 1 for any text in any script', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.lorem({ maxCount: 30 }))
    fc.assert(
      fc.property(text, fc.array(fc.record({ text, context: text }), { maxLength: 6 }), (query, passages) => {
        const question = questionWords(ask(query))
        const features = passageFeatures(question, readPassages(question, [...passages, { text: query, context: query }]))
        expect(features).toHaveLength(passages.length + 1)
        for (const value of features.flatMap(Object.values)) {
          expect(value).toBeGreaterThanOrEqual(0)
          expect(value).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it('neither adds nor drops, and weighs words the less the more vectors count', () => {
    fc.assert(
      fc.property(anyFound, fc.nat({ max: 8 }), (found, depth) => {
        const fused = fuse(found, { modelId: 'local/sentence-encoder', denseWeight: 1 })
        const passages = fused
          .slice(0, depth)
          .map((_, index) => ({ text: index % 2 ? 'a heart attack' : 'nothing', context: '' }))
        const ranked = rerank(ask('heart attack'), fused, passages)
        expect(documentsOf(ranked).toSorted()).toEqual(documentsOf(fused).toSorted())
        if (found.dense.length > 0) expect(documentsOf(ranked)).toEqual(documentsOf(fused))
      }),
    )
  })

  it('reads a question of 100 KB up to what says enough', () => {
    const long = Array.from({ length: 15_000 }, (_, index) => `word${index}`).join(' ')
    expect(questionWords(ask(long)).terms.size).toBeLessThanOrEqual(64)
  })
})
