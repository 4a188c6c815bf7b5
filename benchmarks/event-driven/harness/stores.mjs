/** The servers that peers keep their jobs in: started on loopback, each on a folder and a free port of its own. @module */
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort, run, start, stop } from './processes.mjs'

const readyMilliseconds = 180_000

/**
 * Starts the store that a contender needs, on a folder that is empty or that an earlier one left.
 * @returns its port, its process id and how to stop it; undefined for a contender without a store.
 */
export function startStore(store, folder) {
  if (store === undefined) return undefined
  return store.kind === 'redis' ? startRedis(folder, store.appendfsync) : startPostgres(folder)
}

async function startRedis(folder, appendfsync) {
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  const settings = {
    bind: '127.0.0.1',
    port,
    dir: folder,
    appendonly: 'yes',
    appendfsync,
    save: '',
    'maxmemory-policy': 'noeviction',
    daemonize: 'no',
    logfile: join(folder, 'redis.log'),
  }
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = start('redis-server', words, { stdio: 'ignore' })
  await untilReady(server, () => answers(port, 'PING\r\n', '+PONG'))
  return { kind: 'redis', port, pid: server.pid, folder, stop: () => stop(server) }
}

async function startPostgres(folder) {
  const account = postgresAccount()
  const data = join(folder, 'data')
  if (!existsSync(data)) await makeCluster(folder, data, account)
  const port = await freePort()
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: folder,
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    logging_collector: 'off',
  }
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // SIGINT ends sessions and closes in good order; after SIGQUIT no process of it stays behind.
  const server = start(join(postgresFolder(), 'postgres'), ['-D', data, ...words], {
    stdio: 'ignore',
    cwd: folder,
    endBy: 'SIGINT',
    killBy: 'SIGQUIT',
    ...account,
  })
  await untilReady(server, () => accepts(port))
  return { kind: 'postgres', port, pid: server.pid, folder, stop: () => stop(server) }
}

async function makeCluster(folder, data, account) {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o755)
  if (account.uid !== undefined) chownSync(folder, account.uid, account.gid)
  const words = ['-D', data, '--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-locale', '--no-sync']
  await run(join(postgresFolder(), 'initdb'), words, { cwd: folder, ...account })
}

/** PostgreSQL refuses to run as root; then it runs as the user that its package made. */
function postgresAccount() {
  if (process.getuid() !== 0) return {}
  const id = (letter) => Number(execFileSync('id', [letter, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Where PostgreSQL's programs are: Debian keeps them off the path, by version. */
function postgresFolder() {
  const base = '/usr/lib/postgresql'
  const versions = existsSync(base) ? readdirSync(base).filter((name) => existsSync(join(base, name, 'bin', 'initdb'))) : []
  const newest = versions.toSorted((left, right) => Number(right) - Number(left))[0]
  if (newest !== undefined) return join(base, versions.includes('15') ? '15' : newest, 'bin')
  return execFileSync('pg_config', ['--bindir'], { encoding: 'utf8' }).trim()
}

/** The versions of what is installed; undefined for what isn't. */
export function storeVersions() {
  const first = (command, words) => {
    try {
      return /\d+\.\d+(\.\d+)?/.exec(execFileSync(command, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))?.[0]
    } catch {
      return undefined
    }
  }
  const postgres = (() => {
    try {
      return first(join(postgresFolder(), 'postgres'), ['--version'])
    } catch {
      return undefined
    }
  })()
  return { redis: first('redis-server', ['--version']), postgres }
}

async function untilReady(server, ready) {
  for (const began = Date.now(); Date.now() - began < readyMilliseconds; await pause(20)) {
    if (server.pid === undefined || server.exitCode !== null) break
    if (await ready()) return
  }
  await stop(server)
  throw new Error(`${server.spawnfile} did not become ready.`)
}

/** Whether a server answers so; one that still reads its file answers otherwise. */
function answers(port, question, expected) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(question))
    const end = (answer) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('data', (data) => end(data.toString().startsWith(expected)))
    socket.once('error', () => end(false))
    socket.setTimeout(1_000, () => end(false))
  })
}

async function accepts(port) {
  const words = ['-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-q']
  return run(join(postgresFolder(), 'pg_isready'), words).then(
    () => true,
    () => false,
  )
}
