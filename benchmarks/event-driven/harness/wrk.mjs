/** Load over HTTP. @module */
import { run } from './processes.mjs'

/**
 * Runs wrk on one thread.
 * @param words what the script is told.
 * @returns what its `done` prints: one object.
 */
export async function wrk(url, { script, connections, seconds, words }) {
  const flags = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', script]
  const printed = await run('wrk', [...flags, url, '--', ...words])
  return JSON.parse(printed.split('\n').find((line) => line.startsWith('{')))
}
