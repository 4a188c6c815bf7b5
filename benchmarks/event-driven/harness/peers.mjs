/** The peers' packages: each in a folder of its own with exact versions, so that their trees can't clash. @module */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, run } from './processes.mjs'

const folder = join(import.meta.dirname, '..', 'peers')
const packages = { bullmq: ['bullmq', 'ioredis'], 'pg-boss': ['pg-boss', 'pg'], hono: ['hono', '@hono/node-server'] }

/** Installs what is missing, as its lock says. */
export async function installPeers(names, note) {
  for (const name of names) {
    const missing = packages[name].some((wanted) => !existsSync(join(folder, name, 'node_modules', wanted, 'package.json')))
    if (!missing) continue
    note(`installing ${name} …`)
    await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], { cwd: join(folder, name) })
  }
}

/** What is installed, by package. */
export function peerVersions() {
  return Object.fromEntries(
    Object.entries(packages).flatMap(([name, wanted]) =>
      wanted.map((wantedName) => [wantedName, versionOf(join(folder, name, 'node_modules', wantedName))]),
    ),
  )
}

/** What ours stands on. */
export function ownVersions() {
  const { version } = JSON.parse(readFileSync(join(root, 'packages', 'core', 'package.json'), 'utf8'))
  return { plinth: version, hono: versionOf(join(root, 'node_modules', 'hono')) }
}

function versionOf(place) {
  try {
    return JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')).version
  } catch {
    return undefined
  }
}
