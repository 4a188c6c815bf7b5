import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { checkDimensions, sleep } from '@plinth/core'
import { inProcessDimensions, scriptedEmbeddingEntry, scriptedId } from './catalogue.ts'
import { failAsTold, failMarker, hashStart, hashText, type ScriptedOptions } from './scripted.ts'
import { countTokens } from './tokens.ts'
import { unitVector } from './unit-vector.ts'

const usual = 64

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
    maxEmbeddingsPerCall: 2048,
    supportsParallelCalls: true,
    async doEmbed({ values, dimensions = usual, abortSignal }) {
      checkDimensions({ entry: scriptedEmbeddingEntry, allowedDimensions: inProcessDimensions }, dimensions)
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
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return (mixed ^ (mixed >>> 16)) / 0x80000000
  })
  return unitVector(vector) ?? []
}
