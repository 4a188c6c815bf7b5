/** A word as it was seen on a page: pixels of the image from its top left corner. */
export interface OcrWord {
  readonly text: string
  readonly x0: number
  readonly y0: number
  readonly x1: number
  readonly y1: number
  /** 0 to 1. */
  readonly confidence: number
}

/** Words of a page, line by line, in reading order. */
export interface OcrPage {
  readonly lines: readonly (readonly OcrWord[])[]
}

/** An image of one page, as a PNG or JPEG file. */
export interface OcrImage {
  readonly bytes: Uint8Array
  readonly contentType: 'image/png' | 'image/jpeg'
}

/**
 * Reads what is written in images.
 *
 * Promises:
 * - A result for each page, in their order; a page without words is an empty one.
 * - An image that is none fails with UnreadableDocumentError `document_damaged`.
 */
export interface Ocr {
  /** @throws UnreadableDocumentError, UnavailableError, or the signal's reason. */
  read(pages: readonly OcrImage[], options?: { readonly signal?: AbortSignal }): Promise<readonly OcrPage[]>
  close(): Promise<void>
}
