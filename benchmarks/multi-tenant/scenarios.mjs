/** One server, one quiet tenant, and what the other one does meanwhile. @module */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuOf, residentOf } from '../event-driven/harness/machine.mjs'
import { startPlinth } from '../event-driven/harness/plinth.mjs'
import { stop } from '../event-driven/harness/processes.mjs'
import { promptOf } from '../event-driven/harness/sizes.mjs'
import { wrk } from '../event-driven/harness/wrk.mjs'

const script = join(import.meta.dirname, '..', 'event-driven', 'measures', 'post.lua')
const warmUpSeconds = 2
/** The flood is well under way when the quiet tenant is measured. */
const aheadSeconds = 1
const drainMilliseconds = 60_000

/** What the other tenant does, and what it may. */
export const scenarios = {
  alone: { title: 'alone' },
  flood: { title: 'beside a flood, without limits', limits: {} },
  concurrent: { title: 'beside a flood that may have 8 calls at a time', limits: { concurrent: 8 } },
  rated: { title: 'beside a flood that may have 600 requests a minute', limits: { requests_per_minute: 600 } },
}

/** @returns latencies of every request of the quiet tenant, milliseconds, and what the server did and took. */
export async function measure(directory, { limits }, settings) {
  const { seconds, latency } = settings
  const { child, url, tokenOf } = await startPlinth({
    PLINTH_MODEL: 'scripted',
    PLINTH_SCRIPTED_LATENCY_MS: String(latency),
    PLINTH_DATA_DIR: directory,
    PLINTH_LOG_LEVEL: 'error',
  })
  try {
    const admin = await tokenOf('demo', 'tenants:admin')
    await onboard(url, admin, 'quiet', {})
    await onboard(url, admin, 'loud', limits ?? {})
    const quiet = await tokenOf('quiet', 'requests:read,requests:write')
    await submitSteadily(url, quiet, { ...settings, seconds: warmUpSeconds })
    const flood = limits && floodBy(url, await tokenOf('loud', 'requests:write'), settings)
    if (flood) await pause(aheadSeconds * 1_000)
    const cpu = cpuOf(child.pid)
    const sent = await submitSteadily(url, quiet, settings)
    const cpuSeconds = cpuOf(child.pid) - cpu
    const ends = await endsOf(url, quiet, sent)
    const { requests = 0, refused = 0 } = (await flood) ?? {}
    const perSecond = (count) => Math.round(count / (seconds + aheadSeconds))
    return {
      acks: sent.map(({ from, acknowledged }) => acknowledged - from),
      ends,
      late: Math.max(...sent.map(({ due, from }) => from - due)),
      floodAccepted: perSecond(requests - refused),
      floodRefused: perSecond(refused),
      cpuShare: cpuSeconds / seconds,
      ...residentOf(child.pid),
    }
  } finally {
    await stop(child)
  }
}

/** By wrk: as many as its connections carry, each with a key of its own. */
async function floodBy(url, token, { seconds, floodConnections }) {
  const counted = await wrk(`${url}/api/requests`, {
    script,
    connections: floodConnections,
    seconds: seconds + aheadSeconds,
    words: [token, 'loud-', promptOf(0)],
  })
  if (counted.broken > 0) throw new Error(`${counted.broken} requests of the flood broke.`)
  return counted
}

/** One request after the other at a steady pace, whatever became of those before. */
async function submitSteadily(url, token, { seconds, requestsPerSecond }) {
  const every = 1_000 / requestsPerSecond
  const began = performance.now() + 50
  const all = Array.from({ length: seconds * requestsPerSecond }, async (_, number) => {
    const due = began + number * every
    await pause(due - performance.now())
    const from = performance.now()
    const sentAt = Date.now()
    const response = await fetch(`${url}/api/requests`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ prompt: promptOf(number) }),
    })
    const body = await response.json()
    if (response.status !== 202) throw new Error(`A request of the quiet tenant was refused: ${response.status} ${body.code}.`)
    return { due, from, sentAt, acknowledged: performance.now(), id: body.request_id }
  })
  return Promise.all(all)
}

/** From when each was sent until its end was kept, by the one clock of this machine. */
async function endsOf(url, token, sent) {
  const headers = { authorization: `Bearer ${token}` }
  const read = async (path) => (await fetch(`${url}${path}`, { headers })).json()
  for (const began = Date.now(); (await read('/api/requests?status=processing&limit=1')).items.length > 0; await pause(100))
    if (Date.now() - began > drainMilliseconds) throw new Error('The quiet tenant was starved.')
  const ended = new Map()
  for (let after = ''; after !== null; ) {
    const page = await read(`/api/requests?limit=1000${after === '' ? '' : `&after=${after}`}`)
    for (const { request_id, status, ended_at } of page.items) {
      if (status !== 'completed') throw new Error(`A request of the quiet tenant is ${status}.`)
      ended.set(request_id, Date.parse(ended_at))
    }
    after = page.next_cursor
  }
  return sent.map(({ id, sentAt }) => ended.get(id) - sentAt)
}

async function onboard(url, token, tenant_id, limits) {
  const response = await fetch(`${url}/api/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tenant_id, name: tenant_id, limits }),
  })
  if (response.status !== 201) throw new Error(`The tenant ${tenant_id} could not be made: ${response.status}.`)
}
