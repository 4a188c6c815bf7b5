// The reliability diagram and the risk–coverage curve as SVG, and all numbers as a Markdown table.

const size = 320
const margin = 44
const at = (value) => (margin + value * size).toFixed(1)
const up = (value) => (margin + size - value * size).toFixed(1)

/** File names with their contents. */
export function figuresOf({ table, bins, curves }) {
  return {
    'reliability.svg': reliabilityChart(bins),
    'risk-coverage.svg': riskChart(curves),
    'calibration.md': page(table, bins),
  }
}

function reliabilityChart(bins) {
  const bars = bins
    .filter(({ share }) => share > 0)
    .map(
      ({ from, observed, share, confidence }) =>
        `<rect x="${at(from + 0.005)}" y="${up(observed)}" width="${(size * 0.09).toFixed(1)}" height="${(size * observed).toFixed(1)}" fill="#3b6ea5" fill-opacity="${(0.25 + 0.75 * Math.min(1, share * 4)).toFixed(2)}"/><circle cx="${at(confidence)}" cy="${up(observed)}" r="3" fill="#b3451d"/>`,
    )
    .join('\n')
  return chart(
    'Reliability: what the confidence says, and what holds',
    'confidence',
    'share that has an answer',
    `<path d="M${at(0)} ${up(0)}L${at(1)} ${up(1)}" stroke="#888" stroke-dasharray="4"/>\n${bars}`,
  )
}

function riskChart(curves) {
  const colours = ['#3b6ea5', '#b3451d']
  const lines = Object.entries(curves).map(([name, points], index) => {
    const path = points.map(({ coverage, risk }) => `${at(coverage)},${up(risk)}`).join(' ')
    const label = `<text x="${at(0.03)}" y="${up(0.95 - index * 0.07)}" fill="${colours[index]}">${name}</text>`
    return `<polyline points="${path}" fill="none" stroke="${colours[index]}" stroke-width="2"/>${label}`
  })
  return chart(
    'Risk and coverage: of the most confident answers, the share that is wrong',
    'share answered, most confident first',
    'share of them without (risk)',
    lines.join('\n'),
  )
}

function chart(title, across, upward, content) {
  const marks = [0, 0.25, 0.5, 0.75, 1].map(
    (value) =>
      `<text x="${at(value)}" y="${margin + size + 16}" text-anchor="middle">${value}</text><text x="${margin - 6}" y="${up(value)}" text-anchor="end">${value}</text>`,
  )
  const edge = size + 2 * margin
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${edge} ${edge}" width="${edge}" height="${edge}" font-family="sans-serif" font-size="12">
<title>${title}</title>
<rect width="${edge}" height="${edge}" fill="#fff"/>
<rect x="${margin}" y="${margin}" width="${size}" height="${size}" fill="none" stroke="#444"/>
${marks.join('\n')}
<text x="${edge / 2}" y="${edge - 8}" text-anchor="middle">${across}</text>
<text x="14" y="${edge / 2}" text-anchor="middle" transform="rotate(-90 14 ${edge / 2})">${upward}</text>
${content}
</svg>
`
}

function page(table, bins) {
  const rows = table.map(([words, value]) => `| ${words} | ${value.toFixed(3)} |`)
  const shown = bins.map(
    ({ from, share, confidence, observed }) =>
      `| ${from.toFixed(1)}–${(from + 0.1).toFixed(1)} | ${share.toFixed(3)} | ${confidence.toFixed(3)} | ${observed.toFixed(3)} |`,
  )
  return `# Calibration of the confidence

Written by \`scripts/calibrate.mjs\`: eight articles of SQuAD 2.0, each judged by weights that were made of the other seven, and claims
of SciFact, in folds of their own. Passages are what a Plinth finds in its index by words and vectors; the embedded extractive model
answers.

| measured | |
|---|---|
${rows.join('\n')}

| confidence | share of questions | mean confidence | have an answer |
|---|---|---|---|
${shown.join('\n')}
`
}
