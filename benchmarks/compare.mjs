/** One table of all benchmarks. @module */
import { comparisons } from './comparisons.mjs'
import { table } from './event-driven/harness/markdown.mjs'
import { median, summarise } from './event-driven/harness/statistics.mjs'

/**
 * @param resultsOf name of a benchmark → its raw results, undefined where it was not run.
 * @returns markdown: a line for each peer; ahead means above 1 of `ahead`, whichever way the figure is better.
 */
export function compareAll(resultsOf) {
  const lines = comparisons.flatMap((comparison) => {
    const results = resultsOf(comparison.benchmark)
    return results ? linesOf(comparison, comparison.rowsOf(results)) : []
  })
  return table(['', 'Plinth', 'beside it', 'ahead', 'spread of Plinth, of the other', 'CPU', 'memory MB'], lines)
}

function linesOf(comparison, all) {
  const { benchmark, what, better, peers, ours: name = 'plinth' } = comparison
  const of = (contender) => all.filter((row) => row.contender === contender && comparison.only(row, all))
  const ours = measured(comparison, of(name))
  if (!ours) return []
  return Object.entries(peers).flatMap(([peer, title]) => {
    const theirs = measured(comparison, of(peer))
    if (!theirs) return []
    const ahead = better === 'high' ? ours.figure / theirs.figure : theirs.figure / ours.figure
    return [
      [
        `${benchmark}: ${what}`,
        shown(ours.figure, comparison.unit),
        `${title}: ${shown(theirs.figure, comparison.unit)}`,
        `× ${shown(ahead, '')}`,
        `${ours.spread}, ${theirs.spread}`,
        ratio(ours.cpu, theirs.cpu),
        `${megabytes(ours.memory)} : ${megabytes(theirs.memory)}`,
      ],
    ]
  })
}

/** Medians of the rounds; undefined without any. */
function measured({ figure, cpu, memory }, rows) {
  const figures = values(rows, figure)
  const rounds = summarise(figures, 'low')
  if (!rounds) return undefined
  return {
    figure: rounds.median,
    spread:
      rounds.count === 1
        ? 'one round'
        : `± ${Math.round((50 * (rounds.worst - rounds.best)) / rounds.median)} % of ${rounds.count}`,
    cpu: middle(rows, cpu),
    memory: middle(rows, memory),
  }
}

function middle(rows, of) {
  const found = of ? values(rows, of) : []
  return found.length === 0 ? undefined : median(found)
}

function values(rows, of) {
  return rows.map(of).filter((value) => Number.isFinite(value))
}

function shown(value, unit) {
  return `${value >= 100 ? Math.round(value).toLocaleString('en') : Number(value.toPrecision(3))}${unit}`
}

function ratio(ours, theirs) {
  return ours === undefined || theirs === undefined ? '–' : `× ${(ours / theirs).toFixed(2)}`
}

function megabytes(bytes) {
  return bytes === undefined ? '–' : Math.round(bytes / 1e6).toLocaleString('en')
}
