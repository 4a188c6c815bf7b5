/** Joins what was found by words and by vectors, for those that don't do it themselves. @module */

const wordsShare = 0.7

/** Numbers of chunks by the weighted sum of their scores' distances from the mean; each side is `[number, score]`s. */
export function fuse(words, vectors) {
  const sums = new Map()
  for (const [side, share] of [
    [words, wordsShare],
    [vectors, 1 - wordsShare],
  ]) {
    const mean = side.reduce((sum, [, score]) => sum + score, 0) / side.length
    const deviation = Math.sqrt(side.reduce((sum, [, score]) => sum + (score - mean) ** 2, 0) / side.length) || 1
    const least = side.reduce((low, [, score]) => Math.min(low, (score - mean) / deviation), 0)
    // A chunk that one side doesn't have counts there like the last that it has.
    for (const [number, score] of side) sums.set(number, (sums.get(number) ?? 0) + share * ((score - mean) / deviation - least))
  }
  return [...sums].sort((left, right) => right[1] - left[1]).map(([number]) => number)
}
