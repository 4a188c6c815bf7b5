import { Worker } from 'node:worker_threads'
import { createSentenceEncoder, type SentenceEncoder } from '../src/index.ts'
import { HandClock } from './support.ts'

/** Vectors that begin with the number of the batch in the life of its thread, and of the text within the batch. */
const code = `
const { parentPort, workerData: gate } = require('node:worker_threads')
let batches = 0
parentPort.on('message', (texts) => {
  batches++
  if (texts.includes('exit')) process.exit(1)
  if (texts.includes('throw')) throw new Error('broken')
  if (texts.includes('fail')) return parentPort.postMessage({ failed: 'broken' })
  if (texts.includes('hold')) Atomics.wait(gate, 0, 0)
  const vectors = new Float32Array(texts.length * 512)
  texts.forEach((text, row) => vectors.set([batches, row, texts.length], row * 512))
  parentPort.postMessage({ vectors })
})`

export interface Bench {
  readonly encoder: SentenceEncoder
  readonly clock: HandClock
  /** Those that were started. */
  readonly threads: Worker[]
  /** Lets the thread go on that holds. */
  release(): void
}

/** An encoder with a thread that does what the texts say, and that can be started so often. */
export function benchOf(starts: number): Bench {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const threads: Worker[] = []
  const clock = new HandClock()
  const start = (): Worker => {
    if (threads.length === starts) throw new Error('nothing to start')
    const thread = new Worker(code, { eval: true, workerData: gate, stderr: true })
    threads.push(thread)
    return thread
  }
  const encoder = createSentenceEncoder({ start, setTimer: (delay, run) => clock.setTimer(delay, run) })
  const release = (): void => {
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
  }
  return { encoder, clock, threads, release }
}
