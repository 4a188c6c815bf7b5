import type { CategoryAggregate, NumberAggregate, WindowResult } from './window.ts'

/** A result as rows keep it: without names, as many lie in one row. */
type PackedResult = readonly [
  window: string,
  key: string,
  start: number,
  end: number,
  count: number,
  numbers: readonly (readonly [field: string, ...aggregate: number[]])[],
  categories: readonly (readonly [field: string, count: number, distinct: number])[],
]

/** Digits that are kept of what was computed: far more than anybody reads, and no tail of rounding errors. */
const digits = 12

/** As JSON. */
export function packResult({ window, key, start, end, count, numbers, categories }: WindowResult): string {
  const packed: PackedResult = [
    ...([window, key, start, end, count] as const),
    Object.entries(numbers).map(([field, { count, sum, min, max, mean, variance, p50, p95, p99 }]) => {
      return [field, count, short(sum), min, max, short(mean), short(variance), short(p50), short(p95), short(p99)] as const
    }),
    Object.entries(categories).map(([field, { count, distinct }]) => [field, count, distinct] as const),
  ]
  return JSON.stringify(packed)
}

/** @param text a JSON array of what {@link packResult} made. */
export function unpackResults(text: string): readonly WindowResult[] {
  return (JSON.parse(text) as readonly PackedResult[]).map(([window, key, start, end, count, numbers, categories]) => ({
    ...{ window, key, start, end, count },
    rate: (count * 1_000) / (end - start),
    // A field may be named `__proto__`.
    numbers: Object.fromEntries(numbers.map(([field, ...aggregate]) => [field, unpackNumbers(aggregate)])),
    categories: Object.fromEntries(
      categories.map(([field, seen, distinct]): [string, CategoryAggregate] => [field, { count: seen, distinct }]),
    ),
  }))
}

function unpackNumbers([
  count = 0,
  sum = 0,
  min = 0,
  max = 0,
  mean = 0,
  variance = 0,
  p50 = 0,
  p95 = 0,
  p99 = 0,
]: readonly number[]): NumberAggregate {
  return { count, sum, min, max, mean, variance, p50, p95, p99 }
}

function short(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(digits))
}
