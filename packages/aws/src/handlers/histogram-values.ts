import type { ExponentialHistogram } from '@opentelemetry/sdk-metrics'

/**
 * About the values that a histogram holds, ascending: the least and the greatest are exact, and so all of one or two; others are the middle
 * of their bucket. With 160 buckets those are within 5 % of what they were where the greatest is 65,536 times the least, and closer else.
 * https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram
 */
export function valuesOf({ scale, zeroCount, positive, min, max }: ExponentialHistogram): number[] {
  const zeros = Array.from({ length: zeroCount }, () => 0)
  const rest = positive.bucketCounts.flatMap((count, index) => {
    const middle = 2 ** ((positive.offset + index + 0.5) / 2 ** scale)
    return Array.from({ length: count }, () => middle)
  })
  const values = [...zeros, ...rest]
  if (min !== undefined) values.splice(0, 1, min)
  if (max !== undefined) values.splice(-1, 1, max)
  return values
}
