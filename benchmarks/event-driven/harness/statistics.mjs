/** What the tables are made of. @module */

/**
 * The value below which the share `q` of the values lies (nearest rank: the smallest value with at least that share at or
 * below it).
 * @param sorted ascending.
 */
export function quantile(sorted, q) {
  if (sorted.length === 0) return Number.NaN
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)]
}

/** The middle value; of an even number, the mean of the two in the middle. */
export function median(values) {
  const sorted = ascending(values)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Median, best and worst of some rounds. @param better which end is the good one: 'high' for rates, 'low' for times and costs. */
export function summarise(values, better) {
  const sorted = ascending(values.filter((value) => Number.isFinite(value)))
  if (sorted.length === 0) return undefined
  const [low, high] = [sorted[0], sorted.at(-1)]
  return {
    median: median(sorted),
    best: better === 'high' ? high : low,
    worst: better === 'high' ? low : high,
    count: sorted.length,
  }
}

/** Latencies in milliseconds, as the tables show them. */
export function latencies(values) {
  const sorted = ascending(values)
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) ?? Number.NaN }
}

function ascending(values) {
  return Float64Array.from(values).sort()
}
