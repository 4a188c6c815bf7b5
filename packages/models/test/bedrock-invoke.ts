/**
 * Bodies of InvokeModel for embeddings, as AWS's user guide has them ("Model parameters": Titan Text Embeddings, Nova embeddings, Cohere
 * Embed v3); the service model knows them as bytes alone.
 * @module
 */

type Body = Readonly<Record<string, unknown>>

interface Family {
  readonly check: (body: Body) => string | undefined
  readonly answer: (body: Body) => { readonly body: object; readonly headers?: Readonly<Record<string, string>> }
}

const vector = (text: string, length: number): number[] => [text.length, ...Array.from({ length: length - 1 }, () => 0)]

const titan = (usual: number, lengths: readonly number[]): Family => ({
  check: (body) => {
    const known = lengths.length > 0 ? ['inputText', 'dimensions', 'normalize', 'embeddingTypes'] : ['inputText']
    if (typeof body.inputText !== 'string' || body.inputText === '') return 'expected minLength: 1, actual: 0'
    if (body.dimensions !== undefined && !lengths.includes(Number(body.dimensions))) return 'dimensions is not allowed'
    return odd(body, known)
  },
  answer: ({ inputText, dimensions = usual }) => ({
    body: { embedding: vector(String(inputText), Number(dimensions)), inputTextTokenCount: 3 },
  }),
})

const inputTypes = ['search_document', 'search_query', 'classification', 'clustering']
const cohere: Family = {
  check: (body) => {
    const { texts, input_type } = body
    if (!inputTypes.includes(String(input_type))) return 'input_type is required'
    if (!Array.isArray(texts) || texts.length > 96) return 'texts holds at most 96'
    if (texts.some((text) => typeof text !== 'string' || text.length > 2048)) return 'expected maxLength: 2048'
    return odd(body, ['texts', 'input_type', 'truncate', 'embedding_types'])
  },
  answer: ({ texts }) => ({
    body: {
      id: 'e-1',
      texts,
      response_type: 'embeddings_floats',
      embeddings: (texts as string[]).map((text) => vector(text, 1024)),
    },
    headers: { 'x-amzn-bedrock-input-token-count': String(3 * (texts as string[]).length) },
  }),
}

const nova: Family = {
  check: (body) => {
    const { embeddingPurpose, embeddingDimension } = (body.singleEmbeddingParams ?? {}) as Body
    if (![256, 384, 1024, 3072].includes(Number(embeddingDimension))) return 'embeddingDimension is not allowed'
    return typeof embeddingPurpose === 'string' ? odd(body, ['taskType', 'singleEmbeddingParams']) : 'no embeddingPurpose'
  },
  answer: ({ singleEmbeddingParams }) => {
    const { text, embeddingDimension } = singleEmbeddingParams as { text: { value: string }; embeddingDimension: number }
    return {
      body: { embeddings: [{ embeddingType: 'TEXT', embedding: vector(text.value, embeddingDimension) }], inputTokenCount: 3 },
    }
  },
}

function familyOf(modelId: string): Family | undefined {
  if (modelId.endsWith('amazon.titan-embed-text-v1')) return titan(1536, [])
  if (modelId.endsWith('amazon.titan-embed-text-v2:0')) return titan(1024, [256, 512, 1024])
  if (modelId.endsWith('amazon.nova-2-multimodal-embeddings-v1:0')) return nova
  return /cohere\.embed-(?:english|multilingual)-v3$/.test(modelId) ? cohere : undefined
}

/** What in a request's body the model doesn't allow; nothing if it is right. */
export function invokeViolations(modelId: string, body: Body): readonly string[] {
  const family = familyOf(modelId)
  const wrong = family ? family.check(body) : 'The provided model identifier is invalid.'
  return wrong === undefined ? [] : [wrong]
}

/** An answer to a right request: vectors that begin with the length of their text. */
export function invokeAnswer(
  modelId: string,
  body: Body,
): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const answer = familyOf(modelId)?.answer(body)
  return { body: JSON.stringify(answer?.body ?? {}), headers: answer?.headers ?? {} }
}

function odd(body: Body, known: readonly string[]): string | undefined {
  const name = Object.keys(body).find((each) => !known.includes(each))
  return name === undefined ? undefined : `extraneous key [${name}] is not permitted`
}
