import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHashingEmbedder } from '../src/index.ts'
import { cosine, norm, vectorsOf } from './embed.ts'

const model = createHashingEmbedder()
const anyText = fc.oneof(
  fc.string({ maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
  // Halves of surrogate pairs, marks that belong to nothing, ligatures that fold into more.
  fc
    .array(
      fc.constantFrom('\ud83d', '\ude00', '\u0301', 'ﬃ', 'İ', 'ß', '\u0000', '\u200d', '漢', '字', 'は', '한', '😀', ' ', 'a'),
    )
    .map((signs) => signs.join('')),
)
const near = async (one: string, other: string): Promise<number> => {
  const [left = [], right = []] = await vectorsOf(model, [one, other])
  return cosine(left, right)
}

describe('the embedder that counts words', () => {
  it('gives every text a vector of length 1, the same each time, alone and among others, in their order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 5 }), async (texts) => {
        const vectors = await vectorsOf(model, texts)
        expect(vectors.map(({ length }) => length)).toEqual(texts.map(() => 512))
        for (const vector of vectors) {
          expect(vector.every(Number.isFinite)).toBe(true)
          expect(norm(vector)).toBeCloseTo(1, 9)
        }
        for (const [index, text] of texts.entries())
          expect(await vectorsOf(createHashingEmbedder(), [text])).toEqual([vectors[index]])
      }),
    )
  })

  it('never changes: what is kept today has to fit what is asked tomorrow', async () => {
    const [vector = []] = await vectorsOf(model, ['Queues absorb bursts, größer als 漢字 😀.'], 64)
    expect(vector.slice(0, 6).map((value) => Number(value.toFixed(6)))).toEqual([
      0.028404, 0.067812, 0, -0.262636, -0.067812, 0.039408,
    ])
  })

  it.each([64, 65, 256, 512, 1024, 1536, 4096])('gives %s dimensions when asked, all of them used', async (dimensions) => {
    const [vector = []] = await vectorsOf(
      model,
      [Array.from({ length: 3_000 }, (_, index) => `word${index}`).join(' ')],
      dimensions,
    )
    expect(vector).toHaveLength(dimensions)
    expect(norm(vector)).toBeCloseTo(1, 9)
    expect(vector.filter((value) => value !== 0).length).toBeGreaterThan(dimensions * 0.9)
  })

  it.each([0, -1, 63, 64.5, 4097, Number.NaN, Number.POSITIVE_INFINITY])('refuses %s dimensions', async (dimensions) => {
    await expect(vectorsOf(model, ['x'], dimensions)).rejects.toMatchObject({ code: 'invalid_input', field: 'dimensions' })
  })

  it.each([
    ['another case', 'Message QUEUES', 'message queues', 1],
    ['full-width forms', 'ｑｕｅｕｅ', 'queue', 1],
    ['another order', 'queue of messages', 'messages of queue', 1],
    ['punctuation', 'queue, message!', '(queue) message', 1],
    ['composed and decomposed letters', 'größe', 'gro\u0308ße', 1],
    ['an inflection', 'the queue failed', 'queues failing', 0.6],
    ['a misspelling', 'reliability', 'relability', 0.3],
    ['signs of an unspaced script', '東京都庁舎', '京都庁舎前', 0.4],
    ['a long word and its half', 'x'.repeat(300), 'x'.repeat(150), 0.5],
  ])('puts texts near each other that differ by %s', async (_, one, other, least) => {
    expect(await near(one, other)).toBeGreaterThan(least - 1e-9)
  })

  it.each([
    ['other words', 'message queues absorb bursts', 'the weather in the north'],
    ['another meaning alone', 'car', 'automobile'],
    ['other signs', '東京', '大阪'],
  ])('puts those far from each other that have %s', async (_, one, other) => {
    expect(Math.abs(await near(one, other))).toBeLessThan(0.25)
  })

  it('lets function words decide only where there is nothing else', async () => {
    expect(await near('queue', 'the queue is in it')).toBeGreaterThan(0.98)
    expect(await near('who are you', 'where is it')).toBeLessThan(0.5)
  })

  it('counts what is there often more, but not in proportion', async () => {
    const base = 'queue bus store'
    const twice = await near('queue', `${base} queue`)
    const often = await near('queue', `${base}${' queue'.repeat(50)}`)
    expect(await near('queue', base)).toBeLessThan(twice)
    expect(twice).toBeLessThan(often)
    // By plain counts it would be 0.999.
    expect(often).toBeLessThan(0.97)
  })

  it('tells texts without words from others, and not from each other', async () => {
    const [empty = [], spaces, dots, word = []] = await vectorsOf(model, ['', ' \n', '...!?', 'word'])
    expect([spaces, dots]).toEqual([empty, empty])
    expect(Math.abs(cosine(empty, word))).toBeLessThan(0.5)
  })

  it('finds what is asked for among others by the words that they share', async () => {
    const texts = [
      'A message queue holds work until a worker is free, so bursts are absorbed.',
      'Objects are stored under a name, whole or not at all, in buckets of the object store.',
      'The event bus publishes what happened to subscribers, at least once.',
      'Keys are wrapped by a master key, and rotated after ninety days.',
    ]
    const questions = [
      'how are bursts of messages absorbed?',
      'where are objects stored',
      'who subscribes to published events',
      'when do key rotations happen',
    ]
    const vectors = await vectorsOf(model, texts)
    const asked = await vectorsOf(model, questions)
    const best = asked.map((question) => {
      const scores = vectors.map((vector) => cosine(vector, question))
      return scores.indexOf(Math.max(...scores))
    })
    expect(best).toEqual([0, 1, 2, 3])
  })

  it('counts tokens by bytes, of all texts', async () => {
    expect((await model.doEmbed({ values: ['é'.repeat(10), 'abc', ''] })).usage).toEqual({ tokens: 5 + 1 + 0 })
  })

  it('is linear, whatever the text is made of, and lets others run meanwhile', async () => {
    const size = 200_000
    const blobs = [
      'word '.repeat(size / 5),
      'x9'.repeat(size / 2),
      '漢字'.repeat(size / 2),
      `a${'\u0301'.repeat(size)}`,
      '<'.repeat(size),
    ]
    const various = Array.from({ length: size / 8 }, (_, index) => (index * 2_654_435_761).toString(36)).join(' ')
    for (const text of [...blobs, various]) {
      let turns = 0
      const turning = setInterval(() => turns++, 0)
      const start = performance.now()
      const [vector = []] = await vectorsOf(model, [text])
      // About 60 ms on a quiet machine; a fault needs minutes.
      expect(performance.now() - start).toBeLessThan(5_000)
      clearInterval(turning)
      expect(norm(vector)).toBeCloseTo(1, 9)
      if (text === various) expect(turns).toBeGreaterThan(1)
    }
  })

  it('stops when it is aborted, before and in the middle', async () => {
    const values = [Array.from({ length: 100_000 }, (_, index) => `word${index}`).join(' ')]
    await expect(model.doEmbed({ values, abortSignal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
    const controller = new AbortController()
    const running = model.doEmbed({ values, abortSignal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(running).rejects.toThrow('enough')
  })
})
