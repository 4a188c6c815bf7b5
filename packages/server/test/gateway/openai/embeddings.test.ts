import { InvalidInputError } from '@plinth/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { embeddingsAnswer, readEmbeddings } from '../../../src/gateway/openai/embeddings.ts'
import { responseOf } from '../support/wire.ts'
import { aiSdkProvider, officialClient } from './support/wire.ts'

const vectors = fc.array(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 20 }), {
  minLength: 1,
  maxLength: 4,
})

describe('POST /v1/embeddings', () => {
  it.each([
    [{ input: 'a' }, { modelId: 'e', inputs: ['a'], format: 'float' }],
    [
      { input: ['a', 'b'], encoding_format: 'base64' },
      { modelId: 'e', inputs: ['a', 'b'], format: 'base64' },
    ],
    [
      { input: 'a', dimensions: 256, user: 'ann' },
      { modelId: 'e', inputs: ['a'], format: 'float', dimensions: 256 },
    ],
    [
      { input: 'a', dimensions: null, encoding_format: null },
      { modelId: 'e', inputs: ['a'], format: 'float' },
    ],
  ])('reads %j', (more, expected) => {
    expect(readEmbeddings({ model: 'e', ...more })).toStrictEqual(expected)
  })

  it('takes 2048 texts and no more', () => {
    const inputs = Array.from({ length: 2048 }, () => 'a')
    expect(readEmbeddings({ model: 'e', input: inputs }).inputs).toHaveLength(2048)
    expect(() => readEmbeddings({ model: 'e', input: [...inputs, 'a'] })).toThrow('Must hold at most 2048.')
  })

  it.each([
    [undefined, null],
    ['model', { model: '', input: 'a' }],
    ['input', {}],
    ['input', { input: '' }],
    ['input', { input: [] }],
    ['input.1', { input: ['a', ''] }],
    ['input.1', { input: ['a', 7] }],
    ['input', { input: 7 }],
    ['encoding_format', { input: 'a', encoding_format: 'int8' }],
    ['dimensions', { input: 'a', dimensions: 0 }],
  ])('is refused, naming %s: %j', (field, more) => {
    const read = () => readEmbeddings(more === null ? null : { model: 'e', ...more })
    expect(read).toThrow(InvalidInputError)
    expect(read).toThrow(expect.objectContaining({ field }))
  })

  it.each([[[1, 2, 3]], [[[1, 2], [3]]]])('says that %j are tokens', (input) => {
    expect(() => readEmbeddings({ model: 'e', input })).toThrow('Tokens are not taken here: send the text.')
  })

  it('gives the official client the vectors, whichever form it asks for', async () => {
    await fc.assert(
      fc.asyncProperty(
        vectors,
        fc.nat(),
        fc.constantFrom(undefined, 'float' as const, 'base64' as const),
        async (some, tokens, encoding_format) => {
          const formats: string[] = []
          const client = officialClient((body) => {
            const { modelId, format } = readEmbeddings(body)
            formats.push(format)
            return responseOf(embeddingsAnswer({ modelId, vectors: some, tokens, format }))
          })
          const read = await client.embeddings.create({
            model: 'e',
            input: some.map(() => 'a'),
            ...(encoding_format ? { encoding_format } : {}),
          })
          // It asks for base64 of its own accord, and decodes it.
          expect(formats).toEqual([encoding_format ?? 'base64'])
          expect(read).toMatchObject({ object: 'list', model: 'e', usage: { prompt_tokens: tokens, total_tokens: tokens } })
          expect(read.data.map(({ index, object }) => [index, object])).toEqual(some.map((_, at) => [at, 'embedding']))
          const decoded = read.data.map(({ embedding }) => (encoding_format === 'base64' ? floatsOf(embedding) : embedding))
          // JSON has no negative zero.
          expect(decoded.map((vector) => vector.map((value) => value + 0))).toEqual(
            some.map((vector) => vector.map((value) => value + 0)),
          )
        },
      ),
      { numRuns: 100 },
    )
  })

  it('gives the AI SDK the vectors', async () => {
    const provider = aiSdkProvider((body) => {
      const { modelId, inputs, format } = readEmbeddings(body)
      return responseOf(embeddingsAnswer({ modelId, vectors: inputs.map((text) => [text.length, 0.5]), tokens: 3, format }))
    })
    const { embeddings, usage } = await provider.embeddingModel('e').doEmbed({ values: ['a', 'bcd'] })
    expect(embeddings).toEqual([
      [1, 0.5],
      [3, 0.5],
    ])
    expect(usage).toEqual({ tokens: 3 })
  })

  it('writes base64 with the low byte first', () => {
    const { body } = embeddingsAnswer({ modelId: 'e', vectors: [[1, -2]], tokens: 1, format: 'base64' })
    // IEEE 754: 1 is 3f800000, -2 is c0000000.
    expect(JSON.parse(body ?? '').data[0].embedding).toBe(Buffer.from('0000803f000000c0', 'hex').toString('base64'))
  })
})

/** What a caller that asks for base64 gets is text, whatever the types say. */
function floatsOf(embedding: unknown): number[] {
  const bytes = Buffer.from(String(embedding), 'base64')
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4))
}
