import { describe, expect, it } from 'vitest'
import { call, type Page } from '../../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { readEnvironment } from '../../src/environment.ts'
import { MachineReadings } from '../../src/machine-readings.ts'
import { readStream } from '../support/read-stream.ts'
import { startTestServer } from '../support/test-server.ts'

describe('what a machine does', () => {
  it('is read as shares, sizes and delays that can be', async () => {
    const readings = new MachineReadings(temporaryFolder())
    // It measures from its first beat on.
    await new Promise((resolve) => setTimeout(resolve, 300))
    const busyUntil = Date.now() + 400
    while (Date.now() < busyUntil);
    await new Promise((resolve) => setTimeout(resolve, 300))
    const taken = new Map((await readings.take()).map(({ key, data }) => [key as string, data]))
    readings.stop()
    expect([...taken.keys()]).toEqual(['cpu', 'memory', 'event-loop', 'disk'])
    for (const data of taken.values())
      for (const [name, value] of Object.entries(data)) {
        expect(Number.isFinite(value), name).toBe(true)
        expect(value, name).toBeGreaterThanOrEqual(0)
        if (name.endsWith('share')) expect(value, name).toBeLessThanOrEqual(1)
      }
    expect(taken.get('cpu')?.process_share).toBeGreaterThan(0)
    expect(taken.get('memory')?.rss_mib).toBeGreaterThan(10)
    // The loop stood still for so long.
    expect(taken.get('event-loop')?.longest_ms).toBeGreaterThan(140)
  })
})

describe('[R90] a fresh Plinth', () => {
  it('has the stream machine within seconds, which goes on, and nothing else', async () => {
    const server = await startTestServer({ PLINTH_SELF_METRICS: 'on' })
    const token = await server.token()
    const begun = Date.now()
    const shown = await until('readings', async () => {
      const { body } = await call<{ records: number }>(server.url, '/api/streams/machine', { token })
      return body.records >= 8 && body
    })
    expect(Date.now() - begun).toBeLessThan(15_000)
    expect(shown).toMatchObject({ name: 'machine', late: 0, quarantined: 0 })
    const all = await call<Page<{ name: string }>>(server.url, '/api/streams', { token })
    expect(all.body.items.map(({ name }) => name)).toEqual(['machine'])
    const events = await readStream(server.url, '/api/streams/machine/events', token, {
      enough: (events) => new Set(events.map(({ data }) => data.key)).size > 4,
    })
    const keys = new Set(events.flatMap(({ data }) => (typeof data.key === 'string' ? [data.key] : [])))
    expect([...keys].sort()).toEqual(['cpu', 'disk', 'event-loop', 'memory'])
    // None of it is what somebody asked for.
    const trail = await server.token({ permissions: ['*'] })
    const audit = await call(server.url, '/api/tenants/demo/audit', { token: trail })
    expect(audit.text).not.toContain('streams/machine')
    await server.stop()
  })

  it('keeps quiet about a tenant that takes nothing, and goes on when it does again', async () => {
    const server = await startTestServer({ PLINTH_SELF_METRICS: 'on' })
    await server.registry.create('other', 'Other')
    const admin = await server.token({ tenant: 'other', permissions: ['*'] })
    const set = (status: string) => call(server.url, '/api/tenants/demo', { token: admin, method: 'PATCH', body: { status } })
    expect((await set('suspended')).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    expect((await set('active')).status).toBe(200)
    const token = await server.token()
    await until('the stream', async () => (await call(server.url, '/api/streams/machine', { token })).status === 200)
    await server.stop()
  })

  it('has no stream with PLINTH_SELF_METRICS=off', async () => {
    const server = await startTestServer({ PLINTH_SELF_METRICS: 'off' })
    const token = await server.token()
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect((await call<Page<object>>(server.url, '/api/streams', { token })).body.items).toEqual([])
  })

  it('takes on and off, which is on, and nothing else', () => {
    expect(readEnvironment({}).selfMetrics).toBe(true)
    expect(readEnvironment({ PLINTH_SELF_METRICS: 'on' }).selfMetrics).toBe(true)
    expect(readEnvironment({ PLINTH_SELF_METRICS: 'off' }).selfMetrics).toBe(false)
    expect(() => readEnvironment({ PLINTH_SELF_METRICS: 'yes' })).toThrow(/PLINTH_SELF_METRICS/)
  })
})
