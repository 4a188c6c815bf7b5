/** What goes between the reader and its thread. @module */
import type { ChunkTable, OcrImage, OcrPage, UnreadableCode } from '@plinth/core/reading'
import type { Kind } from './media-types.ts'

export interface ReadRequest {
  readonly kind: Kind
  readonly bytes: Uint8Array
  readonly limits: Limits
}

export interface Limits {
  /** Tokens of a chunk. */
  readonly chunkBudget: number
  /** Whether images can be looked at. */
  readonly ocr: boolean
}

/** To the thread: a document to read, or what was seen in the images that it asked about. */
export type ToThread = { readonly read: ReadRequest } | { readonly seen: readonly OcrPage[] }

/** What was read. */
export interface Answer {
  /** The text; or, where the text is the file as it was sent, its bytes, which come back instead of a copy four times as large. */
  readonly text: string | { readonly sent: Uint8Array }
  readonly pages?: readonly number[]
  readonly table: ChunkTable
}

export type FromThread =
  /** Sent first: whatever goes wrong before is no document's fault. */
  | { readonly ready: true }
  | { readonly look: readonly OcrImage[] }
  | Answer
  | { readonly refused: UnreadableCode; readonly message: string; readonly cause?: string }

/** What goes over without a copy: the buffer, where the bytes fill it. */
export function transferable({ buffer, byteLength }: Uint8Array): readonly ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []
}
