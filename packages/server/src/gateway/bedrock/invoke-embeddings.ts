/** Vectors of texts by `POST /model/{id}/invoke`. @module */
import { type EmbeddingPurpose, type ModelEntry, readInput } from '@plinth/core'
import { z } from 'zod'
import type { Answer } from '../../exchange.ts'
import { type FieldOf, fieldsBy } from '../client-fields.ts'
import { given, listOf, unsupported, wrong } from '../form.ts'
import { bedrockAnswer } from './answer.ts'
import { filledText } from './invoke/form.ts'

export interface EmbeddingCall {
  readonly inputs: string[]
  /** How long the vectors should be; the model's own length when left out. */
  readonly dimensions?: number
  /** What the vectors are for, where the form has a field for it. */
  readonly purpose?: EmbeddingPurpose
  readonly fieldOf: FieldOf
  answer(made: MadeVectors): Answer
}

export interface MadeVectors {
  readonly requestId: string
  /** One for each input, in their order. */
  readonly vectors: readonly (readonly number[])[]
  /** Of all inputs. */
  readonly tokens: number
}

/**
 * How texts that are too long are cut is ignored: the models' port doesn't know it.
 * @throws InvalidInputError for what is malformed, for images and other media, and for other numbers than floating-point ones.
 */
export function readInvokeEmbeddings(entry: Pick<ModelEntry, 'id' | 'family' | 'kind'>, body: unknown): EmbeddingCall {
  if (entry.kind !== 'embedding') throw wrong('modelId', 'This model gives no vectors.')
  if (entry.family.startsWith('cohere.')) return readCohere(body)
  if (entry.family.startsWith('amazon.nova')) return readNova(body)
  return readTitan(body, entry.id.includes('-v1'))
}

const dimensions = z.int().min(1).max(4096).nullish()
const floats = listOf(z.literal('float', 'Must be float.'), { least: 1 }).nullish()

const titanBody = z.object({
  inputText: filledText,
  dimensions,
  normalize: z.boolean().nullish(),
  embeddingTypes: floats,
})

/** Version 2 gives unit vectors unless it is asked not to; version 1 knows only `inputText`. */
function readTitan(body: unknown, first: boolean): EmbeddingCall {
  const read = readInput(titanBody, first ? { inputText: (body as { inputText?: unknown } | null)?.inputText } : body)
  return {
    inputs: [read.inputText],
    ...given({ dimensions: read.dimensions }),
    fieldOf: (field) => (field === 'dimensions' ? field : 'inputText'),
    answer({ vectors: [vector = []], tokens, requestId }) {
      const embedding = first || read.normalize === false ? vector : unit(vector)
      const byType = first ? {} : { embeddingsByType: { float: embedding } }
      return answerOf({ embedding, ...byType, inputTextTokenCount: tokens }, tokens, requestId)
    },
  }
}

const cohereBody = z.object({
  texts: listOf(filledText, { least: 1, most: 96 }),
  input_type: z.enum(['search_document', 'search_query', 'classification', 'clustering']),
  images: unsupported('Images are not supported.'),
  inputs: unsupported('Inputs of several media are not supported.'),
  embedding_types: floats,
  output_dimension: dimensions,
})

const coherePurposes = {
  search_document: 'document',
  search_query: 'query',
  classification: 'classification',
  clustering: 'clustering',
} as const

function readCohere(body: unknown): EmbeddingCall {
  const { texts, input_type, embedding_types, output_dimension } = readInput(cohereBody, body)
  return {
    inputs: texts,
    purpose: coherePurposes[input_type],
    ...given({ dimensions: output_dimension }),
    fieldOf: fieldsBy({ input: 'texts', max_tokens: 'texts', dimensions: 'output_dimension' }),
    answer: ({ vectors, tokens, requestId }) =>
      answerOf(
        embedding_types
          ? { response_type: 'embeddings_by_type', embeddings: { float: vectors }, texts }
          : { response_type: 'embeddings_floats', embeddings: vectors, texts },
        tokens,
        requestId,
      ),
  }
}

const novaBody = z.object({
  taskType: z.literal('SINGLE_EMBEDDING'),
  singleEmbeddingParams: z.object({
    embeddingPurpose: z.string().nullish(),
    embeddingDimension: dimensions,
    text: z.object({ value: filledText }),
  }),
})

/** Retrieving is also told by what is retrieved. */
function novaPurpose(named: string | null | undefined): EmbeddingCall['purpose'] {
  if (named === 'GENERIC_INDEX') return 'document'
  if (named === 'CLASSIFICATION') return 'classification'
  if (named === 'CLUSTERING') return 'clustering'
  return named?.endsWith('_RETRIEVAL') ? 'query' : undefined
}

function readNova(body: unknown): EmbeddingCall {
  const { embeddingPurpose, embeddingDimension, text } = readInput(novaBody, body).singleEmbeddingParams
  return {
    inputs: [text.value],
    ...given({ purpose: novaPurpose(embeddingPurpose), dimensions: embeddingDimension }),
    fieldOf: (field) => `singleEmbeddingParams.${field === 'dimensions' ? 'embeddingDimension' : 'text.value'}`,
    answer: ({ vectors: [embedding = []], tokens, requestId }) =>
      answerOf({ embeddings: [{ embeddingType: 'TEXT', embedding }], inputTokenCount: tokens }, tokens, requestId),
  }
}

function answerOf(body: object, tokens: number, requestId: string): Answer {
  return bedrockAnswer(requestId, body, { 'x-amzn-bedrock-input-token-count': String(tokens) })
}

function unit(vector: readonly number[]): readonly number[] {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((value) => value / length)
}
