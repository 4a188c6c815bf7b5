import { evaluate } from './arithmetic.ts'
import type { Tool } from './tool.ts'

/** Arithmetic, which models are bad at. */
export const calculate: Tool = {
  name: 'calculate',
  description:
    'Computes an arithmetic expression: numbers, + - * / % ^, parentheses, and sum, mean, min, max, round, sqrt, abs, ln, log10.',
  inputSchema: {
    type: 'object',
    properties: { expression: { type: 'string', description: 'Such as (1250 - 980) / 980 * 100.' } },
    required: ['expression'],
    additionalProperties: false,
  },
  changes: false,
  async run({ input }) {
    const value = evaluate(String(input.expression))
    // Fifteen digits are all that binary fractions hold for certain: 0.1 + 0.2 is 0.3.
    return typeof value === 'number' ? { text: String(Number(value.toPrecision(15))) } : { text: value.fault, failed: true }
  },
}
