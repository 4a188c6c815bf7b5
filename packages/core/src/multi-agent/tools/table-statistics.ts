import type { Tool } from './tool.ts'

const mostRows = 10_000

/** Figures of a column, which models count badly. */
export const tableStatistics: Tool = {
  name: 'table_statistics',
  description: 'Count, sum, mean, median, minimum, maximum and standard deviation of numbers, such as a column of a table.',
  inputSchema: {
    type: 'object',
    properties: {
      values: { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: mostRows, description: 'The numbers.' },
    },
    required: ['values'],
    additionalProperties: false,
  },
  changes: false,
  async run({ input }) {
    return { text: JSON.stringify(statisticsOf(input.values as readonly number[])) }
  },
}

/** @property deviation of a sample: the root of the squares over n − 1; 0 for a single value. */
interface Statistics {
  readonly count: number
  readonly sum: number
  readonly mean: number
  readonly median: number
  readonly minimum: number
  readonly maximum: number
  readonly deviation: number
}

function statisticsOf(values: readonly number[]): Statistics {
  const sorted = values.toSorted((one, other) => one - other)
  const count = sorted.length
  const sum = sorted.reduce((total, value) => total + value, 0)
  const mean = sum / count
  const squares = sorted.reduce((total, value) => total + (value - mean) ** 2, 0)
  const middle = count >> 1
  const median = count % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  return {
    ...{ count, sum, mean, median },
    minimum: sorted[0] ?? 0,
    maximum: sorted[count - 1] ?? 0,
    deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : 0,
  }
}
