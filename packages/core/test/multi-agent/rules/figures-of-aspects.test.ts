import { describe, expect, it } from 'vitest'
import { writeReport } from '../../../src/multi-agent/steps/rules/report.ts'
import { type Documents, reportOn, untracedFigures } from './support.ts'

const sheet = (name: string, rows: readonly (readonly [string, string])[], more = ''): string =>
  `# ${name} dryer\n\nThe ${name} is a heat dryer.\n\n| what | how much |\n| --- | --- |\n${rows.map(([what, much]) => `| ${what} | ${much} |`).join('\n')}\n\n${more}`
const dryers: Documents = {
  'lynx.md': sheet(
    'Lynx 10',
    [
      ['Drying output', '3.5 kW'],
      ['Noise level', '61 dB'],
      ['Weight', '41 kg'],
    ],
    'The price of the Lynx 10 is 640 EUR. It is delivered within 9 days.\n',
  ),
  'puma.md': sheet('Puma 20', [
    ['Drying output', '4.2 kW'],
    ['Noise level', '58 dB'],
    ['Weight', '52 kg'],
  ]),
  'others.md':
    '# Others\n\n|  | Yak 30 | Zebu 40 |\n| --- | --- | --- |\n| Weight | 70 kg | 75 kg |\n| Noise level | 66 dB | 64 dB |\n',
}
const sales =
  'month,branch,article,pieces\n2025-01,Leeds,Lynx 10,7\n2025-01,York,Puma 20,3\n2025-02,Leeds,Lynx 10,9\n2025-02,York,Puma 20,4\n'
const coded = 'month,article,rentals,euros\n2025-01,Kite K300,5,900\n2025-01,Kite K400,8,800\n2025-02,Kite K300,6,950\n'
const section = (text: string, heading: string): string =>
  (text.split(`## ${heading}\n`)[1] ?? '').split('\n## ')[0]?.trim() ?? ''

describe('a figure of a report by rules', () => {
  it('stands under what its row names, of tables with a property a row [R54]', () => {
    const report = reportOn(dryers, 'Compare weight, noise level and drying output of Lynx 10 vs. Puma 20')
    expect(section(report.text, 'Comparison').split('\n').slice(0, 4)).toEqual([
      '|  | weight | noise level | drying output |',
      '| --- | --- | --- | --- |',
      '| Lynx 10 | 41 kg [1] | 61 dB [1] | 3.5 kW [1] |',
      '| Puma 20 | 52 kg [2] | 58 dB [2] | 4.2 kW [2] |',
    ])
    expect(untracedFigures(dryers, report)).toEqual([])
  })

  it('is the one in the column of the thing that is asked about', () => {
    const { text } = reportOn(dryers, 'Compare the noise level and the weight of the Yak 30 with those of the Zebu 40.')
    expect(section(text, 'Comparison')).toContain('| Yak 30 | 66 dB [1] | 70 kg [1] |\n| Zebu 40 | 64 dB [1] | 75 kg [1] |')
  })

  it('is its value, not a sentence with a word of what is asked', () => {
    const question = 'What is the drying output of the Lynx 10?'
    expect(section(reportOn(dryers, question).text, question)).toBe('Drying output 3.5 kW [1]')
    const bare = { 'a.md': sheet('Lynx 10', [['Weight', '41 kg']], 'The Lynx 10 costs 640 EUR.\n') }
    expect(reportOn(bare, 'What is the heat output of the Lynx 10?').text).toContain('The documents hold nothing about this.')
  })

  it.each([
    ['a.md', sheet('Lynx 10', [['Heat source', '3 coils']])],
    ['a.csv', 'heat class,article\n3,Lynx 10\n4,Puma 20\n'],
    ['a.txt', 'The heat of the Lynx 10 reaches 3 rooms.\n'],
  ])('is none where only a word beside what is asked fits: %s', (name, text) => {
    const { text: report } = reportOn({ [name]: text }, 'What is the heat output of the Lynx 10?')
    expect(report).toContain('The documents hold nothing about this.')
  })

  it('is quoted under a heading that names it, and compared only where its own words do', () => {
    const under = (name: string, much: string): string =>
      `# ${name} dryer\n\n## Warranty\n\nFaults are mended for ${much}.\n\n## Rent\n\nThe rent is ${much}.\n`
    const { text } = reportOn(
      { 'l.md': under('Lynx', '3 years'), 'p.md': under('Puma', '4 years') },
      'Compare the warranty and the rent of the Lynx and the Puma.',
    )
    expect(text).toContain('- warranty: Faults are mended for 3 years. [1] (under “Warranty”)')
    expect(section(text, 'Comparison')).toMatch(/^\| {2}\| rent \|\n/)
  })

  it.each(['response time', 'warranty', 'budget'])('is none where only its unit fits: %s', (aspect) => {
    const more = { ...dryers, 'more.txt': 'The Lynx 10 is back from the workshop within 9 days.\n' }
    expect(reportOn(more, `What is the ${aspect} of the Lynx 10?`).text).toContain('The documents hold nothing about this.')
  })

  it('is of what its sentence begins with, in a list of the same make', () => {
    const { text } = reportOn(
      {
        'l.md':
          '# Levels\n\n- Basic costs 10 EUR.\n- Plus costs 20 EUR.\n- Extra costs 30 EUR.\n\nOld prices: Basic cost 8 EUR.\n',
      },
      'What is the price of Plus?',
    )
    expect(section(text, 'What is the price of Plus?')).toBe('Plus costs 20 EUR. [1]')
  })

  it('is not ranked, nor computed with, where its notation leaves open what it is', () => {
    const levels = { 'l.md': 'Basic costs 1,200 EUR. Plus costs 2.400 EUR.\n' }
    const { text } = reportOn(levels, 'What is the difference in price between Basic and Plus?')
    expect(section(text, 'Comparison')).toContain('| Plus | 2.400 EUR [1] |')
    expect(text).toContain('- price: not ranked, since a dot before three digits may')
    expect(text).not.toContain('lowest for')
    expect(text).toContain('Nothing was computed')
    const decimal = reportOn({ 'l.md': 'Basic costs 4,50 EUR. Plus costs 12,25 EUR.\n' }, 'What do Basic and Plus cost together?')
    expect(section(decimal.text, 'Computed')).toContain(
      '- Computed, in no source: sum of cost: 4,50 EUR [1] + 12,25 EUR [1] = 16,75 EUR.',
    )
  })
})

