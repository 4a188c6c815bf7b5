import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitSentences } from '../src/extractive/sentences.ts'
import { createExtractiveModel } from '../src/index.ts'
import { promptOf, say } from './support.ts'

const model = createExtractiveModel()
const megabyte = 1 << 20
const insight = {
  type: 'object',
  properties: {
    patterns: { type: 'array', items: { type: 'string' } },
    risk_level: { enum: ['low', 'high'] },
    count: { type: 'integer' },
  },
  required: ['patterns', 'risk_level', 'count'],
} as const

/** Prose of about so many characters with few and many-times repeated words, the same every time. */
function prose(length: number): string {
  const words =
    'pump valve bearing failed sensor reported temperature pressure operator shift replaced inspected cooling filter motor'.split(
      ' ',
    )
  let seed = 7
  const next = (below: number): number => {
    seed = (seed * 16_807) % 2_147_483_647
    return seed % below
  }
  const parts: string[] = []
  for (let size = 0; size < length; size += parts.at(-1)?.length ?? 0) {
    parts.push(
      `${Array.from({ length: 6 + next(12) }, () => (next(3) === 0 ? `w${next(20_000)}` : words[next(words.length)])).join(' ')}. `,
    )
  }
  return parts.join('')
}

async function cpuOf(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

describe('a megabyte', () => {
  const text = prose(megabyte)

  it.each([
    ['to answer from', `Context:\n${text}\n\nQuestion: When was the bearing of station w123 replaced?`, undefined],
    ['to sum up', text, undefined],
    ['to fill a schema from', text, insight],
  ])('%s takes well under a second, and lets others run', async (_, prompt, schema) => {
    let turns = 0
    let isRunning = true
    const count = (): void => {
      turns++
      if (isRunning) setImmediate(count)
    }
    setImmediate(count)
    const cpu = await cpuOf(() =>
      say(model, prompt, schema === undefined ? {} : { responseFormat: { type: 'json', schema: schema as never } }),
    )
    isRunning = false
    // 0.2 to 0.3 s here; the bound leaves room for a slow machine and still catches what isn't linear.
    expect(cpu).toBeLessThan(2000)
    expect(turns).toBeGreaterThan(40)
  })

  it('stops soon after an abort', async () => {
    const controller = new AbortController()
    const answer = say(model, text, { abortSignal: controller.signal })
    setImmediate(() => controller.abort(new Error('enough')))
    const cpu = await cpuOf(() => expect(answer).rejects.toThrow('enough'))
    expect(cpu).toBeLessThan(500)
  })

  it.each([
    ['one word', 'x'.repeat(megabyte)],
    ['full stops', `${'.'.repeat(megabyte)}x`],
    ['line breaks', '\n'.repeat(megabyte)],
    ['short lines', 'a\n'.repeat(megabyte / 2)],
    ['white space', `${' '.repeat(megabyte)}a`],
    ['quotation marks', '."'.repeat(megabyte / 2)],
    ['labels', 'Note: x\n'.repeat(megabyte / 8)],
    ['labels after empty lines', `${'\n'.repeat(megabyte / 2)}${'b: x\n'.repeat(megabyte / 10)}`],
    ['tags', '<context>'.repeat(megabyte / 9)],
    ['figures', '1,234.5 '.repeat(megabyte / 8)],
    ['digits', '1'.repeat(megabyte)],
    ['half surrogate pairs', '\ud800'.repeat(megabyte)],
    ['Chinese', '泵在三月失效了因为轴承过热'.repeat(megabyte / 13)],
    ['abbreviations', 'e.g. '.repeat(megabyte / 5)],
  ])('of %s does no harm', async (_, odd) => {
    const cpu = await cpuOf(async () => {
      expect((await say(model, odd)).length).toBeGreaterThan(0)
      expect(JSON.parse(await say(model, odd, { responseFormat: { type: 'json', schema: insight as never } }))).toHaveProperty(
        'risk_level',
      )
    })
    expect(cpu).toBeLessThan(4000)
  })
})

describe('odd input', () => {
  it('never fails', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        'Context:',
        'Question:',
        '<context>',
        '</context>',
        '\n\n',
        '?',
        'Source: ',
        '[1] ',
        '\ud83d',
        '\r\n',
        '{',
        '"',
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 30 }), async (pieces) => {
        const { content, usage } = await model.doGenerate({ prompt: promptOf(pieces.join('')) })
        expect(content).toMatchObject([{ type: 'text', text: expect.stringMatching(/\S/) }])
        expect(usage.inputTokens.total).toBeGreaterThan(0)
      }),
      { numRuns: 500 },
    )
  })
})

describe('sentences', () => {
  it.each([
    ['One. Two! Three? Four', ['One.', 'Two!', 'Three?', 'Four']],
    [
      'It cost 3.5 dollars. Dr. Smith paid, e.g. in cash. J. Jones did not.',
      ['It cost 3.5 dollars.', 'Dr. Smith paid, e.g. in cash.', 'J. Jones did not.'],
    ],
    ['He said "Stop." Then he left...  Really?!', ['He said "Stop."', 'Then he left...', 'Really?!']],
    ['name,price\n"A, Ltd",5\nB,7', ['name,price', '"A, Ltd",5', 'B,7']],
    ['- one item\n- another item\n\nA paragraph.', ['- one item', '- another item', 'A paragraph.']],
    [
      'This line of prose is long enough to have been wrapped at its end and\ngoes on below. Next.',
      ['This line of prose is long enough to have been wrapped at its end and\ngoes on below.', 'Next.'],
    ],
    [
      'Its last sentence may begin near the end of a line that was wrapped. With NORMAL it\nlost 45.',
      ['Its last sentence may begin near the end of a line that was wrapped.', 'With NORMAL it\nlost 45.'],
    ],
    ['轴承过热。泵停了。', ['轴承过热。', '泵停了。']],
    ['', []],
  ])('of %j', (text, sentences) => {
    expect([...splitSentences(text)]).toEqual(sentences)
  })

  it('are pieces of the text in order, and leave out nothing but white space', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('. ', '\n', '." ', 'x'.repeat(600), ' '))),
        (pieces) => {
          const text = pieces.join('')
          const sentences = [...splitSentences(text)]
          expect(sentences.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
          for (const sentence of sentences) expect(sentence.length).toBeLessThanOrEqual(2000)
        },
      ),
    )
  })
})
