/** Results as markdown. @module */
import { contenders } from '../contenders/contenders.mjs'
import { percent, table } from './markdown.mjs'
import { median, summarise } from './statistics.mjs'

const ours = 'plinth'

/** All tables of one run's results, without a heading above them. */
export function render(results) {
  const of = (section) => results.rows.filter((row) => row.section === section)
  const parts = [
    about(results),
    section('End to end, in one process', of('e2e'), endToEndTable),
    section('HTTP', of('http'), httpTables),
    section('Backlog', of('backlog'), backlogTables),
    section('Fairness', of('fairness'), fairnessTables),
    section('Idle', of('idle'), idleTable),
    failures(results.failures),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function about({ started, quick, rounds, machine, versions, rows }) {
  const peers = Object.entries(versions.peers).map(([name, version]) => `${name} ${version}`)
  const { redis, postgres, sqlite, node, wrk, plinth, commit } = versions
  const loads = rows.map((row) => row.load)
  return [
    ...(quick ? ['**A quick run, to see that everything works: these figures mean nothing.**', ''] : []),
    `- ${started.slice(0, 10)}, ${rounds} ${rounds === 1 ? 'round' : 'rounds'}; Plinth ${plinth} at ${commit}`,
    `- ${machine.cores} × ${machine.cpu}, ${gigabytes(machine.memory)} memory, Linux ${machine.kernel}, ${machine.filesystem}; a synced 4 KiB takes ${milliseconds(machine.sync.p50)} ms (p99 ${milliseconds(machine.sync.p99)})`,
    `- Node.js ${node}, SQLite ${sqlite}, Redis ${redis ?? 'missing'}, PostgreSQL ${postgres ?? 'missing'}, ${wrk ?? 'no wrk'}, ${peers.join(', ')}`,
    `- load average at the start ${machine.load[0].toFixed(2)}, before the rounds ${low(loads).toFixed(2)} to ${high(loads).toFixed(2)}`,
  ].join('\n')
}

function section(heading, rows, body) {
  if (rows.length === 0) return ''
  return [`### ${heading}`, ...body(rows), quietness(rows)].join('\n\n')
}

function endToEndTable(rows) {
  return [
    table(
      [
        '',
        'requests/s',
        'accepted/s',
        'ack p50 / p99 ms',
        'CPU µs a request: process + store',
        'memory MB: process + store',
        'Plinth’s rate',
        'Plinth’s CPU',
      ],
      byContender(rows).map(([name, own]) => [
        contenders[name].title,
        medianAndBest(own, 'rate', 'high', whole),
        whole(middle(own, 'acceptRate')),
        latency(own),
        cost(own),
        memory(own),
        times(rows, own, 'rate'),
        cpuShare(rows, own),
      ]),
    ),
  ]
}

function httpTables(rows) {
  return grouped(rows, (row) => row.variant.connections).map(([connections, group]) =>
    [
      `**${connections} ${connections === 1 ? 'connection' : 'connections'}**`,
      table(
        [
          '',
          'requests/s',
          'p50 / p99 ms',
          'CPU µs a request: process + store',
          'worked when the load ended',
          'then drained in s',
          'memory MB: process + store',
          'Plinth’s rate',
          'Plinth’s CPU',
        ],
        grouped(group, (row) => `${row.contender} ${row.variant.edge}`).map(([, own]) => [
          edgeTitle(own[0], group),
          medianAndBest(own, 'rate', 'high', whole),
          latency(own),
          cost(own),
          `${whole((100 * middle(own, 'doneAtEnd')) / middle(own, 'acceptedAtEnd'))}%`,
          middle(own, 'drainSeconds').toFixed(1),
          memory(own),
          times(group, own, 'rate'),
          cpuShare(group, own),
        ]),
      ),
    ].join('\n\n'),
  )
}

function edgeTitle({ contender, variant }, group) {
  const several = new Set(group.map((row) => row.variant.edge)).size > 1
  return several && contender !== ours ? `${contenders[contender].title}, ${variant.edge}` : contenders[contender].title
}

function backlogTables(rows) {
  const tables = grouped(rows, (row) => row.variant.depth).map(([depth, group]) =>
    [
      `**${whole(depth)} waiting**`,
      table(
        [
          '',
          'ack p50 / p99 ms',
          'drained/s',
          'CPU µs a drained request',
          'opened in ms',
          'memory MB: process (peak) + store',
          'disk MB',
          'Plinth’s rate',
        ],
        byContender(group).map(([name, own]) => [
          contenders[name].title,
          latency(own),
          medianAndBest(own, 'drainRate', 'high', whole),
          cost(own),
          whole(middle(own, 'opened')),
          `${megabytes(middle(own, 'rss'))} (${megabytes(middle(own, 'rssPeak'))}) + ${megabytes(middle(own, 'storeMemory'))}`,
          megabytes(middle(own, 'disk')),
          times(group, own, 'drainRate'),
        ]),
      ),
    ].join('\n\n'),
  )
  return [...tables, ...backlogGoals(rows)]
}

/** How the deepest backlog compares with the shallowest, beside what is aimed at. */
function backlogGoals(rows) {
  const depths = [...new Set(rows.map((row) => row.variant.depth))].toSorted((left, right) => left - right)
  if (depths.length < 2) return []
  const [shallow, deep] = [depths[0], depths.at(-1)]
  const lines = byContender(rows).flatMap(([name, own]) => {
    const at = (depth, key) =>
      middle(
        own.filter((row) => row.variant.depth === depth),
        key,
      )
    if (![shallow, deep].every((depth) => Number.isFinite(at(depth, 'drainRate')))) return []
    return [
      [
        contenders[name].title,
        `${whole((100 * at(deep, 'drainRate')) / at(shallow, 'drainRate'))}%`,
        `× ${(at(deep, 'ackP99') / at(shallow, 'ackP99')).toFixed(1)}`,
        `${megabytes(at(deep, 'rssPeak'))} MB`,
      ],
    ]
  })
  const goals = ['aimed at for Plinth', 'at least 70%', 'at most × 2.0', 'below 300 MB']
  return [
    [
      `**${whole(deep)} against ${whole(shallow)}**`,
      table(['', 'drain rate', 'ack p99', 'most memory of the process'], [...lines, goals]),
    ].join('\n\n'),
  ]
}

function fairnessTables(rows) {
  return grouped(rows, (row) => row.variant.latency).map(([latencyOfModel, group]) =>
    [
      `**Model calls of ${latencyOfModel} ms**`,
      table(
        [
          '',
          'alone ms',
          'beside the flood ms / flood worked meanwhile',
          'in the high lane ms / flood',
          'with the weight of 4 ms / flood',
          'flood/s',
        ],
        byContender(group).map(([name, own]) => [
          contenders[name].title,
          milliseconds(middle(own, 'alone')),
          beside(own, 'sameLane', 'aheadSameLane'),
          beside(own, 'highLane', 'aheadHighLane'),
          beside(own, 'weighted', 'aheadWeighted'),
          whole(middle(own, 'floodRate')),
        ]),
      ),
    ].join('\n\n'),
  )
}

/** How long the few took beside the flood, and how much of it was worked until they were through. */
function beside(rows, took, ahead) {
  if (values(rows, took).length === 0) return 'has none'
  return `${medianAndBest(rows, took, 'low', milliseconds)} / ${whole(middle(rows, ahead))}`
}

function idleTable(rows) {
  const { seconds } = rows[0].figures
  return [
    table(
      ['', `CPU s in ${seconds} s: process + store`, 'memory MB: process + store'],
      byContender(rows).map(([name, own]) => [
        contenders[name].title,
        `${middle(own, 'cpuSeconds').toFixed(2)} + ${middle(own, 'cpuStoreSeconds').toFixed(2)}`,
        memory(own),
      ]),
    ),
  ]
}

/** How quiet the machine was meanwhile: what others took of its cores. */
function quietness(rows) {
  const others = rows.map((row) => row.others)
  const stolen = rows.map((row) => row.stolen)
  return `Meanwhile others took ${percent(median(others))} of the cores (at most ${percent(high(others))}), the hypervisor ${percent(median(stolen))}.`
}

function failures(list) {
  if (list.length === 0) return ''
  const lines = list.map(({ section: where, contender, variant, round, reason, skipped }) =>
    skipped
      ? `- ${contender} was skipped: ${reason}`
      : `- ${where}, round ${round}, ${contender} ${JSON.stringify(variant)}: ${reason.split('\n')[0]}`,
  )
  return ['### What failed', lines.join('\n')].join('\n\n')
}

/** In the order of the list of contenders, whoever was first in the run. */
function byContender(rows) {
  const names = Object.keys(contenders)
  return grouped(rows, (row) => row.contender).toSorted(([left], [right]) => names.indexOf(left) - names.indexOf(right))
}

function grouped(rows, keyOf) {
  const groups = new Map()
  const order = Object.keys(contenders)
  const sorted = rows.toSorted((left, right) => order.indexOf(left.contender) - order.indexOf(right.contender))
  for (const row of sorted) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row])
  return [...groups]
}

