/** The thread in which the sentence encoder works. @module */
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type Clock, ModelFailure, type Timer, UnavailableError } from '@plinth/core'

/** What the thread answers to a batch of texts: their vectors one after the other. */
export type Answer = { readonly vectors: Float32Array } | { readonly failed: string }

export interface EncoderThreadOptions {
  /** Makes the thread. */
  readonly start: () => Worker
  /** How long it stays when there is nothing to do, milliseconds. */
  readonly idle: number
  readonly setTimer: Clock['setTimer']
}

export interface EncodeOptions {
  /** Before those that wait already: somebody waits for a question's vector, and nobody for a passage's. */
  readonly urgent: boolean
  readonly signal: AbortSignal | undefined
}

interface Batch {
  readonly texts: readonly string[]
  resolve(vectors: Float32Array): void
  reject(reason: unknown): void
}

/**
 * One batch at a time, in a thread that is started when there is one, and stopped when there was none for a while. It keeps the process
 * alive as long as a batch waits for its answer, and no longer.
 */
export class EncoderThread {
  readonly #options: EncoderThreadOptions
  #waiting: Batch[] = []
  #running: Batch | undefined
  #worker: Worker | undefined
  #rest: Timer | undefined
  #closed = false

  constructor(options: EncoderThreadOptions) {
    this.#options = options
  }

  /**
   * The vectors of a few texts, one after the other.
   * @throws ModelFailure, transient when the thread died in it, permanent when there is none to start; UnavailableError `closed`; the
   * signal's reason, at once, though the thread finishes the batch.
   */
  encode(texts: readonly string[], { urgent, signal }: EncodeOptions): Promise<Float32Array> {
    if (this.#closed) return Promise.reject(closed())
    if (signal?.aborted) return Promise.reject(signal.reason)
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>()
    const batch = { texts, resolve, reject }
    if (urgent) this.#waiting.unshift(batch)
    else this.#waiting.push(batch)
    const stop = (): void => {
      this.#waiting = this.#waiting.filter((each) => each !== batch)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
    this.#next()
    return promise.finally(() => signal?.removeEventListener('abort', stop))
  }

  /** Stops the thread. What runs or waits fails, and so does what is asked later. */
  async close(): Promise<void> {
    this.#closed = true
    for (const batch of [this.#running, ...this.#waiting]) batch?.reject(closed())
    this.#waiting = []
    await this.#stop()
  }

  #next(): void {
    if (this.#running) return
    this.#rest?.cancel()
    const batch = this.#waiting.shift()
    if (batch) this.#send(batch)
    else this.#becomeIdle()
  }

  #send(batch: Batch): void {
    try {
      this.#worker ??= this.#start()
    } catch (cause) {
      batch.reject(new ModelFailure('permanent', 'model_missing', 'The sentence encoder is not installed here.', { cause }))
      this.#next()
      return
    }
    this.#running = batch
    this.#worker.ref()
    this.#worker.postMessage(batch.texts)
  }

  #start(): Worker {
    const worker = this.#options.start()
    worker.on('message', (answer: Answer) => {
      if ('failed' in answer) return this.#lose(worker, new Error(answer.failed))
      this.#running?.resolve(answer.vectors)
      this.#running = undefined
      this.#next()
    })
    worker.on('error', (cause) => this.#lose(worker, cause))
    worker.on('exit', (code) => this.#lose(worker, new Error(`It ended with code ${code}.`)))
    return worker
  }

  /** After whatever went wrong the next batch gets another thread. */
  #lose(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return
    const failure = new ModelFailure('transient', 'model_stopped', "The sentence encoder's thread ended.", { cause })
    this.#running?.reject(failure)
    void this.#stop()
    this.#next()
  }

  #becomeIdle(): void {
    if (!this.#worker) return
    this.#worker.unref()
    this.#rest = this.#options.setTimer(this.#options.idle, () => void this.#stop())
  }

  async #stop(): Promise<void> {
    const worker = this.#worker
    this.#rest?.cancel()
    this.#running = undefined
    this.#worker = undefined
    await worker?.terminate()
  }
}

/** Starts the thread that has the model. @throws when the package isn't there, as in a bundle. */
export function startEncoderWorker(): Worker {
  const path = fileURLToPath(import.meta.resolve('@plinth/models/sentence-encoder-worker'))
  // A thread takes over the process's flags, and some, such as --input-type, it can't start with.
  const execArgv = process.execArgv.filter((flag) => flag.startsWith('--conditions='))
  // Nothing that the model's packages have to say belongs among the program's words. It isn't read at all: reading keeps the process alive.
  return new Worker(path, { execArgv, stdout: true, stderr: true })
}

function closed(): UnavailableError {
  return new UnavailableError('closed', 'The sentence encoder is closed.')
}
