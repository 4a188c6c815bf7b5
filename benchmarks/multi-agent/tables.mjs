/** Results as markdown. @module */
import { percent, table } from '../event-driven/harness/markdown.mjs'
import { median } from '../event-driven/harness/statistics.mjs'
import { contenders } from './contenders.mjs'

const none = '–'

/** All of one run's results, without a heading above them. */
export function render(results) {
  const { rows } = results
  const of = (part) => rows.filter((row) => row.part === part)
  const parts = [
    about(results),
    costTable(of('cost')),
    sizesTable(of('sizes')),
    makespanTable(of('makespan')),
    crashTable(of('crash')),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function about({ started, machine, versions, settings, rows }) {
  const others = rows.map((row) => row.others)
  const peers = Object.entries(versions.peers).map(([name, version]) => `${name} ${version}`)
  return [
    `- ${started.slice(0, 10)}, rounds: ${settings.rounds}; Plinth ${versions.plinth} at ${versions.commit}`,
    `- ${machine.cores} × ${machine.cpu}, Linux ${machine.kernel}, ${machine.filesystem}; Node.js ${versions.node}, SQLite ${versions.sqlite}, ${peers.join(', ')}`,
    `- ${settings.seconds} s of CPU for each measurement of cost; others took ${percent(median(others))} of the cores (at most ${percent(Math.max(...others))})`,
  ].join('\n')
}

function costTable(rows) {
  if (rows.length === 0) return ''
  const graphs = namesOf(rows, 'graph')
  return table(
    ['CPU µs a step (on the clock)', ...graphs, 'memory MB', 'disk bytes a step'],
    namesOf(rows, 'contender').map((name) => {
      const own = rows.filter((row) => row.contender === name)
      const last = own.filter((row) => row.graph === own.at(-1).graph)
      return [
        contenders[name].title,
        ...graphs.map((graph) => costCell(own.filter((row) => row.graph === graph))),
        cell(last, ({ memory }) => memory / 1e6),
        cell(last, ({ disk }) => disk),
      ]
    }),
  )
}

function sizesTable(rows) {
  if (rows.length === 0) return ''
  const graphs = namesOf(rows, 'graph')
  return table(
    ['CPU µs a step (on the clock), disk bytes a step', ...graphs],
    namesOf(rows, 'contender').map((name) => [
      contenders[name].title,
      ...graphs.map((graph) => {
        const own = rows.filter((row) => row.contender === name && row.graph === graph)
        const disk = cell(own, (row) => row.disk)
        return `${costCell(own)}${disk === none ? '' : `, ${disk}`}`
      }),
    ]),
  )
}

function makespanTable(rows) {
  if (rows.length === 0) return ''
  const [{ critical, levels }] = rows
  return [
    table(
      ['random-1000, steps of 10 to 90 ms', 'ms', 'against the critical path', 'CPU µs a step'],
      namesOf(rows, 'contender').map((name) => {
        const own = rows.filter((row) => row.contender === name)
        const ratio = median(own.map(({ milliseconds }) => milliseconds)) / critical
        return [
          contenders[name].title,
          cell(own, (row) => row.milliseconds),
          `× ${ratio.toFixed(3)}`,
          cell(own, ({ cpu }) => cpu),
        ]
      }),
    ),
    `The critical path is ${critical} ms; a scheduler that waits for all of a level needs ${levels} ms (× ${(levels / critical).toFixed(2)}), if it costs nothing.`,
  ].join('\n\n')
}

function crashTable(rows) {
  if (rows.length === 0) return ''
  const ids = Object.keys(rows.find(({ fault }) => fault === undefined)?.begun ?? rows[0].begun).sort()
  return table(
    ['begun, of one before five beside each other and one behind them; killed at s5', ...ids, 'came out'],
    rows.map(({ contender, begun, fault, milliseconds }) => [
      contenders[contender].title,
      ...ids.map((id) => begun[id] ?? 0),
      fault ?? `completed ${(milliseconds / 1_000).toFixed(1)} s after its start`,
    ]),
  )
}

function costCell(rows) {
  const cpu = cell(rows, (row) => row.cpu)
  return cpu === none ? none : `${cpu} (${cell(rows, (row) => row.wall)})`
}

/** The middle of the rounds; three digits. */
function cell(rows, figureOf) {
  const figures = rows.map(figureOf).filter((figure) => Number.isFinite(figure))
  if (figures.length === 0) return none
  const middle = median(figures)
  return middle >= 100 ? Math.round(middle).toLocaleString('en') : String(Number(middle.toPrecision(3)))
}

/** In the order of their first row. */
function namesOf(rows, field) {
  const found = [...new Set(rows.map((row) => row[field]))]
  if (field !== 'contender') return found
  return Object.keys(contenders).filter((name) => found.includes(name))
}
