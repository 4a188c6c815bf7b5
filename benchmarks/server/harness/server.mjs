/** A server under load: Plinth as everyone starts it, with tenants of its own. @module */
import { join } from 'node:path'
import { startPlinth } from '../../event-driven/harness/plinth.mjs'
import { runTask } from '../../event-driven/harness/processes.mjs'

const subject = join(import.meta.dirname, '..', 'load', 'subject.mjs')
export const tenantNames = ['north', 'south', 'east', 'west']

/** Milliseconds: what answers later counts for nothing, and when a client gives up. */
const [deadline, patience] = [1_000, 10_000]

/** Starts it on a folder, and makes the tenants where they are not there yet. */
export async function startLoaded(directory, { latency, embedding }) {
  const server = await startPlinth({
    PLINTH_MODEL: 'scripted',
    PLINTH_SCRIPTED_LATENCY_MS: String(latency),
    PLINTH_EMBEDDING_MODEL: embedding,
    PLINTH_DATA_DIR: directory,
    PLINTH_LOG_LEVEL: 'error',
  })
  const { url, tokenOf } = server
  const admin = await tokenOf('demo', '*')
  for (const tenant_id of tenantNames) await onboard(url, admin, tenant_id)
  const tenants = await Promise.all(tenantNames.map(async (tenant) => ({ tenant, token: await tokenOf(tenant, '*') })))
  return { ...server, admin, tenants }
}

/** Loads it from a process of its own. */
export function loadServer({ url, admin, tenants }, { phases, binSeconds = 1, ...more }) {
  const task = { url, admin, tenants, phases, binSeconds, deadline, patience, ...more }
  const seconds = phases.reduce((sum, phase) => sum + phase.seconds, 0)
  return runTask(subject, task, (seconds + 120) * 1_000)
}

/** One request after another, as whoever looks after the server does. */
export async function ask(url, token, path) {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } })
  if (!response.ok) throw new Error(`${path} answered ${response.status}.`)
  return response.json()
}

async function onboard(url, token, tenant_id) {
  const response = await fetch(`${url}/api/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tenant_id, name: tenant_id }),
  })
  if (response.status !== 201 && response.status !== 409)
    throw new Error(`The tenant ${tenant_id} could not be made: ${response.status}.`)
}
