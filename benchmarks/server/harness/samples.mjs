/** How big a server and its folder are. @module */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cpuOf, diskOf, measureSync, residentOf } from '../../event-driven/harness/machine.mjs'
import { nodeBinary, run } from '../../event-driven/harness/processes.mjs'

const rowsOf = join(import.meta.dirname, '..', 'load', 'rows.mjs')

/** Everything that should stay as it is while the load does. Bytes, but for what is counted. */
export async function sample({ pid, directory }) {
  const file = (name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0
  const { rss, anonymous } = residentOf(pid)
  return {
    cpuSeconds: cpuOf(pid),
    resident: rss,
    anonymous,
    // What the machine does beside: where commits take longer, so do answers.
    sync: measureSync(directory, 20).p50,
    handles: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    database: file('plinth.db'),
    writeAheadLog: file('plinth.db-wal'),
    waiting: await jobsWaiting(directory),
  }
}

/** Rows of each table, and what the folder takes. Costs as much as there is. */
export async function contents(directory) {
  const rows = await countRows(directory, ['record', 'event', 'entry', 'log', 'ready', 'held'])
  return { ...rows, objects: diskOf(join(directory, 'objects')), database: statSync(join(directory, 'plinth.db')).size }
}

/** Jobs that are neither done nor put off to a later time. */
export async function jobsWaiting(directory) {
  return (await countRows(directory, ['ready'])).ready
}

export async function countRows(directory, tables) {
  return JSON.parse(await run(nodeBinary(), [rowsOf, directory, ...tables]))
}
