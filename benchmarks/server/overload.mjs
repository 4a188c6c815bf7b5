// Three times what the machine bears: does what is of use go on, is the rest refused early, and is it over when it is over? Linux only;
// needs a built checkout. node benchmarks/server/overload.mjs --help
import { join } from 'node:path'
import { stop } from '../event-driven/harness/processes.mjs'
import { measure, readOptions } from './harness/arguments.mjs'
import { findCapacity } from './harness/capacity.mjs'
import { sample } from './harness/samples.mjs'
import { loadServer, startLoaded } from './harness/server.mjs'
import { circumstances, megabytes, milliseconds, percent, probeTable, table } from './harness/words.mjs'

const options = readOptions('overload.mjs', {
  seconds: [30, 'of overload'],
  times: [3, 'what the machine bears'],
  from: [40, 'arrivals a second with which the search for that begins'],
  step: [10, 'seconds of each step of it'],
  quiet: [15, 'seconds at half of what it bears, before and after'],
})
const settings = `${options.times} times what is borne for ${options.seconds} s, half of it for ${options.quiet} s before and after; model calls take ${options.latency} ms; an answer after 1 s counts for nothing`

await measure({ options, settings, work, render })

async function work(folder) {
  const directory = join(folder, 'data')
  const server = await startLoaded(directory, options)
  try {
    const { borne, peak, next } = await findCapacity(server, directory, {
      from: options.from,
      seconds: options.step,
      note: console.error,
    })
    const half = { rate: borne / 2, seconds: options.quiet }
    const phases = [half, { rate: borne * options.times, seconds: options.seconds }, half]
    const { bins } = await loadServer(server, { phases, first: next })
    return { borne, peak, phases, bins, ...(await sample({ pid: server.child.pid, directory })) }
  } finally {
    await stop(server.child)
  }
}

function render(results) {
  const { figures } = results
  const { borne, peak, phases, bins } = figures
  const names = ['before', `${options.times} times`, 'after']
  const of = (phase) => bins.filter((bin) => bin.phase === phase)
  const rows = phases.map(({ rate, seconds }, phase) => {
    const own = of(phase)
    const sum = (key) => own.reduce((all, bin) => all + bin[key], 0)
    const failed = own.reduce((all, bin) => all + Object.values(bin.failed).reduce((one, other) => one + other, 0), 0)
    const worst = (of) => Math.max(...own.map(of).filter(Number.isFinite))
    return [
      names[phase],
      rate.toFixed(0),
      `${(sum('good') / seconds).toFixed(0)} (${percent(sum('good') / seconds / Math.min(peak, rate))})`,
      String(sum('late')),
      `${sum('refused')}, ${sum('curt')}`,
      String(failed),
      `${milliseconds(middle(own.map((bin) => bin.answers.p50)))} / ${milliseconds(worst((bin) => bin.answers.p99))}`,
      `${milliseconds(middle(own.map((bin) => bin.refusals.p50)))} / ${milliseconds(worst((bin) => bin.refusals.p99))}`,
    ]
  })
  return [
    circumstances(results),
    `Borne were ${borne} arrivals a second; at most ${peak.toFixed(0)} a second were answered in time.`,
    table(
      [
        '',
        'came in /s',
        'answered in time /s (of peak, or of what came)',
        'late',
        'refused, without Retry-After',
        'broken',
        'answers p50 / p99 ms',
        'refusals p50 / p99 ms',
      ],
      rows,
    ),
    `Answers and refusals: the median of seconds, and the worst second. Recovered ${recovery(of(2))} s after the overload; memory ${megabytes(figures.resident)} MB then, ${figures.handles} handles.`,
    probeTable(of(1)),
    `Of these failed during the overload: ${of(1).reduce((sum, bin) => sum + bin.probesFailed, 0)}.`,
    'Aimed at: at least 90% of peak, refusals with Retry-After, health and admin routes that answer, recovered within 5 s.',
  ].join('\n\n')
}

/** Whole seconds after which everything was answered in time. */
function recovery(bins) {
  const isWell = (bin) => bin.good === bin.offered
  const last = bins.findLastIndex((bin) => !isWell(bin))
  return last === bins.length - 1 ? `not within ${bins.length}` : String(last + 1)
}

function middle(values) {
  const known = values.filter(Number.isFinite).sort((one, other) => one - other)
  return known[known.length >> 1] ?? Number.NaN
}
