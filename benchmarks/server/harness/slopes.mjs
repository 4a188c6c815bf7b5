/** Whether something stays as it is: how it goes with time, and how sure that is. @module */
import { median, quantile } from '../../event-driven/harness/statistics.mjs'

/**
 * The slope of Theil and Sen: the median of those between every two points, which a few outliers don't move.
 * @param points pairs of time and value. @returns the slope for each unit of time, with the 95% interval of Sen.
 */
export function slopeOf(points) {
  const known = points.filter(([, value]) => Number.isFinite(value))
  const slopes = []
  for (const [index, [time, value]] of known.entries())
    for (const [later, next] of known.slice(index + 1)) slopes.push((next - value) / (later - time))
  if (slopes.length === 0) return { slope: Number.NaN, low: Number.NaN, high: Number.NaN }
  slopes.sort((one, other) => one - other)
  const { length: count } = known
  const spread = (1.96 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18)) / slopes.length / 2
  return {
    slope: median(slopes),
    low: quantile(slopes, Math.max(0, 0.5 - spread)),
    high: quantile(slopes, Math.min(1, 0.5 + spread)),
  }
}
