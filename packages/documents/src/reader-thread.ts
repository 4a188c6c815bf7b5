import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type Clock, type Ocr, type OcrImage, type ReadDocument, UnavailableError, UnreadableDocumentError } from '@plinth/core'
import { decodeText } from './decode.ts'
import { type Answer, type FromThread, type ReadRequest, type ToThread, transferable } from './messages.ts'
import { damaged, tooLarge } from './refusals.ts'

export interface ThreadOptions {
  readonly clock: Clock
  readonly ocr?: Ocr
  /** Milliseconds that the thread may work at a document; while images are looked at, the time stands still. */
  readonly timeLimit: number
  /** Bytes that it may hold. */
  readonly memoryLimit: number
}

/** How often a thread is asked how much memory it holds outside of the heap, which its own limit doesn't count. */
const memoryInterval = 100
/** Milliseconds that a thread may take to start. */
const startLimit = 60_000
/** Bytes of a text above which its thread isn't used again. */
const largeText = 32 * 1024 * 1024

/** One thread, and the document that it is at. */
export class ReaderThread {
  readonly #options: ThreadOptions
  readonly #worker: Worker
  #ready = false
  #ended = false
  #finish: ((result: Answer | { readonly error: unknown }) => void) | undefined
  #looking: AbortController | undefined
  #timers: { cancel(): void }[] = []

  constructor(options: ThreadOptions) {
    this.#options = options
    this.#worker = startWorker(options.memoryLimit)
    this.#worker.on('message', (message: FromThread) => this.#told(message))
    this.#worker.on('messageerror', (error) => this.end(this.#broken(error)))
    this.#worker.on('error', (error) => this.end(this.#broken(error)))
    this.#worker.on('exit', () => this.end(this.#broken(undefined)))
    // Nothing that a parser prints may come into the log: it could be of the content.
    this.#worker.stdout.resume()
    this.#worker.stderr.resume()
    this.#worker.unref()
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Reads one document; the next may follow when this has settled, if the thread hasn't ended with it. */
  async read(request: ReadRequest, signal?: AbortSignal): Promise<ReadDocument> {
    signal?.throwIfAborted()
    if (this.#ended || this.#finish) throw new UnavailableError('reader_closed', 'The reader of documents was closed.')
    const stop = (): void => this.end(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    this.#worker.ref()
    try {
      const result = await new Promise<Answer | { readonly error: unknown }>((resolve) => {
        this.#finish = resolve
        this.#tell({ read: request }, transferable(request.bytes))
        this.#watch()
      })
      if ('error' in result) throw result.error
      if (isLarge(result)) {
        // Its heap grew by the text: unless it is gone before the text is made here, the text is held twice.
        this.end(undefined)
        await this.#worker.terminate()
      }
      return documentOf(result)
    } finally {
      signal?.removeEventListener('abort', stop)
      this.#finish = undefined
      this.#stopWatching()
      this.#worker.unref()
    }
  }

  /** Ends the thread; what it was reading fails with that. */
  end(error: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopWatching()
    this.#looking?.abort(error)
    this.#finish?.({ error })
    void this.#worker.terminate()
  }

  #told(message: FromThread): void {
    if (this.#ended) return
    if ('ready' in message) this.#begin()
    else if ('look' in message) void this.#look(message.look)
    else if ('refused' in message) {
      const { refused, message: words, cause } = message
      this.#finish?.({ error: new UnreadableDocumentError(refused, words, { cause }) })
    } else this.#finish?.(message)
  }

  /** Why a thread ended by itself: by its document, if it ever was there to begin with one. */
  #broken(cause: unknown): Error {
    if (!this.#ready) return notStarted(cause)
    if ((cause as { code?: string } | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY')
      return tooLarge('it takes more memory than a file may')
    return damaged('what it was sent as', cause)
  }

  async #look(images: readonly OcrImage[]): Promise<void> {
    const { ocr } = this.#options
    this.#stopWatching()
    this.#looking = new AbortController()
    try {
      const pages = ocr ? await ocr.read(images, { signal: this.#looking.signal }) : []
      if (this.#ended) return
      this.#watch()
      this.#tell({ seen: pages })
    } catch (error) {
      this.end(error)
    } finally {
      this.#looking = undefined
    }
  }

  /** From now on time counts for the document: on a busy machine a thread takes long to start, which is none of its making. */
  #begin(): void {
    this.#ready = true
    if (!this.#finish) return
    this.#stopWatching()
    this.#watch()
  }

  #watch(): void {
    const { clock, timeLimit, memoryLimit } = this.#options
    const weigh = async (): Promise<void> => {
      const { external_memory: external } = await this.#worker.getHeapStatistics()
      if (external > memoryLimit) this.end(tooLarge('it takes more memory than a file may'))
    }
    const again = (): void => {
      this.#timers[1] = clock.setTimer(memoryInterval, () => {
        again()
        // It doesn't answer when it is ending.
        weigh().catch(() => undefined)
      })
    }
    this.#timers[0] = this.#ready
      ? clock.setTimer(timeLimit, () => this.end(timedOut(timeLimit)))
      : clock.setTimer(startLimit, () => this.end(notStarted()))
    again()
  }

  #stopWatching(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers = []
  }

  #tell(message: ToThread, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, [...transfer])
  }
}

function isLarge({ text }: Answer): boolean {
  return typeof text !== 'string' && text.sent.byteLength > largeText
}

function documentOf({ text, pages, table: { spans, contexts } }: Answer): ReadDocument {
  const chunks = Array.from({ length: spans.length / 3 }, (_, at) => {
    const [start = 0, end = 0, context = 0] = [spans[3 * at], spans[3 * at + 1], spans[3 * at + 2]]
    return context === 0 ? { start, end } : { start, end, context: context - 1 }
  })
  return {
    text: typeof text === 'string' ? text : decodeText(text.sent),
    chunks,
    contexts,
    ...(pages === undefined ? {} : { pages }),
  }
}

function notStarted(cause?: unknown): UnavailableError {
  return new UnavailableError('reader_unavailable', 'The thread that reads documents could not be started.', { cause })
}

function timedOut(limit: number): UnreadableDocumentError {
  return new UnreadableDocumentError('document_timed_out', `Reading the file took longer than ${limit / 1000} seconds.`)
}

function startWorker(memoryLimit: number): Worker {
  return new Worker(fileURLToPath(import.meta.resolve('@plinth/documents/worker')), {
    // A thread takes over the process's flags, and some, such as --input-type, it can't start with.
    execArgv: process.execArgv.filter((flag) => flag.startsWith('--conditions=')),
    env: {},
    stdout: true,
    stderr: true,
    resourceLimits: {
      maxOldGenerationSizeMb: Math.ceil(memoryLimit / 1024 / 1024),
      maxYoungGenerationSizeMb: 64,
      stackSizeMb: 4,
    },
  })
}
