import type { OcrPage } from '@plinth/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { OutlineWriter } from '../src/outline.ts'
import { writePages } from '../src/pdf/layout.ts'
import { seenLines } from '../src/pdf/seen-page.ts'
import { seenAt, types } from './support/pictures.ts'

function paragraphsOf(page: OcrPage): string[] {
  const writer = new OutlineWriter()
  writePages([{ lines: seenLines(page), seen: true }], writer)
  return writer.finish().text.split('\n\n')
}

const print = fc.record({ type: fc.constantFrom(...types), size: fc.integer({ min: 20, max: 90 }) })
/** With letters that go up, that go down, with neither, and with what stands between them. */
const word = fc.constantFrom(
  'the',
  'page',
  'of',
  'an',
  'summer',
  'scarce',
  'quay,',
  'drives',
  '(early)',
  '4711',
  'we',
  'jetty;',
  'Monday',
  'more',
)
const line = fc.array(word, { minLength: 3, maxLength: 8 })

it('lines of one type are one paragraph, whatever letters they have, in upright type of any form and size [X27]', () => {
  const property = fc.property(fc.array(line, { minLength: 2, maxLength: 6 }), print, (words, how) => {
    // What ends no sentence goes on in the next line.
    const lines = words.map((each) => each.join(' ').replace(/;$/, ''))
    expect(paragraphsOf(seenAt(lines, how))).toEqual([lines.join(' ')])
  })
  fc.assert(property, { numRuns: 500 })
})

it('a title is a paragraph of its own, and so is what stands below a gap', () => {
  const property = fc.property(line, line, line, print, (title, one, other, { type, size }) => {
    const body = seenAt([one.join(' '), one.join(' '), other.join(' ')], { type, size })
    const above = seenAt([title.join(' ')], { type, size: size * 1.6 })
    const lines = [...above.lines, ...body.lines].map((words, row) => {
      // In sizes of the type: all below the title, and the last below a gap.
      const down = [0, 3, 3, 5][row] as number
      return words.map(({ y0, y1, ...each }) => ({ ...each, y0: y0 + down * size, y1: y1 + down * size }))
    })
    const texts = [title, [...one, ...one], other].map((words) => words.join(' '))
    expect(paragraphsOf({ lines })).toEqual(texts)
  })
  fc.assert(property, { numRuns: 500 })
})

it('a page that shows nothing, or no letter, is read', () => {
  expect(seenLines({ lines: [] })).toEqual([])
  expect(seenLines({ lines: [[]] })).toEqual([])
  const dash = { text: '–', x0: 1, y0: 9, x1: 4, y1: 9, confidence: 0.2 }
  expect(seenLines({ lines: [[dash]] })).toEqual([{ cells: [{ text: '–', x0: 1, x1: 4 }], baseline: -9, height: 1 }])
})
