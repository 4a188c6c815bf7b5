/** Servers under load: ours as it is started by everyone, the peers' behind the least that does the same. @module */
import { join } from 'node:path'
import { startPlinth } from '../harness/plinth.mjs'
import { firstLine, nodeBinary, start, stop } from '../harness/processes.mjs'

const peerServer = join(import.meta.dirname, '..', 'peers', 'hono', 'server.mjs')
const peerToken = 'benchmark'

/**
 * Runs `work` with a server that listens.
 * @param work gets its url, token, process id, and `progress()`: how many it accepted and worked so far.
 */
export async function withServer(name, { settings, concurrency, edge }, work) {
  const server = name === 'plinth' ? await startOurs(settings) : await startPeer(name, { settings, concurrency, edge })
  try {
    return await work(server)
  } finally {
    await stop(server.process)
  }
}

async function startOurs({ directory }) {
  const { child, url, tokenOf } = await startPlinth({ PLINTH_MODEL: 'scripted', PLINTH_DATA_DIR: directory })
  const token = await tokenOf('demo', 'requests:write,metrics:read')
  const progress = async () => {
    const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
    if (!response.ok) throw new Error(`/metrics answered ${response.status}.`)
    const text = await response.text()
    return {
      accepted: counted(text, 'http_server_request_duration', { http_route: '/api/requests', http_response_status_code: '202' }),
      done: counted(text, 'plinth_job_duration', { queue: 'event-driven.process', outcome: 'done' }),
    }
  }
  return { process: child, url, token, pid: child.pid, progress }
}

async function startPeer(name, { settings, concurrency, edge }) {
  const task = { name, edge, token: peerToken, settings: { ...settings, concurrency } }
  const server = start(nodeBinary(), [peerServer, JSON.stringify(task)])
  const { url } = await firstLine(server)
  const progress = async () => (await fetch(`${url}/stats`)).json()
  return { process: server, url, token: peerToken, pid: server.pid, progress }
}

/** How many a histogram of Prometheus text counted, under these labels. */
export function counted(text, name, labels) {
  let sum = 0
  for (const line of text.split('\n')) {
    const found = /^(\w+)\{(.*)\} (\S+)/.exec(line)
    if (!found?.[1].startsWith(name) || !found[1].endsWith('_count')) continue
    if (Object.entries(labels).every(([label, value]) => found[2].includes(`${label}="${value}"`))) sum += Number(found[3])
  }
  return sum
}
