/** Processes that a measurement starts. Each is ended by its own id, however the run ends. @module */
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const root = join(import.meta.dirname, '..', '..', '..')
const stopMilliseconds = 30_000

/** Every process that runs, with the signals that end it in good order, and at once. */
const running = new Map()

/** The Node.js that this checkout installed, else the one that runs this. @throws Error when neither is new enough. */
export function nodeBinary() {
  const own = join(root, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(own)) return own
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  throw new Error('Node.js 22.18 or newer is needed: npm install in the root of the checkout brings one.')
}

/**
 * Starts a process in a group of its own, so that Ctrl-C reaches this one first and the others end in order.
 * @param options those of spawn, and `endBy`, `killBy`: the signals.
 */
export function start(command, words, { endBy = 'SIGTERM', killBy = 'SIGKILL', ...options } = {}) {
  return keep(spawn(command, words, { detached: true, stdio: ['ignore', 'pipe', 'inherit'], ...options }), { endBy, killBy })
}

/** Starts a module that is told its task by a message, and answers by one. @returns the answer. @throws Error that it met. */
export async function runTask(module, task, limitMilliseconds) {
  const child = fork(module, [], {
    execPath: nodeBinary(),
    execArgv: [],
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  keep(child, { endBy: 'SIGTERM', killBy: 'SIGKILL' })
  child.send(task)
  let overdue
  const limit = new Promise((_, reject) => {
    overdue = setTimeout(() => reject(new Error(`It took more than ${limitMilliseconds / 1000} s.`)), limitMilliseconds)
  })
  try {
    const ended = once(child, 'exit').then(([code, signal]) => ({ error: `It ended without an answer: ${code ?? signal}.` }))
    const [answer] = await Promise.race([once(child, 'message'), ended.then((end) => [end]), limit])
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.result
  } finally {
    clearTimeout(overdue)
    await stop(child)
  }
}

/** The first line that a process prints, as JSON; the rest of what it prints is passed over. */
export async function firstLine(child) {
  const lines = createInterface(child.stdout)
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit')])
  if (typeof line !== 'string') throw new Error(`${child.spawnfile} ended with ${line ?? 'a signal'} before it was ready.`)
  return JSON.parse(line)
}

/** Runs a command to its end. @returns what it printed. @throws Error with what it complained of. */
export async function run(command, words, options = {}) {
  const child = keep(spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'], ...options }), {
    endBy: 'SIGTERM',
    killBy: 'SIGKILL',
  })
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${(errors || output).trim().slice(-2000)}`)
  return output
}

/** Ends a process in good order, or by force when that takes too long. */
export async function stop(child) {
  const known = running.get(child.pid)
  if (!known) return
  const ended = once(child, 'exit')
  if (child.connected) child.disconnect()
  child.kill(known.endBy)
  const force = setTimeout(() => child.kill(known.killBy), stopMilliseconds)
  await ended
  clearTimeout(force)
}

/**
 * A folder for the data of this run. However the run ends, the folder is removed, and what still runs is ended at once.
 * @param end what a signal does.
 */
export function temporaryFolder(parent = tmpdir(), end = process.exit) {
  const folder = mkdtempSync(join(parent, 'plinth-bench-'))
  process.once('exit', () => {
    for (const { child, killBy } of running.values()) child.kill(killBy)
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end(130))
  return folder
}

/** A port of the loopback that is free now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

function keep(child, signals) {
  // Without a pid it never ran; whoever waits for it finds that out.
  child.once('error', () => {})
  if (child.pid === undefined) return child
  running.set(child.pid, { child, ...signals })
  child.once('exit', () => running.delete(child.pid))
  return child
}
