import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { citeClaims } from '../../../src/rag/answer/cite-claims.ts'
import {
  answerability,
  confidenceOf,
  confidenceOfRefusal,
  isAboveFloor,
  leastConfidence,
  relatedness,
} from '../../../src/rag/answer/confidence.ts'
import { type EvidenceFeatures, evidenceFeatures } from '../../../src/rag/answer/confidence-features.ts'
import { signalsOf } from '../../../src/rag/answer/retrieval-signals.ts'
import type { Passage } from '../../../src/rag/passage.ts'
import { passageOf } from './support.ts'

const plant = passageOf(
  'The plant in Gdansk was built by Marta Nowak in 1998. It employs 240 people. Pump P-101 failed in March because its bearing overheated.',
  'plant',
)
const other = passageOf('Tulips need well drained soil. They flower in spring, and their bulbs rest in summer.', 'tulips')

const featuresFor = (question: string, passages: readonly Passage[] = [plant, other], lexical?: number): EvidenceFeatures =>
  evidenceFeatures({ question, passages, retrieval: lexical === undefined ? {} : { lexical } })

const confidenceFor = (question: string, answer: string, lexical = 0.7): number =>
  confidenceOf(featuresFor(question, [plant, other], lexical), citeClaims({ answer, passages: [plant, other] }))

const built = 'The plant in Gdansk was built by Marta Nowak in 1998.'

describe('confidence', () => {
  it('is high where the question is covered and the answer quoted, low where it is not [R33]', () => {
    expect(confidenceFor('Who built the plant in Gdansk?', `${built} [1]`)).toBeGreaterThan(0.6)
    expect(confidenceFor('Which treaty ended the war of the roses?', `${built} [1]`, 0)).toBeLessThan(0.1)
  })

  it.each([
    ['names another place', 'Who built the plant in Warsaw?'],
    ['names another year', 'Who built the plant in Gdansk in 2004?'],
    ['denies', 'Who has not built the plant in Gdansk?'],
    ['asks with a word that nothing has', 'Who rented the plant in Gdansk?'],
  ])('is lower where the question %s', (_, question) => {
    expect(confidenceFor(question, `${built} [1]`)).toBeLessThan(
      confidenceFor('Who built the plant in Gdansk?', `${built} [1]`) - 0.005,
    )
  })

  it('falls with claims that nothing supports and citations that were dropped [X28, X29]', () => {
    const question = 'Who built the plant in Gdansk?'
    const whole = confidenceFor(question, `${built} [1]`)
    const half = confidenceFor(question, `${built} [1] It has won many prizes for its beautiful garden.`)
    const misplaced = confidenceFor(question, `${built} [1][2]`)
    expect(half).toBeLessThan(whole * 0.7)
    expect(misplaced).toBeLessThan(whole * 0.8)
    expect(confidenceFor(question, 'It was built by a famous architect of unknown name. [1]')).toBe(0)
  })

  it('is 0 when nothing was found, whatever the answer says [X29, X30]', () => {
    const features = evidenceFeatures({
      question: 'Who built the plant?',
      passages: [],
      retrieval: signalsOf({ lexical: [], dense: [], lexicalBound: 10 }),
    })
    expect(confidenceOf(features, citeClaims({ answer: 'Marta Nowak built it. [1]', passages: [] }))).toBe(0)
    expect(isAboveFloor(features)).toBe(false)
  })

  it('turns away what has nothing to do with the passages before a model is asked [X30]', () => {
    expect(isAboveFloor(featuresFor('Which treaty ended the war of the roses?', [plant, other], 0.05))).toBe(false)
    expect(isAboveFloor(featuresFor('Who built the plant in Gdansk?', [plant, other], 0.7))).toBe(true)
  })
})

