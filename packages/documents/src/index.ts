/** Documents of common kinds as text with pages and chunks; scanned ones by looking at them. @module */
export { type ClosableDocumentReader, createDocumentReader, type DocumentReaderOptions } from './document-reader.ts'
export { createTesseractOcr, type TesseractOcrOptions } from './tesseract-ocr.ts'
