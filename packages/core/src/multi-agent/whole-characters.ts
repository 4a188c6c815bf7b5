/** The text up to a place, or one less where that would halve a character. */
export function upTo(text: string, end: number): string {
  const last = text.charCodeAt(end - 1)
  const halves = end < text.length && last >= 0xd800 && last < 0xdc00
  return text.slice(0, halves ? end - 1 : end)
}
