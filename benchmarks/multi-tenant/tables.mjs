/** Results as markdown. @module */
import { percent, table } from '../event-driven/harness/markdown.mjs'
import { latencies, median } from '../event-driven/harness/statistics.mjs'
import { scenarios } from './scenarios.mjs'

/** All of one run's results, without a heading above them. */
export function render(results) {
  const { machine, versions, settings, rows } = results
  const loads = rows.map((row) => row.load)
  const others = rows.map((row) => row.others)
  return [
    [
      `- ${results.started.slice(0, 10)}, rounds: ${results.rounds}; Plinth ${versions.plinth} at ${versions.commit}`,
      `- ${machine.cores} × ${machine.cpu}, Linux ${machine.kernel}, ${machine.filesystem}; a synced 4 KiB takes ${machine.sync.p50.toFixed(2)} ms (p99 ${machine.sync.p99.toFixed(2)})`,
      `- Node.js ${versions.node}, SQLite ${versions.sqlite}, ${versions.wrk ?? 'no wrk'}`,
      `- the quiet tenant sends ${settings.requestsPerSecond} requests a second for ${settings.seconds} s, the flood comes on ${settings.floodConnections} connections; model calls take ${settings.latency} ms`,
      `- load average before the turns ${Math.min(...loads).toFixed(2)} to ${Math.max(...loads).toFixed(2)}; others took ${percent(median(others))} of the cores (at most ${percent(Math.max(...others))})`,
    ].join('\n'),
    scenarioTable(rows),
    'Of all rounds together; in brackets against alone. Aimed at: a p99 of the result of at most 2.0 times that alone.',
  ].join('\n\n')
}

function scenarioTable(rows) {
  const head = [
    'the quiet tenant',
    'acknowledged p50 / p99 ms',
    'result p50 / p99 ms',
    'flood accepted + refused /s',
    'server’s CPU, cores',
    'memory MB',
  ]
  const of = (name) => rows.filter((row) => row.scenario === name).map(({ figures }) => figures)
  const names = Object.keys(scenarios).filter((name) => of(name).length > 0)
  const alone = of('alone')
  const lines = names.map((name) => {
    const own = of(name)
    const middle = (key) => median(own.map((figures) => figures[key]))
    return [
      scenarios[name].title,
      beside(own, alone, 'acks'),
      beside(own, alone, 'ends'),
      name === 'alone' ? '–' : `${Math.round(middle('floodAccepted'))} + ${Math.round(middle('floodRefused'))}`,
      middle('cpuShare').toFixed(2),
      Math.round(middle('rss') / 1e6).toString(),
    ]
  })
  return table(head, lines)
}

function beside(own, alone, key) {
  const all = (figures) => latencies(figures.flatMap((each) => each[key]))
  const { p50, p99 } = all(own)
  if (own[0] === alone[0] || alone.length === 0) return `${milliseconds(p50)} / ${milliseconds(p99)}`
  const reference = all(alone)
  return `${milliseconds(p50)} (× ${(p50 / reference.p50).toFixed(1)}) / ${milliseconds(p99)} (× ${(p99 / reference.p99).toFixed(1)})`
}

function milliseconds(value) {
  return value < 10 ? value.toFixed(1) : String(Math.round(value))
}
