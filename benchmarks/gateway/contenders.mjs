/** Who passes chat completions on, and how each is started. @module */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startPlinth } from '../event-driven/harness/plinth.mjs'
import { firstLine, freePort, nodeBinary, start } from '../event-driven/harness/processes.mjs'

/** Portkey's folder: a lock of its own, and what it installs. */
export const portkey = { folder: join(import.meta.dirname, 'peers', 'portkey'), name: '@portkey-ai/gateway' }
const wide = { requests_per_minute: 1_000_000, tokens_per_minute: 1_000_000_000, concurrent: 1_000, monthly_budget_usd: 1e6 }

/** Each gives `{ child, url, model, tokens, host? }`. @param tenants how many take turns. */
export const contenders = {
  bare: {
    title: 'node:http and undici alone: no token, nothing looked at',
    open: async ({ upstream }) => {
      const child = start(nodeBinary(), [join(import.meta.dirname, 'peers', 'bare.mjs'), upstream])
      return { child, ...(await firstLine(child)), model: 'stub', tokens: ['none'] }
    },
  },
  portkey: {
    title: 'Portkey: no token, no plug-ins',
    open: async ({ upstream }) => {
      const port = await freePort()
      const child = start(nodeBinary(), ['build/start-server.js', `--port=${port}`, '--headless'], {
        cwd: join(portkey.folder, 'node_modules', portkey.name),
        env: { ...process.env, NODE_ENV: 'production' },
        stdio: ['ignore', 'ignore', 'ignore'],
      })
      const url = `http://127.0.0.1:${port}`
      await answering(url)
      return { child, url, model: 'stub', tokens: ['none'], host: `${upstream}/v1` }
    },
  },
  plinth: { title: 'Plinth: tenants without limits', open: (options) => openPlinth(options, {}) },
  limited: {
    title: 'Plinth: tenants with requests, tokens, calls and a budget limited',
    open: (options) => openPlinth(options, { limits: wide }),
  },
}

async function openPlinth({ upstream, directory, tenants }, settings) {
  const { child, url, tokenOf } = await startPlinth({
    PLINTH_MODEL: 'openai-compatible/stub',
    PLINTH_MODEL_BASE_URL: `${upstream}/v1`,
    PLINTH_DATA_DIR: directory,
    PLINTH_LOG_LEVEL: 'error',
  })
  const admin = await tokenOf('demo', '*')
  const send = async (path, body) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (response.status !== 201) throw new Error(`${path}: ${response.status}.`)
    return response.json()
  }
  const tokens = []
  const numbers = Array.from({ length: tenants }, (_, number) => number)
  const work = async () => {
    for (let number = numbers.pop(); number !== undefined; number = numbers.pop()) {
      const tenant_id = `t${number}`
      await send('/api/tenants', { tenant_id, name: tenant_id, ...settings })
      const { key } = await send(`/api/tenants/${tenant_id}/keys`, { name: 'load', permissions: ['models:write'] })
      tokens.push(key)
    }
  }
  await Promise.all(Array.from({ length: 16 }, work))
  return { child, url, model: 'openai-compatible/stub', tokens }
}

async function answering(url) {
  for (let tries = 0; tries < 100; tries++) {
    try {
      await fetch(url)
      return
    } catch {
      await pause(100)
    }
  }
  throw new Error(`Nothing answers at ${url}.`)
}
