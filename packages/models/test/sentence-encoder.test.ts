import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { createModels, createSentenceEncoder } from '../src/index.ts'
import { readableText } from '../src/sentence-encoder/readable-text.ts'
import { cosine, embedOnce, norm, vectorsOf } from './embed.ts'
import { HandClock } from './support.ts'

const encoder = createSentenceEncoder()
const folder = mkdtempSync(join(tmpdir(), 'plinth-encoder-'))

afterAll(async () => {
  await encoder.close()
  rmSync(folder, { recursive: true, force: true })
})

const near = async (one: string, other: string): Promise<number> => {
  const [left = [], right = []] = await vectorsOf(encoder, [one, other])
  return cosine(left, right)
}

describe('the sentence encoder', () => {
  it('puts texts that say the same in other words nearer than those that do not [R25, R28, R42]', async () => {
    const same = [
      ['How old are you?', 'What is your age?'],
      ['The cat sits on the mat.', 'A feline is resting on a rug.'],
      ['The car broke down on the motorway.', 'Their automobile stopped working on the highway.'],
      ['Where can I get my money back?', 'Customers may ask for a refund within thirty days.'],
    ] as const
    const other = [
      ['How old are you?', 'The bridge is closed for repairs.'],
      ['The cat sits on the mat.', 'Interest rates rose last quarter.'],
      ['The car broke down on the motorway.', 'She writes novels about medieval monks.'],
      ['Where can I get my money back?', 'Cells divide by mitosis.'],
    ] as const
    const nearest = async (pairs: readonly (readonly [string, string])[]): Promise<readonly number[]> =>
      (await Promise.all(pairs.map(([one, two]) => near(one, two)))).sort((one, two) => one - two)
    const [alike, unlike] = [await nearest(same), await nearest(other)]
    expect(Math.min(...alike)).toBeGreaterThan(Math.max(...unlike) + 0.1)
  })

  it('finds the passage that answers a question [R25, R28, R42]', async () => {
    const passages = [
      'Refunds are paid within thirty days to the card that was used.',
      'The office is closed on public holidays.',
      'Passwords have to be changed every ninety days.',
    ]
    const resolved = createModels({ clock: new HandClock() }).resolveEmbedding()
    const { vectors } = await embedOnce(resolved, passages, { purpose: 'document' })
    const { vectors: asked, ...rest } = await embedOnce(resolved, ['How do I get my money back?'], { purpose: 'query' })
    const scores = vectors.map((vector) => cosine(vector, asked[0] ?? []))
    expect(scores.indexOf(Math.max(...scores))).toBe(0)
    expect(rest).toMatchObject({ modelId: 'local/sentence-encoder', usd: 0, inputTokens: 7 })
  })

  it('gives a text 512 numbers of length 1, the same each time, alone and among others', async () => {
    const values = ['one', 'Two words.', 'A text that is a bit longer than the others are.', 'word '.repeat(300), 'one']
    const together = await vectorsOf(encoder, values)
    for (const [index, vector] of together.entries()) {
      expect(vector).toHaveLength(512)
      expect(norm(vector)).toBeCloseTo(1, 5)
      const [alone = []] = await vectorsOf(encoder, [values[index] ?? ''])
      expect(Math.max(...vector.map((value, at) => Math.abs(value - (alone[at] ?? Number.NaN))))).toBeLessThan(1e-4)
    }
    expect(together[4]).toEqual(together[0])
    expect(await vectorsOf(encoder, values)).toEqual(together)
  })

  it('never changes: what is kept today has to fit what is asked tomorrow', async () => {
    const [vector = []] = await vectorsOf(encoder, ['Queues absorb bursts, größer als 漢字 😀.'])
    for (const [index, value] of [-0.05409, 0.010638, -0.055484, -0.008982, -0.040693, 0.016747].entries())
      expect(vector[index]).toBeCloseTo(value, 4)
  })

  it.each([
    ['nothing', ''],
    ['blanks', ' \n\t\u00a0'],
    ['an emoji', '🙂'],
    ['half an emoji', '\ud83d'],
    ['Arabic', 'مرحبا بالعالم'],
    ['Chinese', '人工智能的架构模式'],
    ['marks alone', '\u0301\u0301'],
    ['a zero', '\0'],
    ['one word of 100 KB', 'x'.repeat(100_000)],
    ['100 KB of characters that fold into eighteen', '\ufdfa'.repeat(33_000)],
    ['100 KB of blanks and a word', `${' '.repeat(100_000)}word`],
    ['names of properties', '__proto__ constructor toString'],
  ])('makes a vector of %s too', async (_, text) => {
    const [vector = [], word = []] = await vectorsOf(encoder, [text, 'word'])
    expect(vector).toHaveLength(512)
    expect(vector.every(Number.isFinite)).toBe(true)
    expect(norm(vector)).toBeCloseTo(1, 5)
    expect(word).toHaveLength(512)
  })

  it('reads the beginning of a text, whatever white space is in it', async () => {
    const beginning = Array.from({ length: 130 }, (_, index) => ['queues', 'absorb', 'bursts', 'of', 'messages'][index % 5]).join(
      ' ',
    )
    expect(await near(beginning, `${beginning} The weather in the north is cold.`)).toBeCloseTo(1, 5)
    expect(await near('queues absorb\n\n  bursts', 'queues absorb bursts')).toBeCloseTo(1, 6)
    expect(readableText(`\n ${'ａ'.repeat(9_000)}`)).toBe('a'.repeat(2_000))
    expect(readableText(`${'x'.repeat(1_999)}🙂`)).toBe(`${'x'.repeat(1_999)}\ufffd`)
  })

  it('answers many calls at once, each with its own', async () => {
    const values = Array.from({ length: 12 }, (_, index) => `Number ${index} of the list`)
    const together = await vectorsOf(encoder, values)
    const apart = await Promise.all(values.map(async (value) => (await vectorsOf(encoder, [value]))[0] ?? []))
    for (const [index, vector] of apart.entries()) expect(cosine(vector, together[index] ?? [])).toBeCloseTo(1, 5)
  })

  it.each([0, 256, 511, 1024])('refuses %s dimensions', async (dimensions) => {
    await expect(vectorsOf(encoder, ['x'], dimensions)).rejects.toMatchObject({ code: 'invalid_input', field: 'dimensions' })
  })

  it('says nothing, asks nobody on the network, and lets the program end', async () => {
    const seen = join(folder, 'seen')
    // In the program and in its threads.
    const watch = `import { appendFileSync } from 'node:fs'
      import { Socket } from 'node:net'
      import dns from 'node:dns'
      import { isMainThread } from 'node:worker_threads'
      const note = (word) => appendFileSync(${JSON.stringify(seen)}, word + '\\n')
      note(isMainThread ? 'program' : 'thread')
      Socket.prototype.connect = () => note('connect')
      dns.lookup = () => note('lookup')
      globalThis.fetch = async () => note('fetch')`
    const program = `import { createSentenceEncoder } from ${JSON.stringify(import.meta.resolve('../src/index.ts'))}
      const { embeddings } = await createSentenceEncoder().doEmbed({ values: ['one', ''] })
      console.log(embeddings.map(({ length }) => length).join())`
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@plinth/source', '--input-type=module', '--eval', program],
      { env: { ...process.env, NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(watch)}` }, timeout: 50_000 },
    )
    expect({ stdout, stderr }).toEqual({ stdout: '512,512\n', stderr: '' })
    expect(readFileSync(seen, 'utf8').trim().split('\n')).toEqual(['program', 'thread'])
  })
})
