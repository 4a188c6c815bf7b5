import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { eventDriven, type Pattern, processGenaiRequest, silentLog } from '@plinth/core'
import { localPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'
import { bootstrap, createApp, startTelemetry } from '@plinth/server'
import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { type Acknowledgement, call, type Page, type Problem, type ShownRequest } from './support/api.ts'
import { type RunningPlinth, startPlinth } from './support/plinth-process.ts'
import { reach } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const amount = 100_000
const atATime = 1_000
/** MB. A process at work takes some 450, with a quarter of the queue as well: the queue itself isn't in memory. */
const mostMemory = 540
const grant = { tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 }

describe('[R18] [X8] a long queue', () => {
  it('of 100,000: starts quickly, in bounded memory, still accepts, and drains', { timeout: 600_000 }, async () => {
    const folder = temporaryFolder()
    await fill(folder)
    const token = await mintToken(grant, { PLINTH_DATA_DIR: folder })

    const started = Date.now()
    const waiting = await startPlinth(folder, { PLINTH_WORKER: 'off' })
    expect(Date.now() - started).toBeLessThan(10_000)
    expect(jobsIn(folder)).toBe(amount)
    const acknowledged = await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        call<Acknowledgement>(waiting.url, '/api/requests', { token, body: { prompt: `late ${index}` } }),
      ),
    )
    for (const answer of acknowledged) expect(answer.status).toBe(202)
    // The estimate knows how much is before it: a model in this process gets through about a thousand a second, by its guess.
    expect(Date.parse(acknowledged[0]?.body.estimated_completion_at ?? '')).toBeGreaterThan(Date.now() + 30_000)
    let after: string | null | undefined
    for (let page = 0; page < 5; page++) {
      const answer = await call<Page<ShownRequest>>(waiting.url, `/api/requests?limit=1000${after ? `&after=${after}` : ''}`, {
        token,
      })
      expect(answer.body.items).toHaveLength(1_000)
      after = answer.body.next_cursor
    }
    expect(memoryOf(waiting)).toBeLessThan(mostMemory)
    expect((await waiting.process.stop()).code).toBe(0)

    const draining = await startPlinth(folder)
    const urgent = await call<Acknowledgement>(draining.url, '/api/requests', {
      token,
      body: { prompt: 'urgent', priority: 'high' },
    })
    // Lanes: it is not behind the 100,000.
    await reach(draining, token, urgent.body.request_id, 'completed', 5_000)
    expect(jobsIn(folder)).toBeGreaterThan(amount / 2)
    const speed = await until('10,000 done', () => jobsIn(folder) < amount - 10_000 && Date.now() - started, {
      within: 60_000,
      every: 100,
    })
    expect(speed).toBeGreaterThan(0)
    expect(memoryOf(draining)).toBeLessThan(mostMemory)
    const exit = await draining.process.stop()
    expect([exit.code, exit.milliseconds < 10_000]).toEqual([0, true])
  })

  it('that is full refuses with 429 queue_full and Retry-After, and takes again when one has ended', async () => {
    const most = 3
    const platform = await localPlatform({ directory: temporaryFolder(), models: createModels({ clock: systemClock }) })
    const { issuer, authenticator } = await bootstrap(platform)
    const options = {
      platform,
      authenticator,
      issuer,
      telemetry: startTelemetry(),
      log: silentLog,
      ready: () => true,
      stopping: new AbortController().signal,
    }
    const app = createApp({ ...options, patterns: [withLimit(most)] })
    const headers = { authorization: `Bearer ${await issuer.sign(grant)}`, 'content-type': 'application/json' }
    const ask = async (path: string, method: string, body?: object): Promise<Response> =>
      app.fetch(new Request(`http://x${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }))
    const submit = (id: string): Promise<Response> => ask('/api/requests', 'POST', { prompt: 'x', request_id: id })

    const statuses = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(async (id) => (await submit(id)).status))
    expect(statuses.toSorted()).toEqual([202, 202, 202, 429, 429, 429])
    const refused = await submit('g')
    expect([refused.status, ((await refused.json()) as Problem).code]).toEqual([429, 'queue_full'])
    expect(refused.headers.get('content-type')).toMatch(/^application\/problem\+json/)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect((await ask('/api/requests/g', 'GET')).status).toBe(404)
    const { items } = (await (await ask('/api/requests', 'GET')).json()) as Page<ShownRequest>
    expect(items).toHaveLength(most)
    const freed = items[0]?.request_id ?? ''
    expect((await ask(`/api/requests/${freed}`, 'DELETE')).status).toBe(202)
    expect((await submit('h')).status).toBe(202)
    expect((await submit('i')).status).toBe(429)
    await platform.close()
  })
})

/** Fills the queue in this process, where no HTTP is in the way. */
async function fill(folder: string): Promise<void> {
  const platform = await localPlatform({ directory: folder, models: createModels({ model: 'scripted', clock: systemClock }) })
  const { issuer, authenticator } = await bootstrap(platform)
  const scope = platform.scope(await authenticator.authenticate(`Bearer ${await issuer.sign(grant)}`, 'backlog'))
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < amount; index = next++) await processGenaiRequest(scope, { prompt: `prompt ${index}` })
  }
  await Promise.all(Array.from({ length: atATime }, work))
  await platform.close()
}

/** The pattern with a small queue. */
function withLimit(most: number): Pattern {
  const routes = eventDriven.routes.map((route) => {
    if (route.method !== 'POST' || route.path !== '/api/requests') return route
    return {
      ...route,
      handle: async (
        scope: Parameters<typeof route.handle>[0],
        { body }: { body: Parameters<typeof processGenaiRequest>[1] },
      ) => {
        return { status: 202, body: await processGenaiRequest(scope, body, { backlogLimit: most }) }
      },
    }
  })
  return { ...eventDriven, routes }
}

function jobsIn(folder: string): number {
  const database = new DatabaseSync(join(folder, 'plinth.db'), { readOnly: true })
  const jobs = Number(database.prepare('SELECT COUNT(*) AS jobs FROM ready').get()?.jobs)
  database.close()
  return jobs
}

/** What the process holds in memory, MB; 0 where the system doesn't say. */
function memoryOf(server: RunningPlinth): number {
  const path = `/proc/${server.pid}/status`
  return existsSync(path) ? Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(path, 'utf8'))?.[1]) / 1024 : 0
}
