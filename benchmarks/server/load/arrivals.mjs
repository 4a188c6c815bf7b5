/** Arrivals by the clock, whatever became of those before, and what came of each. @module */
import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { Bins } from './bins.mjs'
import { kindOf, kinds, TenantCalls } from './mix.mjs'

const { Pool } = createRequire(new URL('../../../packages/models/package.json', import.meta.url))('undici')
/** As many as clients there would be; one that finds none waits, which counts as time of its call. */
const connections = 4_000
const tickMilliseconds = 5
/** Nobody should notice a full server here: whether it is up, ready, and what its administrator looks at. */
const probes = { healthz: '/healthz', readyz: '/readyz', tenants: '/api/tenants', metrics: '/metrics' }
const probeMilliseconds = 250

/**
 * Loads a server phase by phase.
 * @param task url, tenants with tokens, an administrator's token, phases of `rate` a second for `seconds`, the width of a bin,
 * `deadline`: what answers later was of no use, `patience`: when a client gives up, both in milliseconds.
 * @returns bins in order, and ids of all that was acknowledged where `keep` is set.
 */
export async function arrive(task) {
  const pool = new Pool(task.url, { connections, pipelining: 1, headersTimeout: task.patience, bodyTimeout: task.patience })
  // Each on a connection of its own, as watchdogs ask.
  const probing = new Pool(task.url, { connections: 8, pipelining: 0, headersTimeout: task.patience, bodyTimeout: task.patience })
  const bins = new Bins(task)
  const acknowledged = []
  const open = new Set()
  const tenants = task.tenants.map(({ tenant, token }) => ({ tenant, calls: new TenantCalls(token) }))
  const began = performance.now()
  let number = task.first ?? 0

  const follow = (work) => {
    const followed = work.finally(() => open.delete(followed))
    open.add(followed)
  }
  const one = async (due, phase) => {
    const mine = number++
    const kind = kindOf(mine)
    // Every tenant gets every kind: the place in the hundred decides on that, the hundred on whose it is.
    const { tenant, calls } = tenants[(mine + Math.floor(mine / 100)) % tenants.length]
    const bin = bins.at(due - began, phase)
    bin.offered++
    try {
      const { statusCode, headers, body } = await pool.request(calls.call(kind, mine))
      const answer = await body.text()
      bin.answered(kind, { status: statusCode, retryAfter: headers['retry-after'], milliseconds: performance.now() - due })
      if (statusCode >= 300 || !kinds[kind].lasting) return
      const made = kinds[kind].made(JSON.parse(answer))
      if (kind === 'request') calls.remember(made[0])
      if (task.keep) for (const id of made) acknowledged.push({ kind, tenant, id })
    } catch (error) {
      bin.broken(error)
    }
  }
  const probe = async (name, due, phase) => {
    const bin = bins.at(due - began, phase)
    try {
      const headers = { authorization: `Bearer ${task.admin}` }
      const { statusCode, body } = await probing.request({ method: 'GET', path: probes[name], headers })
      await body.dump()
      bin.probed(name, performance.now() - due, statusCode === 200)
    } catch {
      bin.probed(name, performance.now() - due, false)
    }
  }

  let phaseBegan = began
  for (const [phase, { rate, seconds }] of task.phases.entries()) {
    let sent = 0
    let probed = 0
    const names = Object.keys(probes)
    for (let passed = 0; passed < seconds * 1_000; passed = performance.now() - phaseBegan) {
      for (const dueUntil = Math.min(passed, seconds * 1_000); (sent * 1_000) / rate <= dueUntil; sent++)
        follow(one(phaseBegan + (sent * 1_000) / rate, phase))
      for (; probed * probeMilliseconds <= passed; probed++)
        follow(probe(names[probed % names.length], phaseBegan + probed * probeMilliseconds, phase))
      await pause(tickMilliseconds)
    }
    phaseBegan += seconds * 1_000
  }
  await Promise.all(open)
  await Promise.all([pool.destroy(), probing.destroy()])
  return { bins: bins.list(), acknowledged, next: number }
}
