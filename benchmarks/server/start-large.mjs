// How long a start takes with a large data folder, and whether what is past its retention goes without anybody waiting. Linux only; needs
// a built checkout. node benchmarks/server/start-large.mjs --help
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuOf, residentOf } from '../event-driven/harness/machine.mjs'
import { startPlinth } from '../event-driven/harness/plinth.mjs'
import { nodeBinary, run, stop } from '../event-driven/harness/processes.mjs'
import { latencies } from '../event-driven/harness/statistics.mjs'
import { measure, readOptions } from './harness/arguments.mjs'
import { contents, jobsWaiting } from './harness/samples.mjs'
import { loadServer, startLoaded } from './harness/server.mjs'
import { circumstances, megabytes, milliseconds, table } from './harness/words.mjs'

const options = readOptions('start-large.mjs', {
  gigabytes: [5, 'of database'],
  expired: [0.1, 'share of it that is past its retention'],
  rounds: [5, 'starts, every second one after SIGKILL'],
  watch: [180, 'seconds for which requests are timed while the sweeper works, after the last start'],
})
const grow = join(import.meta.dirname, 'load', 'grow-folder.mjs')
const variables = { PLINTH_MODEL: 'scripted', PLINTH_EMBEDDING_MODEL: options.embedding, PLINTH_LOG_LEVEL: 'error' }
const settings = `${options.gigabytes} GB, ${100 * options.expired}% of it past its retention; before each start the database is put out of the system’s cache`

await measure({ options, settings, work, render })

async function work(folder) {
  const directory = join(folder, 'data')
  const token = await fillALittle(directory)
  console.error('writing …')
  const grown = JSON.parse(await run(nodeBinary(), [grow, directory, String(options.gigabytes * 1e9), String(options.expired)]))
  const before = await contents(directory)
  const starts = []
  let watched
  for (let round = 1; round <= options.rounds; round++) {
    const after = round === 1 ? 'SIGTERM' : starts.at(-1).ends
    const ends = round % 2 === 1 ? 'SIGKILL' : 'SIGTERM'
    await forget(directory)
    const { server, ...times } = await startTimed(directory, token)
    starts.push({ after, ends, ...times, resident: residentOf(server.child.pid).rss })
    console.error(JSON.stringify(starts.at(-1)))
    if (round === options.rounds) watched = await watchSweeps(server, token)
    if (ends === 'SIGKILL' && round < options.rounds) server.child.kill('SIGKILL')
    await stop(server.child)
  }
  return { grown, before, starts, watched, after: await contents(directory) }
}

/** Some of everything, by the server itself. */
async function fillALittle(directory) {
  const server = await startLoaded(directory, options)
  await loadServer(server, { phases: [{ rate: 60, seconds: 15 }] })
  while ((await jobsWaiting(directory)) > 0) await pause(200)
  await stop(server.child)
  return server.tenants[0].token
}

/** Puts a folder's database out of the system's cache, as it is after the machine was started. */
async function forget(directory) {
  await run('dd', [`if=${join(directory, 'plinth.db')}`, 'iflag=nocache', 'count=0'])
}

async function startTimed(directory, token) {
  const began = performance.now()
  const passed = () => (performance.now() - began) / 1_000
  const server = await startPlinth({ ...variables, PLINTH_DATA_DIR: directory })
  const listening = passed()
  while (!(await fetch(`${server.url}/readyz`)).ok) await pause(20)
  const ready = passed()
  const cpu = cpuOf(server.child.pid)
  const { status } = await submit(server, token)
  if (status !== 202) throw new Error(`The first request was refused: ${status}.`)
  return { server, listening, ready, cpu, accepted: passed() }
}

function submit({ url }, token) {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  return fetch(`${url}/api/requests`, { method: 'POST', headers, body: '{"prompt":"Is it up?"}' })
}

/** Ten requests a second, whatever became of those before, in stretches of ten seconds since the start. */
async function watchSweeps(server, token) {
  const began = performance.now()
  const one = async (number) => {
    const due = began + number * 100
    await pause(Math.max(0, due - performance.now()))
    const { status } = await submit(server, token)
    if (status !== 202) throw new Error(`A request was refused: ${status}.`)
    return { at: Math.floor(number / 100) * 10, milliseconds: performance.now() - due }
  }
  const times = await Promise.all(Array.from({ length: options.watch * 10 }, (_, number) => one(number)))
  return Object.entries(grouped(times)).map(([at, all]) => ({
    at: Number(at),
    ...latencies(all.map((each) => each.milliseconds)),
  }))
}

function grouped(times) {
  const groups = {}
  for (const each of times) groups[each.at] = [...(groups[each.at] ?? []), each]
  return groups
}

function render(results) {
  const { grown, before, starts, watched, after } = results.figures
  const seconds = (value) => value.toFixed(2)
  return [
    circumstances(results),
    `${grown.records} records and ${grown.events} events, ${megabytes(grown.bytes)} MB of database; ${grown.expired} records past their time.`,
    table(
      ['started after', 'listens s', 'first 200 of /readyz s', 'first request accepted s', 'CPU s until ready', 'memory MB'],
      starts.map((each) => [
        each.after,
        seconds(each.listening),
        seconds(each.ready),
        seconds(each.accepted),
        seconds(each.cpu),
        megabytes(each.resident),
      ]),
    ),
    'Aimed at: within 5 s.',
    table(
      ['', 'before', `${options.watch} s after the last start`],
      Object.keys(after).map((name) => {
        const isBytes = name === 'objects' || name === 'database'
        const show = (value) => (isBytes ? `${megabytes(value)} MB` : String(value))
        return [isBytes ? name : `rows of ${name}`, show(before[name]), show(after[name])]
      }),
    ),
    table(
      ['seconds after the start', 'accepted p50 ms', 'p99 ms', 'slowest ms'],
      watched.map(({ at, p50, p99, max }) => [`${at} to ${at + 10}`, milliseconds(p50), milliseconds(p99), milliseconds(max)]),
    ),
  ].join('\n\n')
}
