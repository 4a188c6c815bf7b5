/** What is measured of each: what a call costs, and how soon the first byte of a stream is there. @module */
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { cpuOf, residentOf } from '../event-driven/harness/machine.mjs'
import { median } from '../event-driven/harness/statistics.mjs'
import { wrk } from '../event-driven/harness/wrk.mjs'

const script = join(import.meta.dirname, 'post.lua')
const agent = new Agent({ keepAlive: true })
/** Sealing of the audit trail comes some seconds behind the calls, and is paid by them. */
const after = 6_000

/** @returns CPU µs a call, of all threads, also of what follows the calls; and what wrk saw. */
export async function cost({ child, url, model, tokens, host }, { directory, seconds, connections, streamed }) {
  const file = join(directory, 'tokens')
  writeFileSync(file, `${tokens.join('\n')}\n`)
  const words = [file, model, streamed ? 'stream' : 'whole', ...(host ? [host] : [])]
  const load = (length) => wrk(`${url}/v1/chat/completions`, { script, connections, seconds: length, words })
  await load(3)
  await pause(after)
  const before = cpuOf(child.pid)
  const { requests, microseconds, p50, p99, refused, broken } = await load(seconds)
  const during = cpuOf(child.pid) - before
  await pause(after)
  const all = cpuOf(child.pid) - before
  return {
    cpu: (during / requests) * 1e6,
    cpuInAll: (all / requests) * 1e6,
    perSecond: requests / (microseconds / 1e6),
    p50: p50 / 1_000,
    p99: p99 / 1_000,
    failed: refused + broken,
    ...residentOf(child.pid),
  }
}

/** Milliseconds until the first byte of a stream's body, one call after the other; the median. */
export async function firstByte({ url, model, tokens, host }, calls) {
  const times = []
  for (let call = 0; call < calls; call++) times.push(await one(url, { model, token: tokens[call % tokens.length], host }))
  return median(times.slice(calls / 10))
}

function one(url, { model, token, host }) {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const sent = request(`${url}/v1/chat/completions`, {
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        ...(host && { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': host }),
      },
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`))
      let first
      response.on('data', () => {
        first ??= performance.now() - began
      })
      response.on('end', () => resolve(first))
    })
    sent.end(JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Say something about foxes.' }] }))
  })
}
