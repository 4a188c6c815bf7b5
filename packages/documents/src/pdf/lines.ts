import type { TextItem } from 'pdfjs-dist/types/src/display/api.js'
import type { Cell, Line } from './line.ts'

/** Where a piece of text stands, along and across the direction that it is written in. */
interface Piece {
  readonly text: string
  readonly x0: number
  readonly x1: number
  readonly baseline: number
  readonly height: number
  readonly angle: number
}

/** In heights of the type: from here a gap is a space; from here on it parts cells. */
const space = 0.15
const gap = 1.5

/** The lines of a page, in the order in which the file writes them. */
export function linesOf(items: readonly TextItem[]): Line[] {
  const lines: Line[] = []
  let pieces: Piece[] = []
  let spaced = false
  const flush = (): void => {
    if (pieces.length > 0) lines.push(lineOf(pieces))
    pieces = []
    spaced = false
  }
  for (const item of items) {
    const piece = pieceOf(item)
    if (item.str.trim() === '') {
      spaced ||= item.str !== ''
      continue
    }
    const last = pieces.at(-1)
    if (last && !isSameLine(last, piece, item.dir === 'rtl')) flush()
    pieces.push(spaced && pieces.length > 0 ? { ...piece, text: ` ${piece.text}` } : piece)
    spaced = false
  }
  flush()
  return lines
}

function pieceOf({ str, transform, width, height }: TextItem): Piece {
  const [a = 1, b = 0, c = 0, d = 1, e = 0, f = 0] = transform as number[]
  const size = Math.hypot(a, b) || 1
  const [along, across] = [a / size, b / size]
  const x0 = e * along + f * across
  return {
    text: str,
    x0,
    x1: x0 + width,
    baseline: f * along - e * across,
    height: Math.hypot(c, d) || height || 1,
    angle: Math.round(Math.atan2(b, a) * 100),
  }
}

function isSameLine(last: Piece, next: Piece, backwards: boolean): boolean {
  if (last.angle !== next.angle) return false
  // Raised and lowered figures are smaller, and stand within the height of the line.
  if (Math.abs(last.baseline - next.baseline) > 0.5 * Math.max(last.height, next.height)) return false
  const slack = 0.5 * Math.max(last.height, next.height)
  return next.x0 >= last.x1 - slack || (backwards && next.x1 <= last.x0 + slack)
}

function lineOf(pieces: readonly Piece[]): Line {
  const cells: Cell[] = []
  let last: Piece | undefined
  for (const piece of pieces) {
    const cell = cells.at(-1)
    const distance = last === undefined ? 0 : Math.max(piece.x0 - last.x1, last.x0 - piece.x1)
    if (!cell || !last || distance > gap * piece.height) {
      cells.push({ text: piece.text.trim(), x0: piece.x0, x1: piece.x1 })
    } else {
      const apart = distance > space * piece.height && !/\s$/.test(cell.text) && !/^\s/.test(piece.text)
      cells[cells.length - 1] = {
        text: `${cell.text}${apart ? ' ' : ''}${piece.text}`,
        x0: Math.min(cell.x0, piece.x0),
        x1: Math.max(cell.x1, piece.x1),
      }
    }
    last = piece
  }
  const heights = pieces.map(({ height }) => height)
  const tallest = heights.indexOf(Math.max(...heights.slice(0, 1_000)))
  return {
    cells: cells.map((cell) => ({ ...cell, text: cell.text.replaceAll(/\s+/g, ' ').trim() })),
    baseline: pieces[tallest]?.baseline ?? 0,
    height: heights[tallest] ?? 1,
  }
}
