// An hour of mixed load at a share of what the machine bears: does everything stay as it is? Linux only; needs a built checkout.
// node benchmarks/server/soak.mjs --help
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { stop } from '../event-driven/harness/processes.mjs'
import { measure, readOptions } from './harness/arguments.mjs'
import { findCapacity } from './harness/capacity.mjs'
import { contents, jobsWaiting, sample } from './harness/samples.mjs'
import { loadServer, startLoaded } from './harness/server.mjs'
import { slopeOf } from './harness/slopes.mjs'
import { circumstances, megabytes, milliseconds, probeTable, table } from './harness/words.mjs'

const options = readOptions('soak.mjs', {
  minutes: [60, 'of load'],
  share: [0.7, 'of what the machine bears'],
  rate: [0, 'arrivals a second, instead of that share'],
  from: [40, 'arrivals a second with which the search for it begins'],
  step: [10, 'seconds of each step of it'],
  every: [10, 'seconds between two looks'],
  settle: [0.25, 'share of the time at the beginning that slopes leave out'],
})
const drainSeconds = 120
const hour = 3_600
const settings = `${options.minutes} minutes, a look every ${options.every} s; slopes leave out the first ${Math.round(100 * options.settle)}%; model calls take ${options.latency} ms`

await measure({ options, settings, work, render })

async function work(folder) {
  const directory = join(folder, 'data')
  const server = await startLoaded(directory, options)
  const { pid } = server.child
  try {
    const found =
      options.rate > 0
        ? { next: 0 }
        : await findCapacity(server, directory, { from: options.from, seconds: options.step, note: console.error })
    const rate = options.rate || found.borne * options.share
    const before = await contents(directory)
    const began = performance.now()
    const looks = []
    let loading = true
    const looking = (async () => {
      for (; loading; await pause(options.every * 1_000)) {
        looks.push({ at: (performance.now() - began) / 1_000, ...(await sample({ pid, directory })) })
        const { at, resident, handles, writeAheadLog, waiting } = looks.at(-1)
        console.error(
          `${at.toFixed(0)} s: ${megabytes(resident)} MB, ${handles} handles, log ${megabytes(writeAheadLog)} MB, ${waiting} jobs waiting`,
        )
      }
    })()
    const phases = [{ rate, seconds: options.minutes * 60 }]
    const { bins } = await loadServer(server, { phases, first: found.next, binSeconds: options.every })
    loading = false
    await looking
    const drained = await drain(directory)
    const after = await contents(directory)
    const rested = await sample({ pid, directory })
    return { ...found, rate, bins, looks, before, after, rested, drained, stopped: await stopTimed(server.child) }
  } finally {
    await stop(server.child)
  }
}

async function drain(directory) {
  const began = performance.now()
  while ((await jobsWaiting(directory)) > 0 && performance.now() - began < drainSeconds * 1_000) await pause(200)
  return (performance.now() - began) / 1_000
}

async function stopTimed(child) {
  const began = performance.now()
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = await ended
  return { code, seconds: (performance.now() - began) / 1_000 }
}

function render(results) {
  const { figures } = results
  const { borne, rate, bins, looks, before, after, rested, drained, stopped } = figures
  const from = options.minutes * 60 * options.settle
  const sum = (key) => bins.reduce((all, bin) => all + bin[key], 0)
  const failed = {}
  for (const bin of bins) for (const [what, count] of Object.entries(bin.failed)) failed[what] = (failed[what] ?? 0) + count
  const cpu = looks
    .slice(1)
    .map((look, index) => ({ at: look.at, cpu: (look.cpuSeconds - looks[index].cpuSeconds) / (look.at - looks[index].at) }))
  const line = (name, points, show) => {
    const values = points.map(([, value]) => value).filter(Number.isFinite)
    const sorted = values.toSorted((one, other) => one - other)
    const { slope, low, high } = slopeOf(points.map(([at, value]) => [at / hour, value]))
    const middle = sorted[sorted.length >> 1]
    const share = (value) => `${((100 * value) / (middle || 1)).toFixed(0)}%`
    return [
      name,
      show(sorted[0]),
      show(middle),
      show(sorted.at(-1)),
      `${show(slope)} (${show(low)} to ${show(high)})`,
      `${share(slope)} (${share(low)} to ${share(high)})`,
    ]
  }
  const late = looks.filter(({ at }) => at >= from)
  const lateBins = bins.filter(({ at }) => at >= from)
  const of = (key) => late.map((look) => [look.at, look[key]])
  const ofBins = (key) => lateBins.map((bin) => [bin.at, bin.answers[key]])
  const plain = (value) => value.toFixed(Number.isInteger(value) ? 0 : 1)
  const accepted = ['request', 'document', 'records', 'workflow'].reduce(
    (all, kind) => all + bins.reduce((count, bin) => count + (bin.byKind[kind]?.count ?? 0), 0),
    0,
  )
  return [
    circumstances(results),
    `${borne ? `Borne were ${borne} arrivals a second; the` : 'The'} load was ${rate.toFixed(0)} a second. Of ${sum('offered')} arrivals ${sum('good')} were answered in time, ${sum('late')} late, ${sum('refused')} refused (${sum('curt')} without Retry-After); broken: ${JSON.stringify(failed)}. Afterwards what waited was worked in ${drained.toFixed(1)} s, and SIGTERM ended the server with ${stopped.code} in ${stopped.seconds.toFixed(1)} s.`,
    table(
      ['', 'least', 'median', 'most', 'slope an hour (95%)', 'of the median'],
      [
        line('resident MB', of('resident'), megabytes),
        line('of no file MB', of('anonymous'), megabytes),
        line('handles', of('handles'), plain),
        line('threads', of('threads'), plain),
        line('write-ahead log MB', of('writeAheadLog'), megabytes),
        line('jobs waiting', of('waiting'), plain),
        line(
          'CPU, cores',
          cpu.filter(({ at }) => at >= from).map(({ at, cpu }) => [at, cpu]),
          (value) => value.toFixed(2),
        ),
        line('answers p50 ms', ofBins('p50'), milliseconds),
        line('answers p99 ms', ofBins('p99'), milliseconds),
        line('a synced 4 KiB ms', of('sync'), (value) => value.toFixed(2)),
        line('database MB', of('database'), megabytes),
      ],
    ),
    `At rest afterwards: ${megabytes(rested.resident)} MB resident, ${rested.handles} handles.`,
    table(
      ['', 'before', 'after', 'for each of what is kept'],
      Object.keys(after).map((name) => {
        const isBytes = name === 'objects' || name === 'database'
        const show = isBytes ? (value) => `${megabytes(value)} MB` : String
        const each = (after[name] - before[name]) / accepted
        return [
          isBytes ? name : `rows of ${name}`,
          show(before[name]),
          show(after[name]),
          isBytes ? `${each.toFixed(0)} bytes` : each.toFixed(2),
        ]
      }),
    ),
    probeTable(lateBins),
  ].join('\n\n')
}
