/** Plinth as everyone starts it. @module */
import { join } from 'node:path'
import { firstLine, nodeBinary, root, run, start } from './processes.mjs'

const plinth = join(root, 'packages', 'cli', 'bin', 'plinth.js')

/**
 * `plinth start` on a free port.
 * @param settings variables besides those of this process.
 * @returns the process, its address, and `tokenOf()`, which makes a token of one of its tenants.
 */
export async function startPlinth(settings) {
  const env = { ...process.env, ...settings, PORT: '0' }
  const child = start(nodeBinary(), [plinth, 'start', '--json'], { env })
  const { url } = await firstLine(child)
  const tokenOf = async (tenant, permissions) => {
    const words = [plinth, 'token', '--tenant', tenant, '--permissions', permissions, '--ttl', '24h']
    return (await run(nodeBinary(), words, { env })).trim().split('\n').at(-1)
  }
  return { child, url, tokenOf }
}
