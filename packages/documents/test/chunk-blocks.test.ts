import { type Block, type ChunkTable, chunkBlocks, type DocumentChunk, Headings } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { faultsOf } from './support/whole.ts'

function listOf({ spans }: ChunkTable): DocumentChunk[] {
  return Array.from({ length: spans.length / 3 }, (_, at) => {
    const [start = 0, end = 0, context = 0] = spans.subarray(at * 3)
    return { start, end, ...(context > 0 ? { context: context - 1 } : {}) }
  })
}

function prose(text: string, context = ''): Block {
  return { start: 0, end: text.length, kind: 'prose', context }
}

function chunksOf(text: string, blocks: readonly Block[] = [prose(text)], budget = 16): string[] {
  return listOf(chunkBlocks(text, blocks, { budget })).map(({ start, end }) => text.slice(start, end))
}

/** Text of many scripts, with what is hard to cut. */
const pieces = fc.oneof(
  fc.constantFrom(
    'word ',
    'Ω',
    'e\u0301',
    ' \u0301',
    'مرحبا بالعالم۔ ',
    '你好世界。',
    '日本語のテキスト',
    '👩‍👩‍👧‍👦',
    '🇩🇪🇫🇷',
    '👍🏽',
    'नमस्ते। ',
    'ก็น้ำ',
  ),
  fc.constantFrom(
    '. ',
    '! ',
    '?\n',
    '\n\n',
    '\r\n',
    '\ud800',
    '\udc00',
    '\u200d',
    '\ufeff',
    '\u2028',
    '…" ',
    `Z${'\u0300'.repeat(60)}`,
    '\t',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.stringMatching(/^[a-z]{1,80}$/),
)
const texts = fc.array(pieces, { maxLength: 60 }).map((all) => all.join(''))

describe('what holds of every text', () => {
  it('is all in chunks within the budget, cut where characters end [R25, R126]', () => {
    fc.assert(
      fc.property(texts, fc.constantFrom('prose', 'lines'), fc.integer({ min: 16, max: 80 }), (text, kind, budget) => {
        const table = chunkBlocks(text, [{ ...prose(text), kind: kind as 'prose' }], { budget })
        expect(faultsOf(text, listOf(table), budget)).toEqual([])
      }),
      { numRuns: 800 },
    )
  })

  it('holds for any blocks, overlapping, empty, or with gaps between them', () => {
    const spans = fc.array(fc.tuple(fc.nat(400), fc.nat(60), fc.boolean(), fc.constantFrom('', 'a', 'b')), { maxLength: 12 })
    fc.assert(
      fc.property(texts, spans, (text, all) => {
        const blocks = all
          .map(([start, length, row, context]): Block => ({ start, end: start + length, kind: row ? 'lines' : 'prose', context }))
          .map((block) => ({ ...block, start: Math.min(block.start, text.length), end: atLine(text, block.end) }))
        const left = faultsOf(text, listOf(chunkBlocks(text, blocks, { budget: 20 })), 20)
        expect(left).toEqual([])
      }),
      { numRuns: 600 },
    )
  })

  it('takes ten times as long for ten times the text', () => {
    for (const piece of ['no end in sight ', 'a. ', '\n', 'x', '。', 'word word word word word word word.\n', ' ', 'e\u0301']) {
      const small = timeOf(piece.repeat(Math.ceil(100_000 / piece.length)))
      const large = timeOf(piece.repeat(Math.ceil(1_000_000 / piece.length)))
      // Quadratic would be a hundred times; the machine may be busy.
      expect(large, JSON.stringify(piece)).toBeLessThan(40 * Math.max(small, 5))
    }
  })
})

/** The end of the line: blocks end where characters do. */
function atLine(text: string, end: number): number {
  const at = text.indexOf('\n', end)
  return at < 0 ? text.length : at
}

function timeOf(text: string): number {
  const started = process.cpuUsage()
  chunkBlocks(text, [prose(text)])
  const { user, system } = process.cpuUsage(started)
  return (user + system) / 1000
}

describe('where a text is cut', () => {
  it('cuts between sentences, and says the last one again', () => {
    const text = 'One is short. Two is a little longer. Three is it. Four ends here.'
    expect(chunksOf(text)).toEqual(['One is short. Two is a little longer.', 'Three is it. Four ends here.'])
    expect(chunksOf('Aa bb cc dd ee ff gg hh ii jj kk. Short one. And on it goes for a while.')).toEqual([
      'Aa bb cc dd ee ff gg hh ii jj kk. Short one.',
      'Short one. And on it goes for a while.',
    ])
  })

  it('takes no initial and no abbreviation before a small letter for an end', () => {
    const text = 'A book by J. Smith, approx. in May or so. Then it was gone, all of it.'
    expect(chunksOf(text)).toEqual(['A book by J. Smith, approx. in May or so.', 'Then it was gone, all of it.'])
  })

  it('cuts Chinese at its full stops, Arabic and Hindi at theirs', () => {
    expect(chunksOf('今天天气很好我们走吧。明天也会下雨。')).toEqual(['今天天气很好我们走吧。', '明天也会下雨。'])
    expect(chunksOf('أين الكتاب؟ هو على المائدة.')).toEqual(['أين الكتاب؟', 'هو على المائدة.'])
    expect(chunksOf('यह एक है। यह दूसरा है। अब')).toEqual(['यह एक है।', 'यह दूसरा है। अब'])
  })

  it('cuts at words where no sentence fits, within a word where none does', () => {
    expect(chunksOf('aaaa '.repeat(15))).toEqual(['aaaa '.repeat(9).trim(), 'aaaa '.repeat(6).trim()])
    expect(chunksOf('x'.repeat(100))).toEqual(['x'.repeat(48), 'x'.repeat(48), 'xxxx'])
  })

  it('keeps lines of code and rows whole', () => {
    const text = 'const one = 1. + 2\nconst two = "a. B"\nconst three = 3\nreturn'
    const chunks = chunksOf(text, [{ ...prose(text), kind: 'lines' }])
    expect(chunks).toEqual(['const one = 1. + 2\nconst two = "a. B"', 'const three = 3\nreturn'])
  })

  it('packs small neighbours of one context, and never those of two', () => {
    const text = 'Aaa bbb.\n\nCcc ddd.\n\nEee fff.'
    const blocks = (last: string): Block[] => [
      { start: 0, end: 8, kind: 'prose', context: 'A' },
      { start: 10, end: 18, kind: 'prose', context: 'A' },
      { start: 20, end: 28, kind: 'prose', context: last },
    ]
    expect(chunksOf(text, blocks('A'))).toEqual([text])
    expect(chunksOf(text, blocks('B'))).toEqual(['Aaa bbb.\n\nCcc ddd.', 'Eee fff.'])
    expect(chunkBlocks(text, blocks('B')).contexts).toEqual(['A', 'B'])
  })

  it('keeps a block whole that fits, rather than fill the chunk before it', () => {
    const text = 'Aaa bbb ccc ddd eee.\n\nFff ggg hhh iii. Jjj kkk lll mmm.'
    const blocks: Block[] = [
      { start: 0, end: 20, kind: 'lines', context: '' },
      { start: 22, end: text.length, kind: 'prose', context: '' },
    ]
    expect(chunksOf(text, blocks)).toEqual(['Aaa bbb ccc ddd eee.', 'Fff ggg hhh iii. Jjj kkk lll mmm.'])
  })
})

describe('Headings', () => {
  it('gives the path, without a title that is said twice', () => {
    const headings = new Headings('Guide')
    headings.open(1, 'Guide')
    expect(headings.path).toBe('Guide')
    headings.open(2, 'Set  up\n')
    headings.open(3, 'Linux')
    expect(headings.path).toBe('Guide > Set up > Linux')
    headings.open(2, 'Use')
    expect(headings.path).toBe('Guide > Use')
    expect(headings.withHeader('Name | Age')).toBe('Guide > Use\nName | Age')
  })

  it('stays short, however long and deep the headings are', () => {
    const headings = new Headings('t'.repeat(1000))
    for (let level = 1; level < 50; level++) headings.open(level, `${level} ${'😀'.repeat(200)}`)
    expect(headings.path.length).toBeLessThan(500)
    expect(headings.path).toContain('49 ')
    expect(headings.path.isWellFormed()).toBe(true)
  })
})
