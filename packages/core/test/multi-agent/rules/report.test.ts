import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { partsOf } from '../../../src/multi-agent/steps/rules/cited-text.ts'
import { datesIn, figuresIn } from '../../../src/multi-agent/steps/rules/figures.ts'
import { writeReport } from '../../../src/multi-agent/steps/rules/report.ts'
import { statementsIn } from '../../../src/multi-agent/steps/rules/statements.ts'
import { topicOf } from '../../../src/multi-agent/steps/rules/topic.ts'
import { type Documents, reportOn, untracedFigures } from './support.ts'

const pumps = `# Pumps

## Aster 200

The Aster 200 is a small pump for clean water. It costs 1,250 euros and weighs 18 kg. Its warranty runs for 24 months.

## Boreas 350

The Boreas 350 is for dirty water. It costs 1,890 euros and weighs 31 kg. Its warranty runs for 36 months. It is serviced every 250 hours.
`
const celsus = '# Celsus 500\n\nThe list price is €2,740. The pump weighs 47.5 kg. The maker grants a warranty of 60 months.\n'
const sales = 'region,year,revenue\nNorth,2024,1250000\nSouth,2024,980000\nNorth,2023,1100000\nSouth,2023,"1010000"\n'
const incidents = `INC-0412: The shop was down for 47 minutes. The cause was an expired certificate.
INC-0533: The search was slow for 125 minutes. The cause was a full disk.
`
const teams = 'Research and Development has 42 employees. Sales has 17 employees. "Cut and Run" is a team with 9 employees.\n'
const projects =
  'Alice owns the migration of the billing database. The budget is 85,000 dollars.\nBob owns the new mobile app. The budget is 120,000 dollars.\n'
const all: Documents = {
  'pumps.md': pumps,
  'celsus.md': celsus,
  'sales.csv': sales,
  'incidents.txt': incidents,
  'teams.md': teams,
  'projects.txt': projects,
}

const sectionsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section.slice(section.indexOf('\n')).trim()]),
  )

