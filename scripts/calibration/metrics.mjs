// Measures of a confidence. Rows are {confidence, label, weight}.

/** The probability that a positive stands above a negative; ties count half. */
export function auroc(positives, negatives) {
  const all = [
    ...positives.map(({ confidence, weight = 1 }) => ({ confidence, positive: weight, negative: 0 })),
    ...negatives.map(({ confidence, weight = 1 }) => ({ confidence, positive: 0, negative: weight })),
  ].sort((one, two) => one.confidence - two.confidence)
  let below = 0
  let sum = 0
  for (let at = 0; at < all.length; ) {
    let positive = 0
    let negative = 0
    const { confidence } = all[at]
    for (; at < all.length && all[at].confidence === confidence; at++) {
      positive += all[at].positive
      negative += all[at].negative
    }
    sum += positive * (below + negative / 2)
    below += negative
  }
  return sum / (below * all.reduce((total, { positive }) => total + positive, 0))
}

/** Ten bins of equal width: {from, share, confidence, observed}. */
export function reliability(rows) {
  const total = rows.reduce((sum, { weight }) => sum + weight, 0)
  return Array.from({ length: 10 }, (_, bin) => {
    const own = rows.filter(({ confidence }) => Math.min(9, Math.floor(confidence * 10)) === bin)
    const weight = own.reduce((sum, row) => sum + row.weight, 0)
    const mean = (of) => (weight === 0 ? 0 : own.reduce((sum, row) => sum + row.weight * of(row), 0) / weight)
    return {
      from: bin / 10,
      share: weight / total,
      confidence: mean((row) => row.confidence),
      observed: mean((row) => row.label),
    }
  })
}

export function expectedCalibrationError(rows) {
  return reliability(rows).reduce((sum, { share, confidence, observed }) => sum + share * Math.abs(confidence - observed), 0)
}

/** Of the most confident share of all, how many are wrong: {coverage, threshold, risk}. */
export function riskCoverage(rows, steps = 20) {
  const sorted = [...rows].sort((one, two) => two.confidence - one.confidence)
  const total = rows.reduce((sum, { weight }) => sum + weight, 0)
  const curve = []
  let taken = 0
  let wrong = 0
  for (const { confidence, label, weight } of sorted) {
    taken += weight
    wrong += weight * (1 - label)
    if (taken / total >= (curve.length + 1) / steps - 1e-9)
      curve.push({ coverage: taken / total, threshold: confidence, risk: wrong / taken })
  }
  return curve
}

/** The overlap of words between an answer and the best of the accepted ones, as SQuAD counts it: F1 without articles and marks. */
export function wordF1(answer, accepted) {
  return Math.max(0, ...accepted.map((gold) => overlap(plainWords(answer), plainWords(gold))))
}

function plainWords(text) {
  return text
    .toLowerCase()
    .replace(/\[\d+\]/g, ' ')
    .replace(/[^\p{L}\p{N}\s]/gu, '')
    .replace(/\b(?:a|an|the)\b/g, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
}

function overlap(one, two) {
  const left = new Map()
  for (const word of two) left.set(word, (left.get(word) ?? 0) + 1)
  let shared = 0
  for (const word of one) {
    const count = left.get(word) ?? 0
    if (count > 0) shared++
    left.set(word, count - 1)
  }
  return shared === 0 ? 0 : (2 * shared) / (one.length + two.length)
}
