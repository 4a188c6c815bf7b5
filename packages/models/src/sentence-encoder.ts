/** A small model that knows something of what words mean, and runs on this machine. @module */
import type { Worker } from 'node:worker_threads'
import type { EmbeddingModelV4 } from '@ai-sdk/provider'
import { type Clock, checkDimensions, type Timer } from '@plinth/core'
import { inProcessMostTexts, sentenceEncoderEntry, sentenceEncoderId } from './catalogue.ts'
import { batchesOf } from './sentence-encoder/batches.ts'
import { EncoderThread, startEncoderWorker } from './sentence-encoder/encoder-thread.ts'
import { readableText } from './sentence-encoder/readable-text.ts'
import { countTokens } from './tokens.ts'

const { usual, allowed } = sentenceEncoderEntry.dimensions
const fiveMinutes = 5 * 60_000

export interface SentenceEncoderOptions {
  /** How long the model stays in memory when nobody asks it, milliseconds; five minutes when left out. */
  readonly idle?: number
  /** By which that time passes; of the system, without keeping the process alive, when left out. */
  readonly setTimer?: Clock['setTimer']
  /** The thread that has the model; the packaged one when left out. */
  readonly start?: () => Worker
}

export interface SentenceEncoder extends EmbeddingModelV4 {
  /** Stops the thread. Calls fail from then on, with `closed`. */
  close(): Promise<void>
}

/**
 * Universal Sentence Encoder lite, a small English model that runs on this machine: no network, no account; its weights are in a package
 * of npm. It reads the first 128 pieces of a text's words, about 100 words, and knows little of other languages. Vectors have 512
 * dimensions and length 1, and are the same for a text each time but for the rounding of their sixth decimal.
 *
 * It works in a thread that starts with the first call and ends after some idle minutes; a processor's second makes vectors of some 8
 * long texts, and in the meantime the thread has a third of a gigabyte. Calls take turns by batches, those for questions first. An abort
 * ends the call at once, and the thread's work after a batch. A call in which the thread dies fails, to be tried again, with another.
 */
export function createSentenceEncoder(options: SentenceEncoderOptions = {}): SentenceEncoder {
  const { idle = fiveMinutes, setTimer = setQuietTimer, start = startEncoderWorker } = options
  const thread = new EncoderThread({ start, idle, setTimer })
  return {
    specificationVersion: 'v4',
    provider: 'plinth.local',
    modelId: sentenceEncoderId,
    maxEmbeddingsPerCall: inProcessMostTexts,
    // There is one thread.
    supportsParallelCalls: false,
    async doEmbed({ values, dimensions = usual, abortSignal: signal, providerOptions }) {
      checkDimensions({ entry: sentenceEncoderEntry, allowedDimensions: allowed }, dimensions)
      const urgent = providerOptions?.plinth?.purpose === 'query'
      const embeddings: number[][] = []
      let tokens = 0
      for (const batch of batchesOf(values)) {
        const texts = batch.map((index) => readableText(values[index] ?? ''))
        const vectors = await thread.encode(texts, { urgent, signal })
        for (const [row, index] of batch.entries())
          embeddings[index] = Array.from(vectors.subarray(row * usual, (row + 1) * usual))
        for (const text of texts) tokens += countTokens(text)
      }
      return { embeddings, usage: { tokens }, warnings: [] }
    },
    close: () => thread.close(),
  }
}

function setQuietTimer(delay: number, run: () => void): Timer {
  const timeout = setTimeout(run, delay).unref()
  return { cancel: () => clearTimeout(timeout) }
}
