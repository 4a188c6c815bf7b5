import { InvalidInputError } from '../../errors.ts'

/** A confidence that was stated, 0–1, and whether what it was stated for held. */
export interface Judged {
  readonly confidence: number
  readonly right: boolean
}

export interface CalibrationBin {
  /** Confidences above `from` (the first bin has 0, too), up to and with `to`. */
  readonly from: number
  readonly to: number
  readonly count: number
  /** Means over what is in the bin; 0 where it is empty. */
  readonly confidence: number
  readonly accuracy: number
}

export interface Calibration {
  /** Expected calibration error: mean distance of confidence and accuracy over the bins, weighed by their counts. */
  readonly error: number
  /** For the reliability plot. */
  readonly bins: readonly CalibrationBin[]
}

/** @param bins of equal width. @throws InvalidInputError for a confidence outside 0–1. */
export function calibration(judged: readonly Judged[], bins = 10): Calibration {
  const members: Judged[][] = Array.from({ length: bins }, () => [])
  for (const one of judged) {
    if (!(one.confidence >= 0 && one.confidence <= 1)) throw new InvalidInputError('A confidence is from 0 to 1.')
    members[Math.max(0, Math.ceil(one.confidence * bins) - 1)]?.push(one)
  }
  const summary = members.map((inside, index) => ({
    from: index / bins,
    to: (index + 1) / bins,
    count: inside.length,
    confidence: mean(inside.map((one) => one.confidence)),
    accuracy: mean(inside.map((one) => Number(one.right))),
  }))
  const error =
    summary.reduce((sum, bin) => sum + bin.count * Math.abs(bin.confidence - bin.accuracy), 0) / Math.max(1, judged.length)
  return { error, bins: summary }
}

/**
 * Area under the receiver operating characteristic: how probably one that is right has a higher score than one that isn't; equal scores
 * count half. Undefined where one of the kinds is missing. Scores may have any scale.
 */
export function separation(judged: readonly Judged[]): number | undefined {
  const sorted = [...judged].sort((a, b) => a.confidence - b.confidence)
  const positives = sorted.filter((one) => one.right).length
  const negatives = sorted.length - positives
  if (positives === 0 || negatives === 0) return undefined
  let wins = 0
  let below = 0
  for (const tied of runsOfEqual(sorted)) {
    const rightOnes = tied.filter((one) => one.right).length
    const wrongOnes = tied.length - rightOnes
    wins += rightOnes * (below + wrongOnes / 2)
    below += wrongOnes
  }
  return wins / (positives * negatives)
}

export interface RiskPoint {
  /** Everything at or above this confidence is answered. */
  readonly threshold: number
  /** The share that is answered, and the share of it that is wrong. */
  readonly coverage: number
  readonly risk: number
}

/** From the most careful threshold to the one that answers everything; a point for each confidence that occurs. */
export function riskCoverage(judged: readonly Judged[]): RiskPoint[] {
  const sorted = [...judged].sort((a, b) => b.confidence - a.confidence)
  let answered = 0
  let wrong = 0
  return runsOfEqual(sorted).map((tied) => {
    answered += tied.length
    wrong += tied.filter((one) => !one.right).length
    return { threshold: tied[0]?.confidence ?? 0, coverage: answered / sorted.length, risk: wrong / answered }
  })
}

function runsOfEqual(sorted: readonly Judged[]): Judged[][] {
  const runs: Judged[][] = []
  for (const one of sorted) {
    const last = runs.at(-1)
    if (last && last[0]?.confidence === one.confidence) last.push(one)
    else runs.push([one])
  }
  return runs
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
