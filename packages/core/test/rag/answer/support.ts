import type { Passage } from '../../../src/rag/passage.ts'

/** A passage that is a whole document, unless it begins elsewhere. */
export function passageOf(content: string, name = 'a', start = 0): Passage {
  return { document_id: name, source: `${name}.txt`, content, start, end: start + content.length, score: 1 }
}
