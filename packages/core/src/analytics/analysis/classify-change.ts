import type { Finding } from '../finding.ts'

/** In which way a number went wrong. */
export type Change =
  | 'spike'
  | 'drop'
  | 'level shift up'
  | 'level shift down'
  | 'drift up'
  | 'drift down'
  | 'flat line'
  | 'unusual for its time'

/** So many points in a row make a level, or a flat line. */
const run = 5
const leastTrend = 8
/** Of Kendall's tau: beyond it a trend is one (for 8 points, tau 0.64 is significant at 5 %, two-sided; Kendall 1975). */
const trend = 0.7
/** No step of a drift makes more of its whole way. */
const largestStep = 0.4

/**
 * Says by the points around it what a value that wasn't expected is. The finding's own value is the last of the points, or follows them.
 * @param expected between what the value was expected to be.
 */
export function classifyChange(
  { value, recent, window }: Pick<Finding, 'value' | 'recent' | 'window'>,
  expected: readonly [low: number, high: number] | undefined,
): Change | undefined {
  if (typeof value !== 'number') return undefined
  const points = recent.map(([, each]) => each)
  if (points.at(-1) !== value) points.push(value)
  const latest = points.slice(-run)
  const earlier = points.slice(0, -run)
  const moved = earlier.some((each) => each !== value) || (window !== undefined && window.variance > 0)
  if (latest.length === run && moved && latest.every((each) => each === value)) return 'flat line'
  const middle = expected ? (expected[0] + expected[1]) / 2 : mean(points)
  const isUp = value > middle
  if (isTrend(points)) return isUp ? 'drift up' : 'drift down'
  if (!expected) return isUp ? 'spike' : 'drop'
  const [low, high] = expected
  if (value >= low && value <= high) return 'unusual for its time'
  const isBeyond = (each: number): boolean => (isUp ? each > high : each < low)
  if (latest.length === run && latest.every(isBeyond) && earlier.some((each) => !isBeyond(each)))
    return isUp ? 'level shift up' : 'level shift down'
  if (window && value >= window.min && value <= window.max) return 'unusual for its time'
  return isUp ? 'spike' : 'drop'
}

/** Whether points go one way, bit by bit: by Kendall's tau over all pairs (Mann 1945). */
function isTrend(points: readonly number[]): boolean {
  if (points.length < leastTrend) return false
  let agree = 0
  let largest = 0
  for (const [index, point] of points.entries()) {
    const next = points[index + 1]
    if (next !== undefined) largest = Math.max(largest, Math.abs(next - point))
    for (const later of points.slice(index + 1)) agree += Math.sign(later - point)
  }
  const pairs = (points.length * (points.length - 1)) / 2
  const way = Math.abs((points.at(-1) ?? 0) - (points[0] ?? 0))
  return Math.abs(agree) / pairs >= trend && largest <= largestStep * way
}

function mean(points: readonly number[]): number {
  return points.reduce((sum, each) => sum + each, 0) / points.length
}
