import type { Finding } from '../../src/analytics/finding.ts'
import type { NumberAggregate } from '../../src/analytics/windows/window.ts'

export const noon: number = Date.UTC(2026, 0, 1, 12)
export const minute = 60_000

/** A temperature of a pump that jumped. */
export function finding(more: Partial<Finding> = {}): Finding {
  const timestamp = more.timestamp ?? noon
  return {
    key: 'pump-1',
    field: 'temperature',
    timestamp,
    kind: 'value',
    value: 93,
    score: 0.4,
    reason: 'temperature is far above all that was seen',
    expected: [18, 24],
    data_point: { temperature: 93 },
    recent: Array.from({ length: 12 }, (_, index) => [timestamp - (12 - index) * 10_000, 20 + (index % 3)] as const),
    window: window(),
    accepted: timestamp,
    ...more,
  }
}

/** A window of sixty values around 21. */
export function window(more: Partial<NumberAggregate> = {}): NumberAggregate {
  return { count: 60, sum: 1_260, min: 19, max: 23, mean: 21, variance: 1, p50: 21, p95: 22.8, p99: 23, ...more }
}
