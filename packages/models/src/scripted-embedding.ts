import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { checkDimensions, sleep } from '@plinth/core'
import { inProcessMostTexts, scriptedEmbeddingEntry, scriptedId } from './catalogue.ts'
import { hashStart, hashText, mixBits } from './hash-text.ts'
import { failAsTold, failMarker, type ScriptedOptions } from './scripted.ts'
import { countTokens } from './tokens.ts'
import { unitVector } from './unit-vector.ts'

const { usual, allowed } = scriptedEmbeddingEntry.dimensions

/**
 * The embedder for tests and load. A vector of length 1 depends on its text alone; texts that are alike have nothing in common. It waits,
 * is throttled, and fails on the marker as the model that writes.
 */
export function createScriptedEmbedder(options: ScriptedOptions): EmbeddingModelV4 {
  const { latencyMs = 0, clock } = options
  return {
    specificationVersion: 'v4',
    provider: 'plinth.scripted',
    modelId: scriptedId,
    maxEmbeddingsPerCall: inProcessMostTexts,
    supportsParallelCalls: true,
    async doEmbed({ values, dimensions = usual, abortSignal }) {
      checkDimensions({ entry: scriptedEmbeddingEntry, allowedDimensions: allowed }, dimensions)
      abortSignal?.throwIfAborted()
      if (latencyMs > 0) await sleep(clock, latencyMs, abortSignal)
      failAsTold(
        values.some((text) => text.includes(failMarker)),
        options,
      )
      return {
        embeddings: values.map((text) => vectorOf(text, dimensions)),
        usage: { tokens: values.reduce((sum, text) => sum + Math.max(1, countTokens(text)), 0) },
        warnings: [],
      }
    },
  }
}

function vectorOf(text: string, dimensions: number): number[] {
  let state = hashText(hashStart, text)
  // SplitMix32: any start, 0 too, gives numbers that look random.
  const vector = new Float64Array(dimensions).map(() => {
    state = (state + 0x9e3779b9) | 0
    return mixBits(state) / 0x80000000
  })
  return unitVector(vector) ?? []
}
