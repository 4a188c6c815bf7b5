/** POST /v1/embeddings. @module */
import { isObject, readInput } from '@plinth/core'
import { z } from 'zod'
import type { Answer } from '../../exchange.ts'
import { given, listOf, wrong } from '../form.ts'
import { jsonAnswer } from '../json-answer.ts'

/** OpenAI's own limit of a call. */
const mostInputs = 2048

export type EmbeddingFormat = 'float' | 'base64'

export interface EmbeddingRequest {
  readonly modelId: string
  /** 1 to 2048 texts, none of them empty. */
  readonly inputs: string[]
  readonly format: EmbeddingFormat
  readonly dimensions?: number
}

export interface EmbeddingAnswer {
  /** As the client asked for it. */
  readonly modelId: string
  /** One for each input, in their order. */
  readonly vectors: readonly (readonly number[])[]
  readonly tokens: number
  readonly format: EmbeddingFormat
}

interface EmbeddingBody {
  model: string
  input: string | string[]
  encoding_format?: EmbeddingFormat | null | undefined
  dimensions?: number | null | undefined
}

const input = z.string().min(1, 'An empty text has no embedding.')
const embeddingBody: z.ZodType<EmbeddingBody> = z.object({
  model: z.string().min(1),
  input: z.union([input, listOf(input, { least: 1, most: mostInputs })]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
})

/** @throws InvalidInputError for what is malformed; for tokens in place of texts, since only the model that they are of knows them. */
export function readEmbeddings(body: unknown): EmbeddingRequest {
  if (holdsTokens(body)) throw wrong('input', 'Tokens are not taken here: send the text.')
  const { model, input: texts, encoding_format, dimensions } = readInput(embeddingBody, body)
  return {
    modelId: model,
    inputs: typeof texts === 'string' ? [texts] : texts,
    format: encoding_format ?? 'float',
    ...given({ dimensions }),
  }
}

function holdsTokens(body: unknown): boolean {
  if (!isObject(body) || !Array.isArray(body.input)) return false
  const first: unknown = body.input[0]
  return typeof first === 'number' || Array.isArray(first)
}

export function embeddingsAnswer({ modelId, vectors, tokens, format }: EmbeddingAnswer): Answer {
  const data = vectors.map((vector, index) => ({
    object: 'embedding',
    index,
    embedding: format === 'base64' ? base64Of(vector) : vector,
  }))
  return jsonAnswer({ object: 'list', data, model: modelId, usage: { prompt_tokens: tokens, total_tokens: tokens } })
}

/** Numbers of 32 bits, the low byte first: what clients read without looking at their own order. */
function base64Of(vector: readonly number[]): string {
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  for (const [at, value] of vector.entries()) view.setFloat32(at * 4, value, true)
  return Buffer.from(view.buffer).toString('base64')
}
