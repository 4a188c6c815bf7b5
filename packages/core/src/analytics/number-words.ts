/** How the numbers of a stream are put into words. @module */

/** Beyond it all numbers are one to a detector: sums of a few must not overflow. */
export const greatestMeasured = 1e300

/** With so many digits as somebody compares by eye. */
export function numberInWords(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e9 ? `${value}` : `${Number(value.toPrecision(4))}`
}

/** What a detector keeps, of which nobody knows how far beyond its end it was. */
export function measuredInWords(value: number): string {
  return `${numberInWords(value)}${Math.abs(value) >= greatestMeasured ? ' or beyond' : ''}`
}

/** Between what it was expected to be, or was so far. */
export function rangeInWords([low, high]: readonly [number, number]): string {
  return low === high ? measuredInWords(low) : `${measuredInWords(low)} to ${measuredInWords(high)}`
}
