import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distinctPassages } from '../../../src/rag/retrieve/near-duplicates.ts'

const khan = 'Kublai Khan promoted commercial, scientific, and cultural growth, and supported the merchants of the Silk Road.'
const other = 'The Normans gave their name to Normandy, a region in France, in the 10th and 11th centuries.'
const passage = (document: string, text: string, start = 0, score = 1) => ({
  ...{ document, version: '1', start, end: start + text.length, text, score },
})
const names = (found: ReturnType<typeof distinctPassages>) => found.map((one) => one.passage.document)

describe('distinct passages', () => {
  it('keep the first of those that say the same, and tell where else it stands [X28]', () => {
    const ranked = [
      passage('a', khan),
      passage('copy', `${khan.toUpperCase()}!`),
      passage('b', other),
      passage('part', khan.slice(0, 80)),
    ]
    const found = distinctPassages(ranked, { count: 5 })
    expect(names(found)).toEqual(['a', 'b'])
    expect(found[0]?.same.map(({ document }) => document)).toEqual(['copy', 'part'])
  })

  it('drop a neighbouring chunk that shares more than half its text, and keep one that shares less', () => {
    const chunk = (start: number, end: number, words: string) => ({ ...passage('a', words), start, end })
    expect(distinctPassages([chunk(0, 100, khan), chunk(40, 140, other)], { count: 5 })).toHaveLength(1)
    expect(distinctPassages([chunk(0, 100, khan), chunk(60, 160, other)], { count: 5 })).toHaveLength(2)
    expect(distinctPassages([chunk(0, 100, khan), { ...chunk(40, 140, other), version: '2' }], { count: 5 })).toHaveLength(2)
  })

  it('keep what differs in a figure or a name alone', () => {
    const form = (name: string, fee: string): string =>
      `This contract is made with ${name} of the same city, and the fee that is owed at the end of each month, as long as it is in force and nobody has ended it, is ${fee} euros.`
    const ranked = [passage('a', form('Alpha', '500')), passage('b', form('Alpha', '700')), passage('c', form('Beta', '500'))]
    expect(names(distinctPassages([...ranked, passage('d', form('Alpha', '500'))], { count: 5 }))).toEqual(['a', 'b', 'c'])
  })

  it('tell short texts apart', () => {
    expect(names(distinctPassages([passage('a', 'Yes.'), passage('b', 'No way'), passage('c', 'yes')], { count: 5 }))).toEqual([
      'a',
      'b',
    ])
  })

  it('give as many as are wanted, also where the first ones are copies', () => {
    const ranked = [passage('a', khan), passage('b', khan), passage('c', khan), passage('d', other)]
    expect(names(distinctPassages(ranked, { count: 2 }))).toEqual(['a', 'd'])
    expect(names(distinctPassages(ranked, { count: 1 }))).toEqual(['a'])
  })

  it('let another subject in before more of the same, when variety is wanted, in the order of their rank', () => {
    const alike = `${khan.slice(0, 70)} while building a canal from the south to the capital of the empire`
    const ranked = [passage('a', khan, 0, 1), passage('alike', alike, 0, 0.9), passage('b', other, 0, 0.8)]
    expect(names(distinctPassages(ranked, { count: 2 }))).toEqual(['a', 'alike'])
    expect(names(distinctPassages(ranked, { count: 2, variety: 0.5 }))).toEqual(['a', 'b'])
    expect(names(distinctPassages(ranked, { count: 3, variety: 0.5 }))).toEqual(['a', 'alike', 'b'])
  })

  it('never add, keep the order, and lose none of those that were looked at', () => {
    const any = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(khan, other, 'Yes.', ''), fc.nat({ max: 300 })))
    fc.assert(
      fc.property(any, (all) => {
        const ranked = all.map(([document, text, start]) => passage(document, text, start))
        const found = distinctPassages(ranked, { count: ranked.length })
        const kept = found.map((one) => one.passage)
        expect(ranked.filter((one) => kept.includes(one))).toEqual(kept)
        expect(found.reduce((sum, one) => sum + 1 + one.same.length, 0)).toBe(ranked.length)
      }),
    )
  })
})
