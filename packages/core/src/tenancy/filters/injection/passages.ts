/** The most characters of a passage. */
const passageLimit = 512

/** Where the passage that begins at `from` ends: after a sentence or before an empty line; undefined if that isn't to be seen yet. */
export function passageEnd(text: string, from: number, seen: number): number | undefined {
  const to = Math.min(text.length, from + passageLimit)
  for (let at = Math.max(from + 1, seen); at < to; at++) {
    const code = text.charCodeAt(at)
    const before = text.charAt(at - 1)
    if (code <= 32 && sentenceEnds.includes(before) && at - from >= shortest) return at
    if (code === 10 && before === '\n' && at - from >= shortest) return at
    if (at - from >= shortest && wideSentenceEnds.includes(before)) return at
  }
  return text.length >= from + passageLimit ? from + passageLimit : undefined
}

/** So that not too many passages are remembered. */
const shortest = 12
const sentenceEnds = '.!?'
const wideSentenceEnds = '。！？'
