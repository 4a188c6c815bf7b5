/** The embedder that counts words: for where there is neither an account nor room for weights. @module */
import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { checkDimensions } from '@plinth/core'
import { hashingEntry, hashingId, inProcessMostTexts } from './catalogue.ts'
import { addNothing, addWord, wordsOf } from './hashing/features.ts'
import { Pacer } from './pacer.ts'
import { countTokens } from './tokens.ts'
import { unitVector } from './unit-vector.ts'

const { usual, allowed } = hashingEntry.dimensions

/**
 * Vectors by which those texts are near each other that share words, forms of a word, or parts of words (so also with misspellings). It
 * stands in for a model that knows what words mean, and doesn't: "car" and "automobile" are no nearer than other words. Deterministic;
 * no weights, no network, no clock. Linear in the text, in stretches short enough for a server. All vectors have length 1.
 */
export function createHashingEmbedder(): EmbeddingModelV4 {
  return {
    specificationVersion: 'v4',
    provider: 'plinth.local',
    modelId: hashingId,
    maxEmbeddingsPerCall: inProcessMostTexts,
    // One after the other is as fast.
    supportsParallelCalls: false,
    async doEmbed({ values, dimensions = usual, abortSignal }) {
      abortSignal?.throwIfAborted()
      checkDimensions({ entry: hashingEntry, allowedDimensions: allowed }, dimensions)
      const pacer = new Pacer(abortSignal)
      const embeddings: number[][] = []
      let tokens = 0
      for (const text of values) {
        embeddings.push(await vectorOf(text, dimensions, pacer))
        tokens += countTokens(text)
      }
      return { embeddings, usage: { tokens }, warnings: [] }
    },
  }
}

async function vectorOf(text: string, dimensions: number, pacer: Pacer): Promise<number[]> {
  const counts = new Map<string, number>()
  for (const word of wordsOf(text.normalize('NFKC').toLowerCase())) {
    counts.set(word, (counts.get(word) ?? 0) + 1)
    if (pacer.isDue(word.length)) await pacer.pause()
  }
  const vector = new Float64Array(dimensions)
  for (const [word, count] of counts) {
    addWord(vector, word, count)
    if (pacer.isDue(word.length)) await pacer.pause()
  }
  return unitVector(vector) ?? unitVector(addNothing(new Float64Array(dimensions))) ?? []
}
