import type { Clock, Ocr, OcrImage, OcrPage } from '@plinth/core'
import { UnavailableError, UnreadableDocumentError } from '@plinth/core'
import { TesseractThread } from './tesseract-thread.ts'

export interface TesseractOcrOptions {
  readonly clock: Clock
  /** Milliseconds that one page may take. Default: 120,000. */
  readonly timeLimit?: number
  /** Milliseconds after which a thread that has nothing to look at is ended; it holds about 200 MB. Default: 60,000. */
  readonly idleTime?: number
}

/**
 * Tesseract in a thread of its own, with the language data of the package: it reads English and the digits, and nothing is loaded from
 * the network. One page at a time, about a second each; the thread starts with the first.
 */
export function createTesseractOcr(options: TesseractOcrOptions): Ocr {
  return new TesseractOcr(options)
}

class TesseractOcr implements Ocr {
  readonly #options: Required<TesseractOcrOptions>
  #thread: Promise<TesseractThread> | undefined
  /** The page before, done or failed. */
  #before: Promise<unknown> = Promise.resolve()
  #idleTimer: { cancel(): void } | undefined
  #closed = false

  constructor(options: TesseractOcrOptions) {
    this.#options = { timeLimit: 120_000, idleTime: 60_000, ...options }
  }

  async read(pages: readonly OcrImage[], { signal }: { readonly signal?: AbortSignal } = {}): Promise<readonly OcrPage[]> {
    const seen: OcrPage[] = []
    for (const { bytes } of pages) {
      const page = this.#before.then(() => this.#readPage(bytes, signal))
      this.#before = page.catch(() => undefined)
      seen.push(await page)
    }
    return seen
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#end(closed())
  }

  async #readPage(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<OcrPage> {
    signal?.throwIfAborted()
    if (this.#closed) throw closed()
    this.#idleTimer?.cancel()
    const { clock, timeLimit, idleTime } = this.#options
    this.#thread ??= TesseractThread.start()
    const stop = (): void => void this.#end(signal?.reason)
    const timer = clock.setTimer(timeLimit, () => void this.#end(timedOut(timeLimit)))
    signal?.addEventListener('abort', stop, { once: true })
    try {
      const thread = await this.#thread
      return await thread.read(bytes)
    } catch (error) {
      // Whatever went wrong, the next page gets a thread that it didn't go wrong in.
      await this.#end(error)
      throw error
    } finally {
      timer.cancel()
      signal?.removeEventListener('abort', stop)
      if (!this.#closed) this.#idleTimer = clock.setTimer(idleTime, () => void this.#end(undefined))
    }
  }

  async #end(reason: unknown): Promise<void> {
    const thread = this.#thread
    this.#thread = undefined
    this.#idleTimer?.cancel()
    await thread?.then(
      (started) => started.end(reason),
      () => undefined,
    )
  }
}

function closed(): UnavailableError {
  return new UnavailableError('ocr_closed', 'The reader of images was closed.')
}

function timedOut(limit: number): UnreadableDocumentError {
  return new UnreadableDocumentError('document_timed_out', `Looking at a page took longer than ${limit / 1000} seconds.`)
}
