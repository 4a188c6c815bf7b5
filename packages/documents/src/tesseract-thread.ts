import { Buffer } from 'node:buffer'
import { join } from 'node:path'
import type { OcrPage } from '@plinth/core'
import { UnavailableError, UnreadableDocumentError } from '@plinth/core'
import type { Page, Worker } from 'tesseract.js'

/** What tesseract.js starts in Node.js; its types know the browser's alone. */
interface NodeThread {
  on(event: 'error' | 'exit', listener: (cause: unknown) => void): void
  ref(): void
  unref(): void
}

/** Tesseract's worker thread, started and with its language. */
export class TesseractThread {
  readonly #worker: Worker
  readonly #thread: NodeThread
  #fail: ((error: unknown) => void) | undefined

  private constructor(worker: Worker) {
    this.#worker = worker
    this.#thread = (worker as unknown as { readonly worker: NodeThread }).worker
    // Without a listener, what ends the thread would end the process.
    this.#thread.on('error', (error) => this.#fail?.(unusable(error)))
    this.#thread.on('exit', () => this.#fail?.(unusable(undefined)))
    this.#thread.unref()
  }

  /** @throws UnavailableError where it can't be started. */
  static async start(): Promise<TesseractThread> {
    const { default: tesseract } = await import('tesseract.js')
    const { default: language } = await import('@tesseract.js-data/eng')
    const worker = await new Promise<Worker>((resolve, reject) => {
      const options = {
        // The smaller set of data, a quarter of the other: for the newer engine alone, which is the one that is used.
        langPath: join(language.langPath, '..', '4.0.0_best_int'),
        gzip: language.gzip,
        cacheMethod: 'none',
        logger: () => undefined,
        // What goes wrong with the language is told here alone: the promise would stay open.
        errorHandler: (error: unknown) => reject(unusable(error)),
      }
      tesseract.createWorker(language.code, tesseract.OEM.LSTM_ONLY, options).then(resolve, options.errorHandler)
    })
    return new TesseractThread(worker)
  }

  async read(bytes: Uint8Array): Promise<OcrPage> {
    const image = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const ended = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    const recognized = this.#worker.recognize(image, {}, { text: false, blocks: true }).catch((cause: unknown) => {
      throw new UnreadableDocumentError('document_damaged', 'The file is damaged: it holds an image that is none.', { cause })
    })
    this.#thread.ref()
    try {
      return pageOf((await Promise.race([recognized, ended])).data)
    } finally {
      this.#fail = undefined
      this.#thread.unref()
    }
  }

  /** Ends the thread; what it is at fails with that. */
  async end(reason: unknown): Promise<void> {
    this.#fail?.(reason)
    // A page that it was just given is sent a moment later; with the thread gone by then, that would fail where nobody catches it.
    await new Promise((turn) => setImmediate(turn))
    await this.#worker.terminate()
  }
}

function pageOf({ blocks }: Page): OcrPage {
  const lines = (blocks ?? []).flatMap(({ paragraphs }) => paragraphs.flatMap(({ lines }) => lines))
  return {
    lines: lines.map(({ words }) =>
      words.map(({ text, confidence, bbox: { x0, y0, x1, y1 } }) => ({ text, x0, y0, x1, y1, confidence: confidence / 100 })),
    ),
  }
}

function unusable(cause: unknown): UnavailableError {
  return new UnavailableError('ocr_unavailable', 'The reader of images could not be started, or ended.', { cause })
}
