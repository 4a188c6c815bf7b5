/** Results as markdown. @module */
import { percent, table } from '../event-driven/harness/markdown.mjs'
import { median } from '../event-driven/harness/statistics.mjs'
import { contenders } from './contenders.mjs'

const ours = 'plinth'
/** Below so many chunks the process itself is most of what grows. */
const leastForMemory = 10_000

/** All of one run's results, without a heading above them. */
export function render(results) {
  const { rows, documents } = results
  const sizes = [...new Set(rows.map(({ size }) => size))]
  return [about(results), ...sizes.map((size) => sizeTables(size, rows)), documentsTable(documents)]
    .filter((part) => part !== '')
    .join('\n\n')
}

function about({ started, machine, versions, settings, rows, documents }) {
  const others = [...rows, ...documents].map((row) => row.others)
  const peers = Object.entries(versions.peers).map(([name, version]) => `${name} ${version}`)
  return [
    `- ${started.slice(0, 10)}, rounds: ${settings.rounds}; Plinth ${versions.plinth} at ${versions.commit}`,
    `- ${machine.cores} × ${machine.cpu}, Linux ${machine.kernel}, ${machine.filesystem}; Node.js ${versions.node}, SQLite ${versions.sqlite}, ${peers.join(', ')}`,
    `- ${settings.questions} questions of each kind, ${settings.limit} candidates of each side; others took ${percent(median(others))} of the cores (at most ${percent(Math.max(...others))})`,
  ].join('\n')
}

function sizeTables(size, rows) {
  const found = Object.keys(contenders)
    .map((name) => [name, rows.filter((row) => row.size === size && row.contender === name)])
    .filter(([, own]) => own.length > 0)
  const of = Object.fromEntries(found)
  return [
    `**${whole(size)} chunks**`,
    table(
      [
        'asked',
        ...['hybrid', 'vectors', 'words'].map((kind) => `${kind}: CPU ms; p50 / p99 ms`),
        'recall@10 (asked for ten)',
        'Plinth’s CPU',
      ],
      found.map(([name, own]) => [
        contenders[name].title,
        ...['hybrid', 'vector', 'words'].map((kind) => askedCell(own, kind)),
        `${share(middle(own, ({ recall }) => recall))} (${share(middle(own, ({ recallOfTen }) => recallOfTen))})`,
        ratio(of, name),
      ]),
    ),
    table(
      [
        'filled',
        'words: chunks/s; CPU µs a chunk',
        'vectors: chunks/s; CPU µs',
        'tidied: CPU µs a chunk',
        'opened in CPU ms: process + index; in ms',
        'memory bytes a chunk',
        'disk bytes a chunk',
      ],
      found.map(([name, own]) => [
        contenders[name].title,
        filledCell(own, 'texts'),
        filledCell(own, 'vectors'),
        settledCell(own),
        openedCell(own),
        size < leastForMemory ? '–' : memoryCell(own),
        figure(
          middle(own, ({ built }) => built && built.disk / size),
          whole,
        ),
      ]),
    ),
  ].join('\n\n')
}

function askedCell(rows, kind) {
  const of = (key) => middle(rows, ({ kinds }) => kinds[kind]?.[key])
  if (of('cpu') === undefined) return '–'
  return `${short(of('cpu'))}; ${short(of('p50'))} / ${short(of('p99'))}`
}

/** Ours costs so many times as much for the best that both can do. */
function ratio(of, name) {
  if (name === ours || !of[ours]) return '–'
  const kind = middle(of[name], ({ kinds }) => kinds.hybrid?.cpu) === undefined ? 'vector' : 'hybrid'
  const cpu = (rows) => middle(rows, ({ kinds }) => kinds[kind].cpu)
  return `× ${(cpu(of[ours]) / cpu(of[name])).toFixed(2)}${kind === 'vector' ? ' (vectors)' : ''}`
}

/** Words and vectors in one are in both columns of the one that has only one way. */
function filledCell(rows, way) {
  const filled = ({ built, filled: own }) => built ?? own
  const of = (key) => middle(rows, (row) => (filled(row)[way] ?? filled(row).both)?.[key])
  if (of('rate') === undefined) return '–'
  const both = filled(rows[0]).both ? ' (both)' : ''
  return `${whole(of('rate'))}; ${whole(of('cpu'))}${both}`
}

function settledCell(rows) {
  const sum = middle(rows, ({ built }) => built && sumOf(['texts', 'vectors', 'both'].map((way) => built[way]?.settleCpu ?? 0)))
  return figure(sum, whole)
}

function openedCell(rows) {
  const of = (part, key) => middle(rows, ({ start }) => start?.[part][key])
  if (of('loading', 'cpu') === undefined) return '–'
  return `${whole(of('opening', 'cpu'))} + ${whole(of('loading', 'cpu'))}; ${whole(of('opening', 'wall') + of('loading', 'wall'))}`
}

function memoryCell(rows) {
  const own = middle(rows, ({ account }) => account)
  const resident = whole(middle(rows, ({ memory }) => memory))
  return own === undefined ? resident : `${resident} (index itself ${whole(own)})`
}

function documentsTable(rows) {
  if (rows.length === 0) return ''
  const titles = [...new Set(rows.map(({ title }) => title))]
  return table(
    [
      'whole documents',
      'chunks',
      'found: chunks/s; CPU µs a chunk',
      'with vectors: CPU µs a chunk',
      'retrieve by HTTP: CPU ms; p50 / p99 ms',
      'memory MB',
    ],
    titles.map((title) => {
      const own = rows.filter((row) => row.title === title)
      const asked = (key) => middle(own, (row) => row.asked?.[key])
      return [
        title,
        whole(middle(own, ({ chunks }) => chunks)),
        `${whole(middle(own, ({ rate }) => rate))}; ${whole(middle(own, ({ cpu }) => cpu))}`,
        figure(
          middle(own, ({ withVectors }) => withVectors?.cpu),
          whole,
        ),
        asked('cpu') === undefined ? '–' : `${short(asked('cpu'))}; ${short(asked('p50'))} / ${short(asked('p99'))}`,
        whole(middle(own, ({ rss }) => rss) / 1e6),
      ]
    }),
  )
}

/** The median of what is there; undefined where nothing is. */
function middle(rows, of) {
  const values = rows.map(of).filter((value) => Number.isFinite(value))
  return values.length === 0 ? undefined : median(values)
}

function figure(value, format) {
  return value === undefined ? '–' : format(value)
}

function sumOf(values) {
  return values.reduce((sum, value) => sum + value, 0)
}

function whole(value) {
  return Math.round(value).toLocaleString('en')
}

function short(value) {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value)
}

function share(value) {
  return value === undefined ? '–' : value.toFixed(3)
}
