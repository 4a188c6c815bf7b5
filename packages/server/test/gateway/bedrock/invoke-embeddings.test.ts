import { describe, expect, it } from 'vitest'
import { type EmbeddingCall, readInvokeEmbeddings } from '../../../src/gateway/bedrock/invoke-embeddings.ts'
import { aiEmbedding, head, type Sent, wireOf } from './support/clients.ts'

const requestId = head.id
const titan1 = { id: 'amazon.titan-embed-text-v1', family: 'amazon.titan-embed', kind: 'embedding' } as const
const titan2 = { id: 'amazon.titan-embed-text-v2:0', family: 'amazon.titan-embed', kind: 'embedding' } as const
const cohere = { id: 'cohere.embed-english-v3', family: 'cohere.embed', kind: 'embedding' } as const
const nova = { id: 'amazon.nova-2-multimodal-embeddings-v1:0', family: 'amazon.nova', kind: 'embedding' } as const

function given(call: EmbeddingCall, ...vectors: number[][]): unknown {
  return JSON.parse(call.answer({ requestId, vectors, tokens: 7 }).body ?? '')
}

describe('vectors of texts', () => {
  it.each([
    [titan2, ['größer 漢'], { dimensions: 256, normalize: false }, { dimensions: 256 }],
    [cohere, ['one', 'two'], { inputType: 'search_document' }, { purpose: 'document' }],
    [cohere, ['one'], {}, { purpose: 'query' }],
    [cohere, ['one'], { inputType: 'clustering', outputDimension: 512 }, { purpose: 'clustering', dimensions: 512 }],
    [nova, ['one'], { embeddingDimension: 384 }, { purpose: 'document', dimensions: 384 }],
    [nova, ['one'], { embeddingPurpose: 'TEXT_RETRIEVAL' }, { purpose: 'query', dimensions: 1024 }],
  ] as const)('are asked for and read by the AI SDK as they are meant: $0.id', async (entry, values, amazonBedrock, wanted) => {
    const vectors = values.map((_text, index) => [index, 0.5, -1])
    const sent: Sent[] = []
    const answer = (): ReturnType<typeof wireOf> =>
      wireOf(readInvokeEmbeddings(entry, sent.at(-1)?.body).answer({ requestId, vectors, tokens: 7 }))
    const options = { values: [...values], providerOptions: { amazonBedrock: { ...amazonBedrock } } }
    const result = await aiEmbedding(entry.id, answer, sent).doEmbed(options)
    const { inputs, answer: _, fieldOf: __, ...rest } = readInvokeEmbeddings(entry, sent[0]?.body)
    expect(inputs).toEqual(values)
    expect(rest).toEqual(wanted)
    expect(result.embeddings).toEqual(vectors)
    expect(result.usage?.tokens).toBe(7)
  })

  it('of Titan are of length one where it says so, and by type', () => {
    const body = { inputText: 'x', dimensions: 512 }
    const unit = { embedding: [0.6, 0.8], embeddingsByType: { float: [0.6, 0.8] }, inputTextTokenCount: 7 }
    expect(given(readInvokeEmbeddings(titan2, body), [3, 4])).toEqual(unit)
    expect(given(readInvokeEmbeddings(titan2, body), [0, 0])).toMatchObject({ embedding: [0, 0] })
    const first = readInvokeEmbeddings(titan1, { ...body, normalize: true })
    expect(first.dimensions).toBeUndefined()
    expect(given(first, [3, 4])).toEqual({ embedding: [3, 4], inputTextTokenCount: 7 })
  })

  it('of Cohere come by type where a type is asked for', () => {
    const body = { texts: ['x'], input_type: 'classification' }
    expect(given(readInvokeEmbeddings(cohere, body), [1])).toEqual({
      response_type: 'embeddings_floats',
      embeddings: [[1]],
      texts: ['x'],
    })
    expect(given(readInvokeEmbeddings(cohere, { ...body, embedding_types: ['float'] }), [1])).toEqual({
      response_type: 'embeddings_by_type',
      embeddings: { float: [[1]] },
      texts: ['x'],
    })
  })

  it.each([
    ['inputText', titan1, {}],
    ['inputText', titan1, null],
    ['inputText', titan2, { inputText: ' ' }],
    ['inputText', titan2, { inputText: ['x'] }],
    ['dimensions', titan2, { inputText: 'x', dimensions: 0 }],
    ['embeddingTypes.0', titan2, { inputText: 'x', embeddingTypes: ['binary'] }],
    ['texts', cohere, { texts: [], input_type: 'clustering' }],
    ['texts', cohere, { texts: Array(97).fill('x'), input_type: 'clustering' }],
    ['texts.1', cohere, { texts: ['x', ''], input_type: 'clustering' }],
    ['input_type', cohere, { texts: ['x'] }],
    ['images', cohere, { texts: ['x'], input_type: 'clustering', images: ['data:image/png;base64,aGk='] }],
    ['embedding_types.1', cohere, { texts: ['x'], input_type: 'clustering', embedding_types: ['float', 'int8'] }],
    ['taskType', nova, { taskType: 'SEGMENTED_EMBEDDING', singleEmbeddingParams: { text: { value: 'x' } } }],
    ['singleEmbeddingParams.text', nova, { taskType: 'SINGLE_EMBEDDING', singleEmbeddingParams: { image: {} } }],
    ['modelId', { ...nova, kind: 'language' }, {}],
  ] as const)('are refused, and the field named: %s', (field, entry, body) => {
    expect(() => readInvokeEmbeddings(entry, body)).toThrow(expect.objectContaining({ field }))
  })
})
