import { type Line, leftOf, rightOf } from './line.ts'

/** Most lines that are put in order by where they stand. */
const most = 3_000

/**
 * Lines in the order in which they are read. Files mostly write them so, column by column; where the order jumps up and down the page,
 * it is found anew by cutting the page along its widest gaps (recursive X–Y cut: Nagy and Seth 1984).
 */
export function inReadingOrder(lines: readonly Line[]): readonly Line[] {
  let jumps = 0
  for (const [at, line] of lines.entries()) {
    const before = lines[at - 1]
    if (before && line.baseline > before.baseline + 0.5 * line.height) jumps++
  }
  return jumps <= Math.max(3, lines.length / 10) || lines.length > most ? lines : joined(cut(lines))
}

function cut(lines: readonly Line[]): readonly Line[] {
  if (lines.length < 2) return lines
  const height = lines.map((line) => line.height).sort((a, b) => a - b)[Math.floor(lines.length / 2)] ?? 1
  const columns = widestGap(lines, leftOf, rightOf)
  const rows = widestGap(
    lines,
    (line) => -line.baseline - line.height,
    (line) => -line.baseline,
  )
  const standing = columns.width > height && columns.before.length > 1 && columns.after.length > 1
  const { before, after, width } = standing ? columns : rows
  if (width <= 0) return [...lines].sort((a, b) => b.baseline - a.baseline || leftOf(a) - leftOf(b))
  return [...cut(before), ...cut(after)]
}

interface Gap {
  readonly width: number
  readonly before: readonly Line[]
  readonly after: readonly Line[]
}

function widestGap(lines: readonly Line[], from: (line: Line) => number, to: (line: Line) => number): Gap {
  const sorted = [...lines].sort((a, b) => from(a) - from(b))
  let widest = { at: 0, width: 0 }
  let reached = Number.NEGATIVE_INFINITY
  for (const [at, line] of sorted.entries()) {
    const width = from(line) - reached
    if (at > 0 && width > widest.width) widest = { at, width }
    reached = Math.max(reached, to(line))
  }
  return { width: widest.width, before: sorted.slice(0, widest.at), after: sorted.slice(widest.at) }
}

/** Lines on one baseline, side by side, are one: the cells of a row that the file wrote column by column. */
function joined(lines: readonly Line[]): readonly Line[] {
  const all: Line[] = []
  for (const line of lines) {
    const last = all.at(-1)
    if (last && Math.abs(last.baseline - line.baseline) < 0.3 * line.height && leftOf(line) >= rightOf(last))
      all[all.length - 1] = { ...last, cells: [...last.cells, ...line.cells] }
    else all.push(line)
  }
  return all
}
