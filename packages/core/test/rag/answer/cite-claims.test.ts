import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CitedAnswer, citeClaims } from '../../../src/rag/answer/cite-claims.ts'
import { statementsOf } from '../../../src/rag/answer/claims.ts'
import type { Passage } from '../../../src/rag/passage.ts'
import { passageOf } from './support.ts'

const pumps = passageOf(
  'Pump P-101 is serviced every 6 months. It failed on 3 March 2026 because its bearing overheated. A spare costs 1,200 dollars.',
  'pumps',
  500,
)
const valves = passageOf(
  'Valve V-7 was not replaced in January. Output rises after each service. Dr. Lopez inspects all valves.',
  'valves',
)
const passages = [pumps, valves]

/** What each citation says: the claim and the source's own words. */
function pairs(answer: string, given: readonly Passage[] = passages): readonly (readonly [string, string, string])[] {
  return citeClaims({ answer, passages: given }).citations.map(({ claim_start, claim_end, document_id, start, end }) => {
    const passage = given.find((other) => other.document_id === document_id && other.start <= start && other.end >= end)
    return [
      answer.slice(claim_start, claim_end),
      document_id,
      passage?.content.slice(start - passage.start, end - passage.start) ?? '',
    ]
  })
}

describe('citations', () => {
  it('tie each claim to the characters of the source that say so [R39, R43, X28]', () => {
    const answer = 'According to the documents:\nThe pump failed on 3 March 2026. [1] All valves are inspected by Dr. Lopez [2].'
    expect(pairs(answer)).toEqual([
      ['The pump failed on 3 March 2026.', 'pumps', 'It failed on 3 March 2026 because its bearing overheated.'],
      ['All valves are inspected by Dr. Lopez', 'valves', 'Dr. Lopez inspects all valves.'],
    ])
  })

  it('have offsets in the document, not in the passage [R43]', () => {
    const [citation] = citeClaims({ answer: 'A spare costs 1,200 dollars. [1]', passages }).citations
    expect(citation).toEqual({
      claim_start: 0,
      claim_end: 28,
      document_id: 'pumps',
      source: 'pumps.txt',
      start: 500 + pumps.content.indexOf('A spare'),
      end: 500 + pumps.content.length,
    })
  })

  it.each([
    ['without a marker', 'A spare costs 1,200 dollars.'],
    ['with another document’s marker', 'A spare costs 1,200 dollars. [2]'],
    ['with a marker of nothing', 'A spare costs 1,200 dollars. [99]'],
    ['with the number written otherwise', 'The spare costs 1200 dollars.'],
    ['with several markers', 'A spare costs 1,200 dollars [1, 2].'],
  ])('are found %s', (_, answer) => {
    expect(pairs(answer).map(([, document, span]) => [document, span])).toEqual([['pumps', 'A spare costs 1,200 dollars.']])
  })

  it.each([
    ['another number', 'A spare costs 1,300 dollars. [1]'],
    ['another name', 'Dr. Meyer inspects all valves. [2]'],
    ['the contrary', 'Valve V-7 was replaced in January. [2]'],
    ['the other direction', 'Output falls after each service. [2]'],
    ['something else', 'The moon is made of green cheese. [1]'],
    ['another language', 'Die Pumpe fiel aus, weil ihr Lager zu heiß wurde. [1]'],
  ])('are dropped for %s, whatever the answer marks [X28]', (_, answer) => {
    const { citations, dropped, claims } = citeClaims({ answer, passages })
    expect(citations).toEqual([])
    expect(dropped).toBe(1)
    expect(claims).toHaveLength(1)
  })

  it('are dropped for the contrary even where all other words agree', () => {
    const source = passageOf('The output of the plant rises by a fifth after each yearly service of its twelve pumps.')
    const said = (verb: string): string =>
      `After each yearly service of its twelve pumps the output of the plant ${verb} by a fifth. [1]`
    expect(citeClaims({ answer: said('rises'), passages: [source] }).citations).toHaveLength(1)
    expect(citeClaims({ answer: said('falls'), passages: [source] }).citations).toEqual([])
  })

  it('read a marker before the first sentence as its own', () => {
    expect(citeClaims({ answer: '[2] A spare costs 1,200 dollars.', passages })).toMatchObject({
      dropped: 1,
      claims: [{ text: 'A spare costs 1,200 dollars.', marked: [2] }],
    })
  })

  it('are two when each source holds one half', () => {
    const answer = 'The bearing overheated on 3 March 2026, and Dr. Lopez inspects all valves.'
    expect(
      pairs(answer)
        .map(([, document]) => document)
        .sort(),
    ).toEqual(['pumps', 'valves'])
  })

  it('are not made for refusals, questions and remarks', () => {
    const answer = 'Here is the answer: [1] The documents do not contain the price of a valve. Do you need more?'
    expect(citeClaims({ answer, passages })).toMatchObject({ citations: [], claims: [], support: 0 })
    expect(citeClaims({ answer: 'According to the provided documents:\n\nHere is the summary.', passages }).claims).toEqual([])
  })

  it('drop what is marked and does not support, and count it', () => {
    const good = citeClaims({ answer: 'A spare costs 1,200 dollars. [1]', passages })
    const bad = citeClaims({ answer: 'A spare costs 1,200 dollars. [1][2]', passages })
    expect([good.dropped, bad.dropped]).toEqual([0, 1])
    expect(bad.citations).toEqual(good.citations)
  })

  it.each([
    '泵在三月坏了。阀门完好。',
    'المضخة تعطلت في مارس. الصمام سليم.',
    'Насос вышел из строя в марте. Клапан цел.',
    'पंप मार्च में खराब हुआ। वाल्व ठीक है।',
    '👩‍🔧 mended it at noon. 🇵🇱 made the pump.',
  ])('quote in any script: %s', (content) => {
    const [first = ''] = statementsOf(content).map(({ text }) => text)
    expect(pairs(`${first} [1]`, [passageOf(content, 'd', 7)])).toEqual([[first, 'd', first]])
  })
})

