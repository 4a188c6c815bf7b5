/** How long it usually is from one point to the next, milliseconds: the median, which a gap or two don't move. Undefined below three points. */
export function usualInterval(points: readonly (readonly [time: number, value: number])[]): number | undefined {
  if (points.length < 3) return undefined
  const steps = points.slice(1).map(([time], index) => Math.max(0, time - (points[index]?.[0] ?? time)))
  return steps.sort((one, other) => one - other)[steps.length >> 1]
}
