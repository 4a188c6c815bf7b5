/** What goes between the reader and its thread. @module */
import type { ChunkTable, OcrImage, OcrPage, UnreadableCode } from '@plinth/core'
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

export type FromThread =
  | { readonly look: readonly OcrImage[] }
  | { readonly text: string; readonly pages?: readonly number[]; readonly table: ChunkTable }
  | { readonly refused: UnreadableCode; readonly message: string; readonly cause?: string }
