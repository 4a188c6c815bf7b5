import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cellsInRow,
  distanceToMarked,
  markCell,
  markedRange,
  moveMarks,
  wordsInRow,
} from '../../../src/analytics/detect/cells.ts'

const cell = fc.nat(cellsInRow - 1)
const marks = fc.uniqueArray(cell, { maxLength: 12 })

function rowOf(cells: readonly number[]): Uint32Array {
  // Between rows that are full, which mustn't be seen.
  const words = new Uint32Array(3 * wordsInRow).fill(0xffff_ffff)
  words.fill(0, wordsInRow, 2 * wordsInRow)
  for (const each of cells) markCell(words, wordsInRow, each)
  return words
}

function marked(words: Uint32Array): number[] {
  return Array.from({ length: cellsInRow }, (_, at) => at).filter((at) => distanceToMarked(words, wordsInRow, at) === 0)
}

describe('a row of cells', () => {
  it('tells the distance to the nearest marked one', () => {
    fc.assert(
      fc.property(marks, cell, (cells, at) => {
        const nearest = Math.min(cellsInRow, ...cells.map((each) => Math.abs(each - at)))
        expect(distanceToMarked(rowOf(cells), wordsInRow, at)).toBe(nearest)
      }),
    )
  })

  it('tells the lowest and the highest', () => {
    fc.assert(
      fc.property(marks, (cells) => {
        const expected = cells.length === 0 ? undefined : [Math.min(...cells), Math.max(...cells)]
        expect(markedRange(rowOf(cells), wordsInRow)).toEqual(expected)
      }),
    )
  })

  it('moves its marks, and those of no other row', () => {
    fc.assert(
      fc.property(marks, fc.integer({ min: -130, max: 130 }), fc.constantFrom(1, 2), (cells, by, times) => {
        const words = rowOf(cells)
        moveMarks(words, wordsInRow, (each) => each * times + by, times)
        const to = cells.flatMap((each) => Array.from({ length: times }, (_, more) => each * times + by + more))
        const inside = [...new Set(to.filter((each) => each >= 0 && each < cellsInRow))].sort((a, b) => a - b)
        expect(marked(words)).toEqual(inside)
        expect([words[wordsInRow - 1], words[2 * wordsInRow]]).toEqual([0xffff_ffff, 0xffff_ffff])
      }),
    )
  })
})
