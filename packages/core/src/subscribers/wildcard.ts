/**
 * Texts with `*` for any run of characters, none included; `\*` is a star and `\\` a backslash. Matching takes time in proportion
 * to both texts together, whatever they hold: whoever writes patterns must not be able to keep the relay busy.
 * @module
 */

/** What stands between the stars. Undefined for two stars in a row, and for a backslash before anything else. */
export function wildcardParts(pattern: string): readonly string[] | undefined {
  const parts: string[] = []
  let part = ''
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index)
    if (character === '*') {
      if (pattern.charAt(index + 1) === '*') return undefined
      parts.push(part)
      part = ''
    } else if (character === '\\') {
      const escaped = pattern.charAt(++index)
      if (escaped !== '*' && escaped !== '\\') return undefined
      part += escaped
    } else part += character
  }
  return [...parts, part]
}

/** Whether a text has these parts, in their order, the first at its beginning and the last at its end. */
export function matchesWildcard(parts: readonly string[], text: string): boolean {
  const [first = '', ...rest] = parts
  const last = rest.pop()
  if (last === undefined) return text === first
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false
  const end = text.length - last.length
  let from = first.length
  // The earliest place for each leaves the most room for the others.
  for (const part of rest) {
    const found = search(text, part, from, end)
    if (found < 0) return false
    from = found + part.length
  }
  return true
}

/** Where a part, which is never empty, first stands within [from, end), or -1 (Knuth, Morris and Pratt, 1977: never steps back in the text). */
function search(text: string, part: string, from: number, end: number): number {
  const borders = bordersOf(part)
  let matched = 0
  for (let index = from; index < end; index++) {
    while (matched > 0 && text.charAt(index) !== part.charAt(matched)) matched = borders[matched - 1] ?? 0
    if (text.charAt(index) === part.charAt(matched)) matched++
    if (matched === part.length) return index - matched + 1
  }
  return -1
}

/** For each beginning of a part: the length of the longest that is both its beginning and its end, but not all of it. */
function bordersOf(part: string): number[] {
  const borders: number[] = [0]
  let length = 0
  for (let index = 1; index < part.length; index++) {
    while (length > 0 && part.charAt(index) !== part.charAt(length)) length = borders[length - 1] ?? 0
    if (part.charAt(index) === part.charAt(length)) length++
    borders.push(length)
  }
  return borders
}
