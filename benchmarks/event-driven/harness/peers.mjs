/** The peers' packages: each in a folder of its own with exact versions, so that their trees can't clash. @module */
import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { nodeBinary, root, run } from './processes.mjs'

const folder = join(import.meta.dirname, '..', 'peers')
const packages = { bullmq: ['bullmq', 'ioredis'], 'pg-boss': ['pg-boss', 'pg'], hono: ['hono', '@hono/node-server'] }

/** Installs what is missing, as its lock says. */
export async function installPeers(names, note) {
  for (const name of names) await installPackages(join(folder, name), packages[name], note)
}

/** The same for one folder, whose lock has the packages that are wanted. */
export async function installPackages(cwd, wanted, note) {
  if (wanted.every((name) => existsSync(join(cwd, 'node_modules', name, 'package.json')))) return
  note(`installing ${basename(cwd)} …`)
  // Not `npm ci`, which refuses LanceDB's lock where the registry lacks its packages for other systems than this one.
  await run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], { cwd })
}

/** What is installed, by package. */
export function peerVersions() {
  return Object.fromEntries(
    Object.entries(packages).flatMap(([name, wanted]) =>
      wanted.map((wantedName) => [wantedName, versionOf(join(folder, name, 'node_modules', wantedName))]),
    ),
  )
}

/** What ours stands on, and what it is measured with. */
export async function ownVersions() {
  const { node, sqlite } = JSON.parse(await run(nodeBinary(), ['-p', 'JSON.stringify(process.versions)']))
  const commit = await run('git', ['describe', '--always', '--dirty'], { cwd: root }).catch(() => 'unknown\n')
  return {
    plinth: versionOf(join(root, 'packages', 'core')),
    hono: versionOf(join(root, 'node_modules', 'hono')),
    commit: commit.trim(),
    node,
    sqlite,
    wrk: /wrk \S+ ?[\d.]*\S*/.exec(await run('sh', ['-c', 'wrk -v 2>&1 || true']))?.[0],
  }
}

/** Of the package in that folder; undefined where there is none. */
export function versionOf(place) {
  try {
    return JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')).version
  } catch {
    return undefined
  }
}
