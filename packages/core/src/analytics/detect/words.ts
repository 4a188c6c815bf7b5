const spans = [
  ['week', 7 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const

/** Milliseconds as `3 days`: of the longest unit of which there are two, rounded. */
export function spanOf(milliseconds: number): string {
  const [unit, length] = spans.find(([, span]) => milliseconds >= 2 * span) ?? ['second', 1_000]
  const amount = Math.max(1, Math.round(milliseconds / length))
  return `${amount} ${unit}${amount === 1 ? '' : 's'}`
}
