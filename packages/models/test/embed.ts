import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { type EmbeddingCall, type Embeddings, embedTexts, type ResolvedEmbedding } from '@plinth/core'
import { scope } from './call.ts'

/** Embeds as the patterns do. */
export function embedOnce(
  resolved: ResolvedEmbedding,
  texts: readonly string[],
  options: Partial<EmbeddingCall> = {},
): Promise<Embeddings> {
  return embedTexts(scope, { resolved, texts, requestId: 'request-1', timeout: 60_000, ...options })
}

/** The vectors that a model makes. */
export async function vectorsOf(model: EmbeddingModelV4, values: string[], dimensions?: number): Promise<number[][]> {
  return (await model.doEmbed({ values, ...(dimensions === undefined ? {} : { dimensions }) })).embeddings
}

/** How near two vectors of length 1 are: from -1 to 1. */
export function cosine(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? Number.NaN), 0)
}

/** How long a vector is. */
export function norm(vector: readonly number[]): number {
  return Math.sqrt(cosine(vector, vector))
}