describe('what is computed over rows', () => {
  it.each([
    ['How many pieces did branch Leeds sell in total?', 'sum of pieces, branch Leeds: 7 [1] + 9 [1] = 16.'],
    ['Add up the rentals of Kite K300', 'sum of rentals, Kite K300: 5 [1] + 6 [1] = 11.'],
    ['Sum up the pieces of Puma 20 in sales.csv', 'sum of pieces, Puma 20 in sales.csv: 3 [1] + 4 [1] = 7.'],
    ['What is the sum of pieces of branch York in 2025?', 'sum of pieces, branch York in 2025: 3 [1] + 4 [1] = 7.'],
    ['What is the average number of pieces per month of York?', 'mean of number of pieces, York: (3 [1] + 4 [1]) / 2 = 3.5.'],
  ])('%s', (request, computed) => {
    expect(section(reportOn({ 'sales.csv': sales, 'coded.csv': coded }, request).text, 'Computed')).toBe(
      `- Computed, in no source: ${computed}`,
    )
  })

  it('is said to be missing where rules find nothing to compute with, beside what is quoted', () => {
    const { text } = reportOn({ 'a.md': 'The price of Basic is a secret.\n' }, 'What is the total price of Basic?')
    expect(text).toContain('Nothing was computed: rules found no figures here that they can compute with for sure.')
    expect(text).not.toContain('hold nothing')
  })
})

describe('a list by rules', () => {
  const contracts = Object.fromEntries(
    ['Orlov', 'Petit', 'Quinn'].map((name, index) => [
      `contract-${name.toLowerCase()}.md`,
      `# Contract with ${name}\n\n## 1. Scope\n\n${name} cleans the halls.\n\n## 2. Payment\n\nWhat is owed falls to be settled within ${index + 2} weeks.\n`,
    ]),
  )

  it('holds what each document says, also under a heading that names it, and that there may be more', () => {
    const { text } = reportOn(contracts, 'List all contracts with their payment terms.')
    expect(section(text, 'All contracts with their payment terms').split('\n')).toEqual([
      ...[1, 2, 3].map((place) => `What is owed falls to be settled within ${place + 1} weeks. [${place}] (under “2. Payment”)`),
      'There may be more: this is what a search found.',
    ])
  })
})

describe('a step that was not done', () => {
  it('is said to be left out, and why, and not that the documents do not say', () => {
    const { text } = writeReport({
      title: 'Weights',
      findings: [{ question: 'the weight of A', result: undefined, leftOut: 'rejected (too dear)' }],
      analyses: [],
    })
    expect(section(text, 'Left out')).toBe('These steps were not done:\n\n- The weight of A: rejected (too dear)')
    expect(text).not.toMatch(/Not found|hold nothing/)
  })
})
