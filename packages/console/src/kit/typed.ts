/** Values as people type them, and back. @module */

/** Digits, grouped in threes or not: what may be meant otherwise, such as `1,5`, is no such number. */
const grouped = /^[+-]?(?:\d+|\d{1,3}(?:[,_ ]\d{3})+)(?:\.\d*)?$/

/** A number; what can't be read as one is given as it is, for the server to refuse by its field. */
export function numberIn(text: string): number | string {
  const trimmed = text.trim()
  const number = Number(grouped.test(trimmed) ? trimmed.replaceAll(/[,_ ]/g, '') : trimmed)
  return trimmed !== '' && Number.isFinite(number) ? number : trimmed
}

/** Words with commas between them, or what else separates them. */
export function wordsIn(text: string, separator = ','): readonly string[] {
  return text
    .split(separator)
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

/** A value as it would be typed; nothing for one that isn't set. */
export function typedOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return Array.isArray(value) ? value.join(', ') : String(value)
}
