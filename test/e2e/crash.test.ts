import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { localPlatform, systemClock } from '@plinth/local'
import { createModels } from '@plinth/models'
import { describe, expect, it } from 'vitest'
import { findFaults, type Ledgers } from '../../faults/findings/promises.ts'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { call, listAll, type ShownEvent, type ShownRequest } from './support/api.ts'
import { CrashClients, seededRandom } from './support/crash-clients.ts'
import { PlinthProcess, type RunningPlinth, serverEnvironment, startPlinth } from './support/plinth-process.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const kills = 30
const clients = 48
const everything = { tenant: 'demo', user: 'crash', permissions: ['*'], lifetime: 3_600 }
const scripted = { PLINTH_SCRIPTED_LATENCY_MS: '20' }

// What a kill can't tell is whether commits reached the disk itself: for that the power has to fail.
describe('kill -9 at any time', () => {
  it('[R12] [R19] [X4] [X7] [X11] thirty times under load: accepted means kept, and everything is done once', {
    timeout: 600_000,
  }, async () => {
    const seed = Number(process.env.PLINTH_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31))
    console.log(`crash.test.ts: PLINTH_TEST_SEED=${seed}`)
    const random = seededRandom(seed)
    const folder = temporaryFolder()
    let server: RunningPlinth = await startPlinth(folder, scripted)
    const token = await mintToken(everything, { PLINTH_DATA_DIR: folder })
    const load = new CrashClients({ clients, url: () => server.url, token, random })
    let crashes = 0
    for (let kill = 1; kill <= kills; kill++) {
      const wanted = load.acknowledged.length + Math.floor(random() * 250)
      await until(`${wanted} acknowledgements`, () => load.acknowledged.length >= wanted, { within: 120_000, every: 1 })
      await server.process.kill()
      crashes++
      // Some die while they start: recovery must survive its own crash.
      if (random() < 0.25) {
        await killWhileStarting(folder, random() * 700)
        crashes++
      }
      server = await startPlinth(folder, scripted)
    }
    await load.end()
    expect(load.odd).toEqual([])
    expect(load.acknowledged.length).toBeGreaterThan(kills * 20)

    // Everything that was accepted ends by itself.
    await until('the end of all', async () => (await page(server, token, 'status=processing')).length === 0, {
      within: 180_000,
      every: 100,
    })
    const requests = await listAll<ShownRequest>(server.url, '/api/requests', token)
    const events = await listAll<ShownEvent>(server.url, '/api/events', token)
    const keys = new Map(load.acknowledged.map(({ key, request_id }) => [key, request_id]))
    for (const key of [...keys.keys()].filter((_, index) => index % 10 === 0))
      load.acknowledged.push({ key, request_id: await load.send(key) })
    expect((await page(server, await mintToken(everything, { PLINTH_DATA_DIR: folder }), 'limit=1')).length).toBe(1)
    for (const { request_id } of requests.slice(0, 20)) {
      const { body } = await call<ShownRequest>(server.url, `/api/requests/${request_id}`, { token })
      expect(body.result?.text).toMatch(/^Scripted [0-9a-f]{8}/)
    }
    expect((await server.process.stop()).code).toBe(0)

    const ledgers: Ledgers = {
      acknowledged: load.acknowledged,
      requests: requests.map((request) => ({
        ...request,
        starts: request.timeline.filter((entry) => entry.type === 'started').length,
      })),
      events,
      file: await lookIntoFile(folder),
      crashes,
    }
    expect(findFaults(ledgers)).toEqual([])
    const repeated = requests.reduce((sum, request) => sum + request.attempts - 1, 0)
    console.log(`crash.test.ts: ${requests.length} requests over ${kills} kills, ${repeated} starts were repeated`)
    // The kills did hit work that was under way.
    expect(repeated).toBeGreaterThan(0)
  })
})

async function killWhileStarting(folder: string, after: number): Promise<void> {
  const starting = new PlinthProcess(['start', '--json'], { environment: serverEnvironment(folder, scripted) })
  const time = Date.now() + after
  await until('its time', () => Date.now() >= time || starting.exit !== undefined, { every: 1 })
  await starting.kill()
}

async function page(server: RunningPlinth, token: string, query: string): Promise<readonly ShownRequest[]> {
  const { body } = await call<{ items: ShownRequest[] }>(server.url, `/api/requests?${query}`, { token })
  return body.items
}

/** Reads the file itself, without the server, and the backlog as the pattern keeps it. */
async function lookIntoFile(folder: string): Promise<Ledgers['file']> {
  const database = new DatabaseSync(join(folder, 'plinth.db'), { readOnly: true })
  const check = database
    .prepare('PRAGMA quick_check')
    .all()
    .map((row) => String(Object.values(row)[0]))
  const jobs = Number(database.prepare('SELECT (SELECT COUNT(*) FROM ready) + (SELECT COUNT(*) FROM held) AS jobs').get()?.jobs)
  database.close()
  const platform = await localPlatform({ directory: folder, models: createModels({ clock: systemClock }) })
  const backlog = await platform.operate().store.get({ tenant: 'demo', collection: 'backlogs', partition: 'requests', sort: '@' })
  await platform.close()
  return { check, jobs, backlog: Number(backlog?.index.requests) }
}