function values(rows, key) {
  return rows.map((row) => row.figures[key]).filter((value) => Number.isFinite(value))
}

function middle(rows, key) {
  return median(values(rows, key))
}

function medianAndBest(rows, key, better, format) {
  const found = summarise(values(rows, key), better)
  if (!found) return '–'
  return found.count === 1 ? format(found.median) : `${format(found.median)} (best ${format(found.best)})`
}

function latency(rows) {
  const shown = (pick) => ['ackP50', 'ackP99'].map((key) => milliseconds(pick(summarise(values(rows, key), 'low')))).join(' / ')
  return rows.length === 1
    ? shown((found) => found.median)
    : `${shown((found) => found.median)} (best ${shown((found) => found.best)})`
}

function cost(rows) {
  return `${whole(middle(rows, 'cpuClient'))} + ${whole(middle(rows, 'cpuStore'))}`
}

function memory(rows) {
  return `${megabytes(middle(rows, 'rss'))} + ${megabytes(middle(rows, 'storeMemory'))}`
}

/** How many times as fast ours is as this one, by medians. */
function times(all, own, key) {
  const reference = all.filter((row) => row.contender === ours)
  if (reference.length === 0 || own[0].contender === ours) return '–'
  return `× ${(middle(reference, key) / middle(own, key)).toFixed(2)}`
}

/** Ours costs so many times this one's CPU, its store's included. */
function cpuShare(all, own) {
  const reference = all.filter((row) => row.contender === ours)
  if (reference.length === 0 || own[0].contender === ours) return '–'
  const sum = (rows) => middle(rows, 'cpuClient') + middle(rows, 'cpuStore')
  return `× ${(sum(reference) / sum(own)).toFixed(2)}`
}

function whole(value) {
  return Math.round(value).toLocaleString('en')
}

function milliseconds(value) {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : whole(value)
}

function megabytes(bytes) {
  return whole(bytes / 1e6)
}

function gigabytes(bytes) {
  return `${whole(bytes / 1e9)} GB`
}

const low = (list) => Math.min(...list)
const high = (list) => Math.max(...list)
