/** A run of words without a wide gap. */
export interface Cell {
  readonly text: string
  readonly x0: number
  readonly x1: number
}

/** A line of a page. */
export interface Line {
  /** From left to right as they are read; more than one where wide gaps part them. */
  readonly cells: readonly Cell[]
  /** Of the line along which it is written; upwards is more. */
  readonly baseline: number
  /** Of the type; the same unit as the rest, whichever that is. */
  readonly height: number
}

export function textOf({ cells }: Line): string {
  return cells.map(({ text }) => text).join(' ')
}

export function leftOf({ cells }: Line): number {
  return cells.reduce((least, { x0 }) => Math.min(least, x0), Number.POSITIVE_INFINITY)
}

export function rightOf({ cells }: Line): number {
  return cells.reduce((most, { x1 }) => Math.max(most, x1), Number.NEGATIVE_INFINITY)
}
