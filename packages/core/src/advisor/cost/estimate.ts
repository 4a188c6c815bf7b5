import { type CostKind, type CostLine, type CostParts, scenarios } from './cost-line.ts'
import { fixedLines } from './fixed-lines.ts'
import { knowledgeLines } from './knowledge-lines.ts'
import { requestLines } from './request-lines.ts'
import { streamLines } from './stream-lines.ts'

/** What it costs, USD a month, but for `one_off`. */
export interface CostEstimate {
  readonly min: number
  readonly likely: number
  readonly max: number
  /** Of the likely one. */
  readonly fixed: number
  readonly variable: number
  readonly one_off: number
  /** The likely ones, the dearest first. */
  readonly lines: readonly CostLine[]
}

/** Everything of one scenario. */
export function costLines(parts: CostParts): readonly CostLine[] {
  return [...requestLines(parts), ...knowledgeLines(parts), ...streamLines(parts), ...fixedLines(parts)]
}

export function estimateCost(parts: Omit<CostParts, 'scenario'>): CostEstimate {
  const month = (lines: readonly CostLine[]): number => sumOf(lines, 'fixed') + sumOf(lines, 'variable')
  const likely = costLines({ ...parts, scenario: scenarios.likely })
  return {
    min: month(costLines({ ...parts, scenario: scenarios.min })),
    likely: month(likely),
    max: month(costLines({ ...parts, scenario: scenarios.max })),
    fixed: sumOf(likely, 'fixed'),
    variable: sumOf(likely, 'variable'),
    one_off: sumOf(likely, 'one_off'),
    lines: likely.filter(({ usd }) => usd > 0).toSorted((one, other) => other.usd - one.usd),
  }
}

function sumOf(lines: readonly CostLine[], kind: CostKind): number {
  return lines.filter((line) => line.kind === kind).reduce((sum, { usd }) => sum + usd, 0)
}