describe('a report by rules [R54]', () => {
  it('quotes the sentence of the right thing, though it names none', () => {
    const { text, sources } = reportOn(
      all,
      'Compare the price and the warranty of the Aster 200, the Boreas 350 and the Celsus 500.',
    )
    const sections = sectionsOf(text)
    expect(sections.get('The price and the warranty of the Aster 200')).toBe(
      '- price: It costs 1,250 euros and weighs 18 kg. [1]\n- warranty: Its warranty runs for 24 months. [1]',
    )
    expect(sections.get('The price and the warranty of the Boreas 350')).toContain('Its warranty runs for 36 months.')
    expect(sections.get('The price and the warranty of the Celsus 500')).toContain('The maker grants a warranty of 60 months.')
    expect(sections.get('Comparison')).toBe(
      [
        '|  | price | warranty |',
        '| --- | --- | --- |',
        '| Aster 200 | 1,250 euros [1] | 24 months [1] |',
        '| Boreas 350 | 1,890 euros [1] | 36 months [1] |',
        '| Celsus 500 | €2,740 [2] | 60 months [2] |',
        '',
        '- price: lowest for Aster 200 with 1,250 euros [1], highest for Celsus 500 with €2,740 [2].',
        '- warranty: lowest for Aster 200 with 24 months [1], highest for Celsus 500 with 60 months [2].',
      ].join('\n'),
    )
    expect(sections.get('Sources')).toBe('- [1] pumps.md\n- [2] celsus.md')
    expect(sources).toEqual(['pumps.md', 'celsus.md'])
    expect(text).toContain('_Put together by rules from quotations. No language model was used._')
    expect(text).not.toContain('Computed')
  })

  it.each<[string, string, readonly string[]]>([
    ['What is the duration of INC-0533?', 'What is the duration of INC-0533?', ['125 minutes']],
    ['Why was the shop down?', 'Why was the shop down?', ['expired certificate']],
    [
      'Compare Research and Development with Sales by number of employees.',
      'The number of employees of Sales',
      ['Sales has 17 employees.'],
    ],
    [
      'Compare the budget of the migration of the billing database and the new mobile app.',
      'The budget of the new mobile app',
      ['120,000 dollars'],
    ],
    [
      'What was the revenue of South in 2023?',
      'What was the revenue of South in 2023?',
      ['revenue 1010000 (region South, year 2023)'],
    ],
    ['How heavy is the Celsus 500?', 'How heavy is the Celsus 500?', ['47.5 kg']],
  ])('answers %s', (request, heading, quotes) => {
    const { text } = reportOn(all, request)
    const section = sectionsOf(text).get(heading) ?? ''
    for (const quote of quotes) expect(section).toContain(quote)
    expect(section.split('\n')).toHaveLength(1)
  })

  it('says what the documents do not say', () => {
    const { text } = reportOn(
      all,
      'What does the Dione 700 cost? What does the Aster 200 cost? Compare the speed of Aster 200 and Boreas 350.',
    )
    expect(sectionsOf(text).get('Not found')).toBe(
      'The documents do not say:\n\n- What does the Dione 700 cost?\n- The speed of Aster 200\n- The speed of Boreas 350',
    )
    const none = reportOn(all, 'Who painted the Mona Lisa?')
    expect(none).toMatchObject({ sources: [], citations: [] })
    expect(none.text).toContain('The documents hold nothing about this.')
    const partly = reportOn(all, 'Compare the Aster 200 and the Boreas 350 by service interval and weight.')
    expect(sectionsOf(partly.text).get('The service interval and weight of the Aster 200')).toMatch(
      /^- service interval: The documents do not say\.\n- weight: It costs/,
    )
    expect(partly.text).toContain('| Aster 200 | 18 kg [1] | not stated |')
  })

  it('computes where it is asked to, with the formula, and marks what no source holds', () => {
    const { text } = reportOn(all, 'By how much do the Aster 200 and the Celsus 500 differ in price and weight?')
    const asked = reportOn(all, 'What is the difference in price between the Aster 200 and the Celsus 500?')
    expect(sectionsOf(asked.text).get('Computed')).toBe(
      '- Computed, in no source: price, Celsus 500 less Aster 200: €2,740 [2] − 1,250 euros [1] = 1,490 euros.',
    )
    expect(text).toContain('# By how much')
    const total = reportOn(
      all,
      'What is the total revenue of all regions in 2024, and what is the average revenue of all regions in 2023?',
    )
    expect(sectionsOf(total.text).get('Computed')?.split('\n')).toEqual([
      '- Computed, in no source: sum of revenue, all regions in 2024: 1250000 [1] + 980000 [1] = 2230000.',
      '- Computed, in no source: mean of revenue, all regions in 2023: (1100000 [1] + 1010000 [1]) / 2 = 1055000.',
    ])
  })

  it('shows where sources disagree, and computes nothing of it', () => {
    const two = { ...all, 'update.md': '# Price list\n\nFrom 1 January 2026 the Aster 200 costs 1,310 euros.\n' }
    const { text } = reportOn(two, 'What is the difference in price between the Aster 200 and the Boreas 350?')
    expect(text).toContain('| Aster 200 | 1,250 euros [1]; 1,310 euros [2] |')
    expect(text).toContain('- price: the sources give several figures for Aster 200.')
    expect(text).not.toContain('Computed')
  })

  it('compares nothing whose units differ', () => {
    const { text } = reportOn(
      { 'a.txt': 'The warranty of Alpha is 24 months.\nThe warranty of Beta is 3 years.\n' },
      'Compare the warranty of Alpha and Beta.',
    )
    expect(text).toContain('| Alpha | 24 months [1] |')
    expect(text).toContain('the figures have different units and are not compared')
  })

  it('takes in what an agent with a language model gave', () => {
    const text = 'It is serviced every 400 hours [2]. So it is. [1]'
    const citations = [{ claim_start: 0, claim_end: 34, document_id: 'd', source: 'pumps.md', start: 9, end: 40 }]
    const analysis = { text: 'A is better. [7]', sources: ['pumps.md'], citations: [] }
    const report = writeReport({
      title: 'Compare them.',
      findings: [{ question: 'How often?', result: { text, sources: ['pumps.md'], citations } }],
      analyses: [analysis],
    })
    expect(sectionsOf(report.text).get('How often?')).toBe('It is serviced every 400 hours [1]. So it is.')
    expect(sectionsOf(report.text).get('Analysis')).toBe('A is better.')
  })
})

describe('citations of a report [R58]', () => {
  const word = fc.constantFrom('pump', 'valve', 'filter', 'motor', 'gauge')
  const amount = fc.integer({ min: 1, max: 99_999 }).map((value) => value.toLocaleString('en'))
  const thing = fc.record({
    name: fc.integer({ min: 100, max: 999 }),
    kind: word,
    price: amount,
    weight: fc.integer({ min: 1, max: 900 }),
    named: fc.boolean(),
    heading: fc.boolean(),
  })
  const documents = fc.uniqueArray(thing, { selector: ({ name }) => name, minLength: 1, maxLength: 5 }).map((things) => ({
    things,
    documents: Object.fromEntries(
      things.map(({ name, kind, price, weight, named, heading }) => [
        `item-${name}.md`,
        `${heading ? `# Type K-${name}\n\n` : ''}The K-${name} is a ${kind}. ${named ? `The K-${name}` : 'It'} costs ${price} euros. Its weight is ${weight} kg, they say.\n`,
      ]),
    ),
  }))

  it('index the report and the sources exactly, and every figure is found in its source [R54, R58]', () => {
    fc.assert(
      fc.property(documents, fc.constantFrom('price and weight', 'weight', 'price'), ({ things, documents: drawn }, aspects) => {
        const names = things.map(({ name }) => `K-${name}`)
        const request = names.length > 1 ? `Compare ${names.join(', ')} by ${aspects}.` : `What is the ${aspects} of ${names[0]}?`
        const report = reportOn(drawn, request)
        expect(untracedFigures(drawn, report)).toEqual([])
        for (const { name, price, weight } of things) {
          const own = (report.citations ?? []).filter(({ source }) => source === `item-${name}.md`)
          const claims = own.map(({ claim_start: start, claim_end: end }) => report.text.slice(start, end)).join('\n')
          if (aspects.includes('price')) expect(claims).toContain(`${price} euros`)
          if (aspects.includes('weight')) expect(claims).toContain(`${weight} kg`)
        }
        for (const { claim_start: start, claim_end: end, source, ...place } of report.citations ?? []) {
          const claim = report.text.slice(start, end)
          expect(claim).not.toBe('')
          expect(claim).toBe(claim.trim())
          expect(report.text.slice(end)).toMatch(/^ \[\d+\]/)
          expect(drawn[source]?.slice(place.start, place.end)).toContain(claim)
        }
      }),
    )
  })

  it('stay what they are when a text is taken apart and put together', () => {
    const report = reportOn(all, 'Compare the Aster 200, the Boreas 350 and the Celsus 500.')
    const parts = partsOf(report)
    const [body = ''] = report.text.split('## Sources')
    const joined = parts.map((part) => (typeof part === 'string' ? part : part.claim)).join('')
    expect(joined.split('## Sources')[0]).toBe(body.replaceAll(/(?: \[\d\])+/g, ''))
    expect(parts.flatMap((part) => (typeof part === 'string' ? [] : part.places))).toHaveLength(report.citations?.length ?? 0)
  })
})

