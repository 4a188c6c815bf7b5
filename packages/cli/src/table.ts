/** Aligned text for a person's terminal. @module */
import { printable } from './printable.ts'

/** @param right the columns of numbers, which end together. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number> = new Set(),
): string[] {
  const lines = [head, ...rows].map((cells) => cells.map(printable))
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => widthOf(cells[column] ?? ''))))
  return lines.map((cells) =>
    cells
      .map((cell, column) => {
        const space = ' '.repeat((widths[column] ?? 0) - widthOf(cell))
        return right.has(column) ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd(),
  )
}

/** A line a field, below each other; fields without a value are left out. */
export function fieldList(fields: Readonly<Record<string, string | undefined>>): string[] {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const width = Math.max(...given.map(([name]) => name.length))
  return given.map(([name, value = '']) => `  ${name.padEnd(width)}  ${printable(value)}`)
}

function widthOf(text: string): number {
  return [...text].length
}
