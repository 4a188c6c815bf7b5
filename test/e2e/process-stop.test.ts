import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { call, listAll, type ShownEvent, type ShownRequest } from './support/api.ts'
import { CrashClients, seededRandom } from './support/crash-clients.ts'
import { PlinthProcess, serverEnvironment, startPlinth } from './support/plinth-process.ts'
import { accept, reach, show } from './support/requests.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const grant = { tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 600 }

describe('[X75] stopping', () => {
  it('under load: exits 0 within 10 seconds, and what was accepted is done then or after the next start', async () => {
    const folder = temporaryFolder()
    let server = await startPlinth(folder, { PLINTH_SCRIPTED_LATENCY_MS: '200' })
    const token = await mintToken(grant, { PLINTH_DATA_DIR: folder })
    const load = new CrashClients({ clients: 32, url: () => server.url, token, random: seededRandom(7) })
    await until('some load', () => load.acknowledged.length > 300)
    const exit = await server.process.stop()
    expect([exit.code, exit.signal]).toEqual([0, null])
    expect(exit.milliseconds).toBeLessThan(10_000)
    server = await startPlinth(folder)
    await load.end()
    expect(load.odd).toEqual([])
    const ids = new Set(load.acknowledged.map((one) => one.request_id))
    const done = await until('the end of all', async () => {
      const found = await listAll<ShownRequest>(server.url, '/api/requests?status=completed', token)
      return found.length === ids.size && found
    })
    expect(new Set(done.map((one) => one.request_id))).toEqual(ids)
    const events = await listAll<ShownEvent>(server.url, '/api/events', token)
    expect(events).toHaveLength(2 * ids.size)
  })

  it('during a slow call: exits 0 within 10 seconds, and the next start takes the work up', async () => {
    const folder = temporaryFolder()
    const slow = await startPlinth(folder, { PLINTH_SCRIPTED_LATENCY_MS: '60000' })
    const token = await mintToken(grant, { PLINTH_DATA_DIR: folder })
    const ids = await Promise.all(['a', 'b', 'c'].map((prompt) => accept(slow, token, { prompt })))
    for (const id of ids) await until('its start', async () => (await show(slow, token, id)).attempts === 1)
    const exit = await slow.process.stop()
    expect(exit.code).toBe(0)
    expect(exit.milliseconds).toBeLessThan(10_000)
    const next = await startPlinth(folder)
    for (const id of ids) {
      const shown = await reach(next, token, id, 'completed')
      expect(shown.attempts).toBe(2)
      expect(shown.timeline.map((entry) => entry.type)).toEqual(['received', 'started', 'started', 'completed'])
    }
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('%s with nothing to do, but connections open: at once', async (signal) => {
    const server = await startPlinth(temporaryFolder())
    const { hostname, port } = new URL(server.url)
    const sockets = Array.from({ length: 5 }, () => connect(Number(port), hostname))
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    for (const socket of sockets) socket.on('error', () => {})
    sockets[0]?.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    sockets[1]?.write('POST /api/requests HTTP/1.1\r\nHost: x\r\n')
    await until('an answer', () => (sockets[0]?.bytesRead ?? 0) > 0)
    const started = Date.now()
    server.process.signal(signal)
    expect(await server.process.exited).toEqual({ code: 0, signal: null })
    expect(Date.now() - started).toBeLessThan(4_000)
    for (const socket of sockets) socket.destroy()
  })

  it('twice is as good as once', async () => {
    const folder = temporaryFolder()
    const server = await startPlinth(folder, { PLINTH_SCRIPTED_LATENCY_MS: '1500', PLINTH_LOG_LEVEL: 'info' })
    const token = await mintToken(grant, { PLINTH_DATA_DIR: folder })
    const id = await accept(server, token, { prompt: 'x' })
    await until('its start', async () => (await show(server, token, id)).attempts === 1)
    server.process.signal('SIGTERM')
    server.process.signal('SIGTERM')
    expect(await server.process.exited).toEqual({ code: 0, signal: null })
    expect(server.process.stderr.match(/"signal":"SIGTERM","msg":"Plinth stops: /g)).toHaveLength(1)
    const next = await startPlinth(folder)
    // It had the time to end in good order before the process did.
    expect(await show(next, token, id)).toMatchObject({ status: 'completed', attempts: 1 })
  })

  it('while it starts does no harm', async () => {
    const folder = temporaryFolder()
    for (const after of [50, 200, 350, 500]) {
      const starting = new PlinthProcess(['start', '--json'], { environment: serverEnvironment(folder) })
      const time = Date.now() + after
      await until('its time', () => Date.now() >= time || starting.exit !== undefined, { every: 5 })
      starting.signal('SIGTERM')
      const exit = await starting.exited
      expect(exit.code === 0 || exit.signal === 'SIGTERM', JSON.stringify(exit) + starting.stderr).toBe(true)
    }
    expect((await call((await startPlinth(folder)).url, '/readyz')).status).toBe(200)
  })
})
