/** Vectors of texts by `POST /model/{id}/invoke`. @module */
import type { ModelEntry } from '@plinth/core'
import { z } from 'zod'
import type { Answer } from '../../exchange.ts'
import { checked, wrong } from './checked.ts'

export interface EmbeddingCall {
  readonly inputs: string[]
  /** How long the vectors should be; the model's own length when left out. */
  readonly dimensions?: number
  /** What the vectors are for, where the form has a field for it. */
  readonly purpose?: 'document' | 'query' | 'classification' | 'clustering'
  /** @param vectors one for each input, in their order. @param tokens of all inputs. */
  answer(vectors: readonly (readonly number[])[], tokens: number): Answer
}

/**
 * How texts that are too long are cut is ignored: the models' port doesn't know it.
 * @throws InvalidInputError for what is malformed, for images and other media, and for other numbers than floating-point ones.
 */
export function readInvokeEmbeddings(
  modelId: string,
  entry: Pick<ModelEntry, 'id' | 'family' | 'kind'>,
  body: unknown,
): EmbeddingCall {
  if (entry.kind !== 'embedding') throw wrong('modelId', `${modelId} gives no vectors`)
  if (entry.family.startsWith('cohere.')) return readCohere(body)
  if (entry.family.startsWith('amazon.nova')) return readNova(body)
  return readTitan(body, entry.id.includes('-v1'))
}

const text = z.string().refine((value) => value.trim() !== '', 'must not be empty')
const dimensions = z.number().int().min(1).max(4096).nullish()
const floats = z.array(z.literal('float', 'must be float')).min(1).nullish()

const titanBody = z.object({
  inputText: text,
  dimensions,
  normalize: z.boolean().nullish(),
  embeddingTypes: floats,
})

/** Version 2 gives unit vectors unless it is asked not to; version 1 knows only `inputText`. */
function readTitan(body: unknown, first: boolean): EmbeddingCall {
  const read = checked(titanBody, first ? { inputText: (body as { inputText?: unknown } | null)?.inputText } : body)
  return {
    inputs: [read.inputText],
    ...(read.dimensions == null ? {} : { dimensions: read.dimensions }),
    answer([vector = []], tokens) {
      const embedding = first || read.normalize === false ? vector : unit(vector)
      const byType = first ? {} : { embeddingsByType: { float: embedding } }
      return answerOf({ embedding, ...byType, inputTextTokenCount: tokens }, tokens)
    },
  }
}

const cohereBody = z.object({
  texts: z.array(text).min(1).max(96),
  input_type: z.enum(['search_document', 'search_query', 'classification', 'clustering']),
  images: z.array(z.unknown()).max(0, 'Images are not supported').nullish(),
  inputs: z.array(z.unknown()).max(0, 'Inputs of several media are not supported').nullish(),
  embedding_types: floats,
  output_dimension: dimensions,
})

const coherePurposes = { search_document: 'document', search_query: 'query' } as const

function readCohere(body: unknown): EmbeddingCall {
  const { texts, input_type, embedding_types, output_dimension } = checked(cohereBody, body)
  const purpose = input_type === 'search_document' || input_type === 'search_query' ? coherePurposes[input_type] : input_type
  return {
    inputs: texts,
    purpose,
    ...(output_dimension == null ? {} : { dimensions: output_dimension }),
    answer: (vectors, tokens) =>
      answerOf(
        embedding_types
          ? { response_type: 'embeddings_by_type', embeddings: { float: vectors }, texts }
          : { response_type: 'embeddings_floats', embeddings: vectors, texts },
        tokens,
      ),
  }
}

const novaBody = z.object({
  taskType: z.literal('SINGLE_EMBEDDING'),
  singleEmbeddingParams: z.object({
    embeddingPurpose: z.string().nullish(),
    embeddingDimension: dimensions,
    text: z.object({ value: text }),
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
  const { embeddingPurpose, embeddingDimension, text } = checked(novaBody, body).singleEmbeddingParams
  const purpose = novaPurpose(embeddingPurpose)
  return {
    inputs: [text.value],
    ...(purpose === undefined ? {} : { purpose }),
    ...(embeddingDimension == null ? {} : { dimensions: embeddingDimension }),
    answer: ([embedding = []], tokens) =>
      answerOf({ embeddings: [{ embeddingType: 'TEXT', embedding }], inputTokenCount: tokens }, tokens),
  }
}

function answerOf(body: object, tokens: number): Answer {
  const headers = { 'content-type': 'application/json', 'x-amzn-bedrock-input-token-count': String(tokens) }
  return { status: 200, headers, body: JSON.stringify(body) }
}

function unit(vector: readonly number[]): readonly number[] {
  const length = Math.hypot(...vector)
  return length === 0 ? vector : vector.map((value) => value / length)
}
