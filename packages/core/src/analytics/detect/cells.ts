/**
 * Which values were seen, in little room: a row of 128 cells, a bit each, in four 32-bit words of a larger array.
 * @module
 */

export const cellsInRow = 128
export const wordsInRow = 4

export function markCell(words: Uint32Array, row: number, cell: number): void {
  const at = row + (cell >>> 5)
  words[at] = (words[at] as number) | (1 << (cell & 31))
}

export function isEmptyRow(words: Uint32Array, row: number): boolean {
  return ((words[row] as number) | (words[row + 1] as number) | (words[row + 2] as number) | (words[row + 3] as number)) === 0
}

/** @returns how many cells the nearest marked one is away; {@link cellsInRow} where none is. */
export function distanceToMarked(words: Uint32Array, row: number, cell: number): number {
  const middle = cell >>> 5
  const bit = cell & 31
  const word = words[row + middle] as number
  if ((word >>> bit) & 1) return 0
  let at = middle
  let lower = word & ((1 << bit) - 1)
  while (lower === 0 && at > 0) lower = words[row + --at] as number
  const below = lower === 0 ? cellsInRow : cell - (at * 32 + highestBit(lower))
  at = middle
  let upper = bit === 31 ? 0 : word & (-2 << bit)
  while (upper === 0 && at < wordsInRow - 1) upper = words[row + ++at] as number
  const above = upper === 0 ? cellsInRow : at * 32 + lowestBit(upper) - cell
  return Math.min(below, above)
}

/** The lowest and the highest marked cell; undefined where none is. */
export function markedRange(words: Uint32Array, row: number): readonly [low: number, high: number] | undefined {
  if (isEmptyRow(words, row)) return undefined
  let low = 0
  while (words[row + low] === 0) low++
  let high = wordsInRow - 1
  while (words[row + high] === 0) high--
  return [low * 32 + lowestBit(words[row + low] as number), high * 32 + highestBit(words[row + high] as number)]
}

/** Moves each mark to another cell, or to several in a row; what would lie outside of the row is dropped. */
export function moveMarks(words: Uint32Array, row: number, to: (cell: number) => number, times = 1): void {
  if (isEmptyRow(words, row)) return
  const before = words.slice(row, row + wordsInRow)
  words.fill(0, row, row + wordsInRow)
  for (let cell = 0; cell < cellsInRow; cell++) {
    if ((((before[cell >>> 5] as number) >>> (cell & 31)) & 1) === 0) continue
    const moved = to(cell)
    for (let each = moved; each < moved + times; each++) if (each >= 0 && each < cellsInRow) markCell(words, row, each)
  }
}

function highestBit(word: number): number {
  return 31 - Math.clz32(word)
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word)
}
