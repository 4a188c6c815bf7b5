/** The peers' packages, each in a folder of its own, as its lock says. @module */
import { join } from 'node:path'
import { installPackages, versionOf } from '../event-driven/harness/peers.mjs'
import { contenders } from './contenders.mjs'

/** Installs what is missing. */
export async function installPeers(names, note) {
  for (const { folder, packages } of peersOf(names)) await installPackages(folder, packages, note)
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
