/** A text with single spaces for its white space, and none at its ends. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
