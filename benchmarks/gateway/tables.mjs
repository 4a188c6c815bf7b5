/** Results as markdown. @module */
import { percent, table } from '../event-driven/harness/markdown.mjs'
import { median } from '../event-driven/harness/statistics.mjs'
import { contenders } from './contenders.mjs'

/** All of one run's results, without a heading above them. */
export function render(results) {
  const { machine, versions, settings, rows } = results
  const others = rows.map((row) => row.others)
  return [
    [
      `- ${results.started.slice(0, 10)}, rounds: ${results.rounds}; Plinth ${versions.plinth} at ${versions.commit}`,
      `- ${machine.cores} × ${machine.cpu}, Linux ${machine.kernel}, ${machine.filesystem}; Node.js ${versions.node}, SQLite ${versions.sqlite}, ${versions.wrk ?? 'no wrk'}, Portkey ${versions.portkey ?? 'missing'}`,
      `- ${settings.tenants} tenants in turn, ${settings.seconds} s each; others took ${percent(median(others))} of the cores (at most ${percent(Math.max(...others))})`,
    ].join('\n'),
    contenderTable(rows),
    scale(rows),
  ].join('\n\n')
}

const ways = [
  { title: 'whole, 16 connections', connections: 16, streamed: false },
  { title: 'whole, 64 connections', connections: 64, streamed: false },
  { title: 'streamed, 16 connections', connections: 16, streamed: true },
]

function contenderTable(rows) {
  const head = [
    'CPU µs a call (with what follows)',
    ...ways.map(({ title }) => title),
    'calls/s at 64',
    'p99 ms at 64',
    'first byte ms',
  ]
  const lines = Object.keys(contenders)
    .filter((name) => rows.some((row) => row.contender === name && row.round > 0))
    .map((name) => {
      const own = rows.filter((row) => row.contender === name && row.round > 0)
      const of = (way) => own.filter((row) => row.figures && row.connections === way.connections && row.streamed === way.streamed)
      const middle = (found, key) => median(found.map(({ figures }) => figures[key]))
      const cells = ways.map((way) => {
        const found = of(way)
        if (found.length === 0) return '–'
        return `${Math.round(middle(found, 'cpu'))} (${Math.round(middle(found, 'cpuInAll'))})`
      })
      const firsts = own.flatMap((row) => (row.first === undefined ? [] : [row.first]))
      return [
        contenders[name].title,
        ...cells,
        Math.round(middle(of(ways[1]), 'perSecond')).toString(),
        middle(of(ways[1]), 'p99').toFixed(1),
        firsts.length === 0 ? '–' : median(firsts).toFixed(2),
      ]
    })
  return table(head, lines)
}

function scale(rows) {
  const found = rows.filter((row) => row.round === 0)
  if (found.length === 0) return ''
  return table(
    ['Plinth, tenants', 'CPU µs a call (with what follows)', 'p50 / p99 ms', 'memory MB'],
    found.map(({ tenants, figures }) => [
      tenants.toString(),
      `${Math.round(figures.cpu)} (${Math.round(figures.cpuInAll)})`,
      `${figures.p50.toFixed(1)} / ${figures.p99.toFixed(1)}`,
      Math.round(figures.rss / 1e6).toString(),
    ]),
  )
}
