/** Results as markdown. @module */
import { findLanguageModel } from '@plinth/models'
import { percent, table } from '../event-driven/harness/markdown.mjs'
import { median } from '../event-driven/harness/statistics.mjs'
import { contenders } from './contenders.mjs'

const none = '–'
const million = 1e6

/** All of one run's results, without a heading above them. */
export function render(results) {
  const of = (part) => results.rows.filter((row) => row.part === part)
  const tables = [detectorTable(of('detector')), pathTable(of('path')), delayTable(of('delay')), costTable(results)]
  return [about(results), ...tables].filter((text) => text !== '').join('\n\n')
}

function about({ started, machine, versions, settings, rows }) {
  const others = rows.map((row) => row.others)
  const { rounds, rate, seconds, latency, model } = settings
  return [
    `- ${started.slice(0, 10)}, rounds: ${rounds}, the median of each figure; Plinth ${versions.plinth} at ${versions.commit}`,
    `- ${machine.cores} × ${machine.cpu}, Linux ${machine.kernel}, ${machine.filesystem}; Node.js ${versions.node}, SQLite ${versions.sqlite}`,
    `- others took ${percent(median(others))} of the cores (at most ${percent(Math.max(...others))}); load before: ${median(rows.map((row) => row.load)).toFixed(1)}`,
    `- delays over ${seconds} s at ${whole(rate)} records/s; a call of the model takes ${latency} ms and is paid as ${model}`,
  ].join('\n')
}

function detectorTable(rows) {
  if (rows.length === 0) return ''
  return table(
    ['the detector alone, 5,000 interleaved keys', 'records/s of CPU', 'memory a key, KB', 'kept, KB'],
    namesOf(rows).map((name) => {
      const own = rows.filter((row) => row.contender === name)
      return [contenders[name].title, rateOf(own), kilobytes(own, 'memoryPerKey'), kilobytes(own, 'packed')]
    }),
  )
}

function pathTable(rows) {
  if (rows.length === 0) return ''
  return table(
    ['the whole path', 'keys', 'records/s', 'against Plinth', 'records/s of CPU', 'memory a key, KB', 'disk bytes a record'],
    [...new Set(rows.map(({ keys }) => keys))].flatMap((keys) => {
      const speed = (name) => median(ofName(rows, name, keys).map((row) => row.records / row.wall))
      const ours = ofName(rows, 'plinth', keys).length > 0 ? speed('plinth') : undefined
      return namesOf(rows)
        .filter((name) => ofName(rows, name, keys).length > 0)
        .map((name) => {
          const own = ofName(rows, name, keys)
          return [
            contenders[name].title,
            whole(keys),
            whole(speed(name)),
            ours === undefined ? none : `× ${(speed(name) / ours).toPrecision(3)}`,
            contenders[name].isSlow ? none : rateOf(own),
            keys === 1 ? none : kilobytes(own, 'memoryPerKey'),
            name === 'plinth' ? whole(median(own.map((row) => row.disk / row.records))) : none,
          ]
        })
    }),
  )
}

function delayTable(rows) {
  if (rows.length === 0) return ''
  const both = (own, field) => {
    const of = (share) => median(own.map((row) => row[field]?.[share] ?? Number.NaN))
    return Number.isFinite(of('p50')) ? `${of('p50').toFixed(0)} / ${of('p99').toFixed(0)}` : none
  }
  return table(
    ['ms from append, p50 / p99', 'accepted', 'insight', 'alert', 'wrong values', 'told of', 'cores'],
    namesOf(rows).map((name) => {
      const own = rows.filter((row) => row.contender === name)
      return [
        contenders[name].title,
        ...['append', 'insight', 'alert'].map((field) => both(own, field)),
        whole(median(own.map((row) => row.wrong))),
        whole(median(own.map((row) => row.alerts))),
        median(own.map((row) => row.cpu / row.wall)).toFixed(2),
      ]
    }),
  )
}

/** Of the tokens that were counted while delays were measured. */
function costTable({ rows, settings }) {
  const own = rows.filter((row) => row.part === 'delay')
  if (own.length === 0) return ''
  const { input, output } = findLanguageModel(settings.model).price
  return table(
    ['of a million records', 'model calls', 'input tokens', 'output tokens', 'USD'],
    namesOf(own).map((name) => {
      const perMillion = (field) =>
        median(
          own
            .filter((row) => row.contender === name)
            .map((row) => (row.spent[field] * million) / (contenders[name].isSlow ? Math.max(1, row.spent.calls) : row.records)),
        )
      const usd = (perMillion('input') * input + perMillion('output') * output) / million
      return [
        contenders[name].title,
        whole(perMillion('calls')),
        whole(perMillion('input')),
        whole(perMillion('output')),
        usd.toFixed(2),
      ]
    }),
  )
}

function namesOf(rows) {
  return Object.keys(contenders).filter((name) => rows.some((row) => row.contender === name))
}

function ofName(rows, name, keys) {
  return rows.filter((row) => row.contender === name && row.keys === keys)
}

function rateOf(rows) {
  return whole(median(rows.map((row) => row.records / row.cpu)))
}

function kilobytes(rows, field) {
  return (median(rows.map((row) => row[field])) / 1024).toFixed(1)
}

function whole(value) {
  return Math.round(value).toLocaleString('en-US')
}
