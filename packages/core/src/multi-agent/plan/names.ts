/** Names in text, by how they are written. @module */

const name = /\p{Lu}[\p{L}\p{M}]|\d|[\u{e000}"“«`]/u

/** Whether a stretch from within a sentence holds what names something: a capital, a figure or a quotation. */
export function hasName(text: string): boolean {
  return name.test(text)
}
