/**
 * What a thread needs that reads documents, and no more: the rest of this package takes half a second of a processor to load, for each
 * thread.
 * @module
 */

export { imageSize } from './image-size.ts'
export { type UnreadableCode, UnreadableDocumentError } from './ports/document-reader.ts'
export type { OcrImage, OcrPage, OcrWord } from './ports/ocr.ts'
export type { Block, ChunkTable } from './rag/chunking/block.ts'
export { chunkBlocks } from './rag/chunking/chunk.ts'
export { Headings } from './rag/chunking/headings.ts'
