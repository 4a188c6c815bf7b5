import { availableParallelism } from 'node:os'
import {
  type Clock,
  type DocumentReader,
  type DocumentSource,
  defaultChunkBudget,
  InvalidInputError,
  type Ocr,
  type ReadDocument,
  UnavailableError,
  UnreadableDocumentError,
} from '@plinth/core'
import { contentTypeOf, type Kind, kindOf } from './media-types.ts'
import { ReaderThread } from './reader-thread.ts'
import { tooLarge } from './refusals.ts'

export interface DocumentReaderOptions {
  readonly clock: Clock
  /** Looks at images and scanned pages; without it those hold no words. Not closed by the reader. */
  readonly ocr?: Ocr
  /** The most tokens of a chunk, by `estimateTextTokens`. Default: 256. */
  readonly chunkBudget?: number
  /** Documents that are read at once, each in a thread of its own. Default: 2, or 1 on a machine of one processor. */
  readonly threads?: number
  /**
   * Threads beside those for texts of up to a megabyte, which so don't wait behind anyone's scanned books. Default: 1, and none where
   * `threads` is set.
   */
  readonly quickThreads?: number
  /** Milliseconds that reading one document may take, without the time in which its images are looked at. Default: 120,000. */
  readonly timeLimit?: number
  /** Bytes of memory that reading one document may take, in the heap and outside of it each. Default: 1 GiB. */
  readonly memoryLimit?: number
  /** Milliseconds after which threads that have nothing to read are ended. Default: 60,000. */
  readonly idleTime?: number
}

/** A reader that has threads to end. */
export interface ClosableDocumentReader extends DocumentReader {
  /** Ends the threads; what is being read fails with UnavailableError. */
  close(): Promise<void>
}

/** Raised with every change of what text or chunks are made of the same bytes. */
const version = 1
/** What can be uploaded. */
const mostBytes = 256 * 1024 * 1024
/** Of a text that is read in no time. */
const quickBytes = 1024 * 1024
const slowKinds: ReadonlySet<Kind> = new Set(['pdf', 'docx', 'html', 'image'])

/**
 * Reads PDF, DOCX, HTML, Markdown, CSV, JSON, text, PNG and JPEG in threads, which a document that hurts ends, alone.
 * The bytes of a document are handed over to the thread: where they fill their buffer, they are gone for the caller.
 */
export function createDocumentReader(options: DocumentReaderOptions): ClosableDocumentReader {
  return new ThreadedDocumentReader(options)
}

interface Waiting {
  readonly quick: boolean
  /** Takes a thread, and gives it back when done. */
  start(thread: ReaderThread): void
  reject(error: unknown): void
}

class ThreadedDocumentReader implements ClosableDocumentReader {
  readonly version: string
  readonly #options: Required<Omit<DocumentReaderOptions, 'ocr'>> & Pick<DocumentReaderOptions, 'ocr'>
  readonly #threads = new Set<ReaderThread>()
  readonly #idle: ReaderThread[] = []
  readonly #waiting: Waiting[] = []
  /** Documents being read that aren't quick. */
  #slow = 0
  #idleTimer: { cancel(): void } | undefined
  #closed = false

  constructor(options: DocumentReaderOptions) {
    this.#options = {
      chunkBudget: defaultChunkBudget,
      threads: Math.min(2, availableParallelism()),
      quickThreads: options.threads === undefined ? 1 : 0,
      timeLimit: 120_000,
      memoryLimit: 1024 ** 3,
      idleTime: 60_000,
      ...options,
    }
    this.version = `documents/${version}/${this.#options.chunkBudget}${options.ocr ? '/ocr' : ''}`
  }

  reads(contentType: string): boolean {
    const kind = kindOf(contentType)
    return kind !== undefined && (kind !== 'image' || this.#options.ocr !== undefined)
  }

  typeOf(name: string): string {
    return contentTypeOf(name) ?? 'text/plain'
  }

  async read(source: DocumentSource, { signal }: { readonly signal?: AbortSignal } = {}): Promise<ReadDocument> {
    signal?.throwIfAborted()
    const kind = kindOfSource(source)
    if (isDetached(source.bytes)) throw new InvalidInputError('These bytes were handed over before.', { field: 'bytes' })
    if (source.bytes.byteLength > mostBytes) throw tooLarge('a file may have 256 MiB')
    const { chunkBudget, ocr } = this.#options
    const quick = !slowKinds.has(kind) && source.bytes.byteLength <= quickBytes
    const thread = await this.#thread(quick, signal)
    try {
      return await thread.read({ kind, bytes: source.bytes, limits: { chunkBudget, ocr: ocr !== undefined } }, signal)
    } finally {
      if (!quick) this.#slow--
      this.#giveBack(thread)
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#idleTimer?.cancel()
    const closed = new UnavailableError('reader_closed', 'The reader of documents was closed.')
    for (const waiting of this.#waiting.splice(0)) waiting.reject(closed)
    for (const thread of this.#threads) thread.end(closed)
  }

  /** A thread without work, once there is one. */
  #thread(quick: boolean, signal: AbortSignal | undefined): Promise<ReaderThread> {
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal?.reason)
      }
      const waiting: Waiting = {
        quick,
        start: (thread) => {
          if (!quick) this.#slow++
          signal?.removeEventListener('abort', stop)
          resolve(thread)
        },
        reject,
      }
      signal?.addEventListener('abort', stop, { once: true })
      this.#waiting.push(waiting)
      this.#next()
    })
  }

  #next(): void {
    if (this.#closed) return void this.close()
    const first = this.#waiting.findIndex(({ quick }) => quick || this.#slow < this.#options.threads)
    if (first < 0) return
    const thread = this.#idleThread() ?? this.#start()
    if (thread) this.#waiting.splice(first, 1)[0]?.start(thread)
  }

  #idleThread(): ReaderThread | undefined {
    for (let thread = this.#idle.pop(); thread; thread = this.#idle.pop()) {
      if (!thread.ended) return thread
      this.#threads.delete(thread)
    }
    return undefined
  }

  #start(): ReaderThread | undefined {
    const { threads, quickThreads, clock, ocr, timeLimit, memoryLimit } = this.#options
    if (this.#threads.size >= threads + quickThreads) return undefined
    const thread = new ReaderThread({ clock, timeLimit, memoryLimit, ...(ocr ? { ocr } : {}) })
    this.#threads.add(thread)
    return thread
  }

  #giveBack(thread: ReaderThread): void {
    if (thread.ended) this.#threads.delete(thread)
    else this.#idle.push(thread)
    this.#next()
    this.#idleTimer?.cancel()
    if (this.#idle.length > 0 && !this.#closed)
      this.#idleTimer = this.#options.clock.setTimer(this.#options.idleTime, () => this.#endIdle())
  }

  #endIdle(): void {
    for (const thread of this.#idle.splice(0)) {
      this.#threads.delete(thread)
      thread.end(undefined)
    }
  }
}

function kindOfSource({ name, contentType }: DocumentSource): Kind {
  const unsaid = contentType === '' || contentType === 'application/octet-stream'
  const kind = kindOf(unsaid ? (contentTypeOf(name) ?? '') : contentType)
  if (kind === undefined) {
    throw new UnreadableDocumentError(
      'document_type_unknown',
      'Files of this kind are not read. Known are PDF, DOCX, HTML, Markdown, CSV, JSON, text, PNG and JPEG.',
    )
  }
  return kind
}

function isDetached({ buffer }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && buffer.detached
}