const word = fc.constantFrom(
  'pump',
  'valve',
  'failed',
  'not',
  'Lopez',
  '3.5',
  '1,200',
  'é',
  '泵',
  '👩‍🔧',
  'Mr.',
  '[1]',
  '[2, 9]',
  '\n',
  'March',
  'e.g.',
  '؟',
)
const prose = fc
  .array(
    fc.oneof(
      fc.array(word, { minLength: 1, maxLength: 9 }).map((words) => `${words.join(' ')}.`),
      fc.string({ unit: 'binary', maxLength: 20 }),
    ),
    { maxLength: 8 },
  )
  .map((all) => all.join(' '))

describe('for any text', () => {
  const cases = fc.tuple(prose, fc.array(prose, { maxLength: 4 }), fc.nat(1000))

  it('every citation lies within its passage and its claim within the answer [R43, X28]', () => {
    fc.assert(
      fc.property(cases, ([answer, contents, offset]) => {
        const given = contents.map((content, at) => passageOf(content, `d${at}`, offset * at))
        const { citations, claims, support } = citeClaims({ answer, passages: given })
        for (const { claim_start, claim_end, document_id, source, start, end } of citations) {
          const passage = given.find((other) => other.document_id === document_id)
          expect(source).toBe(passage?.source)
          expect(start).toBeGreaterThanOrEqual(passage?.start ?? Infinity)
          expect(end).toBeLessThanOrEqual(passage?.end ?? -1)
          expect(start).toBeLessThan(end)
          expect(claims.some((claim) => claim.start === claim_start && claim.end === claim_end)).toBe(true)
        }
        expect(support).toBeGreaterThanOrEqual(0)
        expect(support).toBeLessThanOrEqual(1)
      }),
      { numRuns: 200 },
    )
  })

  it('what is quoted word for word is cited by a span that contains it', () => {
    const sentence = fc
      .array(fc.constantFrom('pump', 'valve', 'failed', 'Lopez', '1,200', 'March', 'bearing'), { minLength: 3, maxLength: 9 })
      .map((words) => `The ${words.join(' ')}.`)
    fc.assert(
      fc.property(fc.array(sentence, { minLength: 1, maxLength: 10 }), fc.nat(), fc.nat(500), (sentences, pick, offset) => {
        const quoted = sentences[pick % sentences.length] ?? ''
        const passage = passageOf(sentences.join(' '), 'd', offset)
        const { citations } = citeClaims({ answer: `${quoted} [1]`, passages: [passage] })
        expect(citations).toHaveLength(1)
        const { start = 0, end = 0 } = citations[0] ?? {}
        expect(passage.content.slice(start - offset, end - offset)).toContain(quoted)
      }),
    )
  })

  it('the statements hold every letter and digit of the answer outside its markers', () => {
    const bare = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, '')
    fc.assert(
      fc.property(
        prose.filter((text) => !/[[【]/.test(text)),
        (answer) => {
          expect(
            bare(
              statementsOf(answer)
                .map(({ text }) => text)
                .join(' '),
            ),
          ).toBe(bare(answer))
          for (const { text, start, end } of statementsOf(answer)) expect(answer.slice(start, end)).toBe(text)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('an answer of 50,000 words takes no more than a moment', () => {
    const answer = 'The pump failed because its bearing overheated in March. '.repeat(5000)
    const cited: CitedAnswer = citeClaims({
      answer,
      passages: Array.from({ length: 20 }, (_, at) => passageOf(pumps.content.repeat(20), `d${at}`)),
    })
    expect(cited.claims.length).toBeLessThanOrEqual(100)
    expect(cited.citations.length).toBeGreaterThan(0)
  })
})