describe('the features', () => {
  it.each([
    ['When was the plant built?', 0.8],
    ['How many people does the plant employ?', 1],
    ['Who built the plant?', 1],
    ['Where is the plant?', 1],
  ])('know what is asked for: %s', (question, fit) => {
    expect(featuresFor(question).fit).toBe(fit)
    expect(featuresFor(question, [passageOf('the plant built a pump and failed people', 'none')]).fit).toBe(0)
  })

  it('leave open what is asked for where rules cannot tell', () => {
    expect(featuresFor('Why did the pump fail?').fit).toBe(0.5)
    expect(featuresFor('What does the plant make?').fit).toBe(0.5)
  })

  it('see what the question denies and the evidence does not', () => {
    expect(featuresFor('Who has not built the plant?').denial).toBe(1)
    expect(featuresFor('Who has not built the plant?', [passageOf('Ada has not built the plant.')]).denial).toBe(0)
    expect(featuresFor('Who has built the plant?').denial).toBe(0)
  })

  it('read names, numbers and opposites', () => {
    expect(featuresFor('Did Marta Nowak build it in 1998?')).toMatchObject({ names: 1, numbers: 1, opposite: 0 })
    expect(featuresFor('Did Jan Kos build the plant in 1998 or 2004?')).toMatchObject({ numbers: 0.5 })
    expect(featuresFor('Did Jan Kos build the plant in 1998?').names).toBe(0)
    const rising = [passageOf('The output of the plant increases in winter.')]
    expect(featuresFor('Does the output of the plant decrease?', rising).opposite).toBe(1)
    expect(featuresFor('Why is a failure likely?', [passageOf('A failure is unlikely.')]).opposite).toBe(1)
    expect(featuresFor('Why is a failure unlikely?', [passageOf('A failure is likely.')]).opposite).toBe(1)
    expect(featuresFor('Why is a failure unlikely?', [passageOf('A failure is unlikely, not likely.')]).opposite).toBe(0)
  })

  it('see how much the word tells that the best sentence lacks', () => {
    expect(featuresFor('Who built the plant in Gdansk?').missing).toBe(0)
    const common = featuresFor('Who built the plant in Gdansk in March?').missing
    const unknown = featuresFor('Who built the plant in Gdansk in Atlantis?').missing
    expect(common).toBeGreaterThan(0)
    expect(unknown).toBeGreaterThan(common)
    expect(unknown).toBe(1)
  })

  it('see how far what is asked for stands from the words of the question', () => {
    const near = [passageOf('The plant was built in 1998.')]
    const far = [passageOf('The plant was built with money that a bank and several partners had lent to the firm in 1998.')]
    expect(featuresFor('When was the plant built?', near).fit).toBe(1)
    expect(featuresFor('When was the plant built?', far).fit).toBeLessThan(0.5)
    expect(featuresFor('When was the plant built?', far).fit).toBeGreaterThan(0)
  })

  it('take the usual agreement where vectors say nothing', () => {
    const agreed = (agreement?: number): number =>
      evidenceFeatures({ question: 'Who?', passages: [plant], retrieval: agreement === undefined ? {} : { agreement } }).agreement
    expect([agreed(0.8), agreed(0), agreed()]).toEqual([0.8, 0, 0.4])
  })

  it('are between 0 and 1 for any text, and so is the confidence [R33]', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constantFrom(built, plant.content, 'Who built it?', '泵坏了吗？', ''),
    )
    fc.assert(
      fc.property(
        text,
        fc.array(text, { maxLength: 3 }),
        text,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (question, contents, answer, lexical) => {
          const passages = contents.map((content, at) => passageOf(content, `d${at}`))
          const features = evidenceFeatures({ question, passages, retrieval: { lexical } })
          const confidence = confidenceOf(features, citeClaims({ answer, passages }))
          for (const value of [...Object.values(features), confidence]) {
            expect(value).toBeGreaterThanOrEqual(0)
            expect(value).toBeLessThanOrEqual(1)
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('for any features', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true })
  const features: fc.Arbitrary<EvidenceFeatures> = fc.record({
    lexical: share,
    passage: share,
    window: share,
    missing: share,
    pairs: share,
    names: share,
    numbers: share,
    denial: share,
    opposite: share,
    agreement: share,
    fit: share,
  })
  const cited = citeClaims({ answer: `${built} [1]`, passages: [plant] })
  const rising = ['lexical', 'passage', 'window', 'pairs', 'agreement', 'names', 'numbers', 'fit'] as const
  const falling = ['denial', 'opposite', 'missing'] as const

  it('confidence rises with what speaks for an answer and falls with what speaks against it [R33]', () => {
    fc.assert(
      fc.property(features, fc.constantFrom(...rising, ...falling), share, (given, name, value) => {
        const more = { ...given, [name]: Math.max(given[name], value) }
        const difference = confidenceOf(more, cited) - confidenceOf(given, cited)
        if ((falling as readonly string[]).includes(name)) expect(difference).toBeLessThanOrEqual(1e-12)
        else expect(difference).toBeGreaterThanOrEqual(-1e-12)
      }),
    )
  })

  it('a refusal is less confident than any answer, in the order of what was found [R38]', () => {
    fc.assert(
      fc.property(features, features, (one, two) => {
        expect(confidenceOfRefusal(one)).toBeLessThan(leastConfidence)
        if (answerability(one) > answerability(two))
          expect(confidenceOfRefusal(one)).toBeGreaterThanOrEqual(confidenceOfRefusal(two))
        if (answerability(one) < 0.4) expect(confidenceOfRefusal(one)).toBe(answerability(one))
      }),
    )
  })

  it('confidence is never above the probability of being related', () => {
    fc.assert(
      fc.property(features, (given) => {
        expect(confidenceOf(given, cited)).toBeLessThanOrEqual(relatedness(given))
      }),
    )
  })
})

describe('what the index says', () => {
  const candidate = (document: string, score: number) => ({ document, version: '1', ordinal: 0, start: 0, end: 1, score })

  it('is the best share of what could be had, and how far words and vectors agree', () => {
    const lexical = [candidate('a', 6), candidate('b', 3)]
    const dense = [candidate('b', 0.9), candidate('c', 0.8)]
    expect(signalsOf({ lexical, dense, lexicalBound: 12 })).toEqual({ lexical: 0.5, agreement: 0.5 })
    expect(signalsOf({ lexical, dense: [], lexicalBound: 0 })).toEqual({})
    expect(signalsOf({ lexical: [], dense, lexicalBound: 12 })).toEqual({ lexical: 0 })
  })
})
