/**
 * Tokens of the models that run in this process, which have no tokeniser. The rule: four bytes of UTF-8 are a token, rounded up;
 * that is close to what tokenisers make of English prose.
 * @module
 */

const bytesPerToken = 4

/** Tokens of so many bytes of UTF-8. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / bytesPerToken)
}

/** Bytes of the text in UTF-8; half a surrogate pair counts as the three bytes of its replacement character. */
export function utf8Bytes(text: string): number {
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    const width = bytesAt(text, at)
    bytes += width
    if (width === 4) at++
  }
  return bytes
}

/** Tokens of the text. */
export function countTokens(text: string): number {
  return tokensOfBytes(utf8Bytes(text))
}

/** The longest beginning of the text that has at most so many tokens; never cuts a surrogate pair. */
export function cutToTokens(text: string, tokens: number): string {
  let room = Math.max(0, Math.floor(tokens)) * bytesPerToken
  if (text.length * 3 <= room) return text
  for (let at = 0; at < text.length; at++) {
    const width = bytesAt(text, at)
    if (width > room) return text.slice(0, at)
    room -= width
    if (width === 4) at++
  }
  return text
}

function bytesAt(text: string, at: number): 1 | 2 | 3 | 4 {
  const code = text.charCodeAt(at)
  if (code < 0x80) return 1
  if (code < 0x800) return 2
  if (code < 0xd800 || code > 0xdbff) return 3
  const next = text.charCodeAt(at + 1)
  return next >= 0xdc00 && next <= 0xdfff ? 4 : 3
}