describe('figures', () => {
  it('are read with what they count', () => {
    const figures = figuresIn(
      'Revenue grew 12.5 % to 3.2 million euros in 2024. It costs $1,250, or EUR 40, or €3m, weighs 18kg and is 5 m long for 2 people. [1]',
    )
    expect(figures.map(({ text, value, unit }) => [text, value, unit])).toEqual([
      ['12.5 %', 12.5, '%'],
      ['3.2 million euros', 3_200_000, 'euro'],
      ['2024', 2_024, ''],
      ['$1,250', 1_250, 'dollar'],
      ['EUR 40', 40, 'euro'],
      ['€3m', 3_000_000, 'euro'],
      ['18kg', 18, 'kg'],
      ['5 m', 5, 'm'],
      ['2 people', 2, 'person'],
    ])
    expect(figuresIn('On 12 April 2025, at 10:30, from 2024-01-31.')).toEqual([])
    expect(datesIn('On 12 April 2025, and 2024-01-31.')).toEqual(['12 April 2025', '2024-01-31'])
  })

  it('stand in the text as they are shown', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789,.$€% kgmx\n[]'.split('')) }), (text) => {
        for (const figure of figuresIn(text)) {
          expect(text.slice(figure.start)).toMatch(new RegExp(`^\\s*${figure.text.replaceAll(/[.$]/g, '\\$&')}`))
          expect(Number.isFinite(figure.value)).toBe(true)
        }
      }),
    )
  })
})

describe('what a prompt asks', () => {
  it.each<[string, string, readonly string[], readonly string[]]>([
    ['the price and the warranty of the Aster 200', 'Aster 200', ['price', 'warranty'], ['aster', '200']],
    ['What does the Aster 200 cost?', 'Aster 200', ['cost'], ['aster', '200']],
    ['How heavy is the Celsus 500?', 'Celsus 500', ['weight'], ['celsu', '500']],
    [
      'the number of employees of Research and Development',
      'Research and Development',
      ['number of employees'],
      ['research', 'develop'],
    ],
    ['Why was the shop down?', 'shop down', ['cause'], []],
    ['Aster 200', 'Aster 200', [], ['aster', '200']],
    ['What is the total revenue of all regions in 2024?', 'all regions in 2024', ['revenue'], ['2024']],
    ['the warranty of pump A', 'pump A', ['warranty'], ['=A']],
  ])('%s', (prompt, subject, aspects, names) => {
    const topic = topicOf(prompt)
    expect([topic.subject, topic.aspects.map(({ text }) => text), [...topic.names]]).toEqual([subject, aspects, names])
  })
})

describe('statements of a text', () => {
  it('are its sentences and rows, at their places, with what they stand under', () => {
    const text = `${pumps}\n| name | price |\n| --- | --- |\n| X | 5 |\n`
    const statements = statementsIn({ text, start: 1_000 })
    for (const { text: words, start, end } of statements) expect(text.slice(start - 1_000, end - 1_000)).toBe(words)
    expect(statements.map(({ heading }) => heading)).toContain('Boreas 350')
    expect(statements.at(-1)?.cells).toEqual([
      { column: 'name', value: 'X' },
      { column: 'price', value: '5' },
    ])
    expect(statementsIn({ text: sales, start: 0 }).map(({ cells }) => cells?.[2]?.value)).toEqual([
      '1250000',
      '980000',
      '1100000',
      '1010000',
    ])
  })

  it('hold whatever a text holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('# A', 'a,b', '1,2', '| a | b |', 'It is so. And so.', '', 'x', '\r', '"a,b', ';'), {
          maxLength: 12,
        }),
        (lines) => {
          const text = lines.join('\n')
          for (const { text: words, start, end } of statementsIn({ text, start: 0 })) expect(text.slice(start, end)).toBe(words)
        },
      ),
    )
  })
})
