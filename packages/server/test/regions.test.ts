import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, listAll, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { fill, nameOf, tenantRoutes } from './support/routes.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

const home = temporaryFolder()
const europe = temporaryFolder()
const user = 'a-user-of-europe'
let server: TestServer
let admin: string
let token: string

/** All bytes of a data folder, as text. */
function bytesOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n')
}

async function completed(url: string, bearer: string, body: object): Promise<ShownRequest> {
  const { body: accepted, text } = await call<Acknowledgement>(url, '/api/requests', { token: bearer, body })
  if (!accepted.request_id) throw new Error(text)
  return until('a request that is completed', async () => {
    const { body: shown } = await call<ShownRequest>(url, `/api/requests/${accepted.request_id}`, { token: bearer })
    return shown.status === 'completed' && shown
  })
}

beforeAll(async () => {
  server = await startTestServer({
    PLINTH_DATA_DIR: home,
    PLINTH_REGION: 'us-east-1',
    PLINTH_REGIONS: `eu-central-1=${europe}`,
  })
  admin = await server.token({ permissions: ['*'] })
  const body = { tenant_id: 'europe', name: 'Europe', data_residency_region: 'eu-central-1', isolation_level: 'silo' }
  expect((await call(server.url, '/api/tenants', { token: admin, body })).status).toBe(201)
  token = await server.token({ tenant: 'europe', user })
})

describe('[R109, X66] a tenant of another region whose data folder is at hand', () => {
  it('is served from there, and leaves nothing here', async () => {
    const shown = await completed(server.url, token, { prompt: 'Where am I?', request_id: 'mark-of-europe' })
    expect(shown).toMatchObject({ tenant_id: 'europe', result: { text: expect.stringMatching(/\S/) } })
    const events = await listAll<{ type: string }>(server.url, '/api/events', token)
    expect(events.map(({ type }) => type)).toEqual(['genai.request.received', 'genai.request.completed'])
    const [there, here] = [bytesOf(europe), bytesOf(home)]
    for (const mark of ['mark-of-europe', user]) {
      expect(there.includes(mark), `${mark} in Europe`).toBe(true)
      expect(here.includes(mark), `${mark} at home`).toBe(false)
    }
  })

  it('has its usage, its audit trail and its key there, and an administrator finds them from here', async () => {
    const path = '/api/tenants/europe'
    const usage = await call<{ total: { requests: number } }>(server.url, `${path}/usage`, { token: admin })
    expect(usage.body.total.requests).toBe(1)
    const trail = await call<{ items: { what: string; region: string }[] }>(server.url, `${path}/audit`, { token: admin })
    const accepted = trail.body.items.find(({ what }) => what === 'POST /api/requests')
    expect(accepted?.region).toBe('eu-central-1')
    expect((await call(server.url, `${path}/audit/verify`, { token: admin })).body).toMatchObject({ valid: true })
    expect(bytesOf(europe).includes('tenant-europe-key')).toBe(true)
    expect(bytesOf(home).includes('tenant-europe-key')).toBe(false)
  })

  it('may not take a profile that leads out of it', async () => {
    for (const prefix of ['us.', 'global.', 'eu.']) {
      const model_id = `${prefix}anthropic.claude-haiku-4-5-20251001-v1:0`
      const body = { prompt: 'x', model_id }
      expectProblem(await call(server.url, '/api/requests', { token, body }), 403, 'residency_refused')
    }
    const geo = { token: admin, method: 'PATCH', body: { residency: 'geo' } }
    expect((await call(server.url, '/api/tenants/europe', geo)).status).toBe(200)
    const body = { prompt: 'x', model_id: 'eu.anthropic.claude-haiku-4-5-20251001-v1:0' }
    expect((await call(server.url, '/api/requests', { token, body })).status).toBe(202)
  })
})

describe('[R109, X66] a tenant of a region that is out of reach', () => {
  it('is refused on every route, before its body is read, and nothing of it is kept', async () => {
    const body = { tenant_id: 'nippon', name: 'Nippon', data_residency_region: 'ap-northeast-1' }
    expect((await call(server.url, '/api/tenants', { token: admin, body })).status).toBe(201)
    const stranded = await server.token({ tenant: 'nippon', user: 'a-user-of-nippon' })
    for (const route of tenantRoutes) {
      const options = { token: stranded, method: route.method, ...(route.body ? { body: '{"prompt":"canary-of-nippon"' } : {}) }
      const answer = await call(server.url, fill(route.path, 'x'), options)
      expect(answer.status, nameOf(route)).toBe(403)
      expectProblem(answer, 403, 'residency_refused')
    }
    await server.token()
    for (const folder of [home, europe]) {
      expect(bytesOf(folder)).not.toMatch(/canary-of-nippon|a-user-of-nippon/)
    }
  })
})

describe('[R109] a tenant of a region that another Plinth serves', () => {
  it('is sent on there, streams included, and is refused when that is gone', async () => {
    const here = temporaryFolder()
    const issuers = (tenants: readonly string[], url: string): string =>
      JSON.stringify([
        {
          issuer: 'plinth@us-east-1',
          audience: 'plinth',
          algorithms: ['EdDSA'],
          tenants,
          keys: `${url}/.well-known/jwks.json`,
        },
      ])
    // Each has to know where the other is: the first port is taken by a server that goes again.
    const first = await startTestServer({ PLINTH_DATA_DIR: here, PLINTH_REGION: 'us-east-1' })
    const { port } = new URL(first.url)
    await first.stop()
    const peer = await startTestServer({
      PLINTH_REGION: 'eu-central-1',
      PLINTH_ISSUERS: issuers(['acme'], `http://127.0.0.1:${port}`),
      PLINTH_OUTBOUND_ALLOW: '127.0.0.1',
    })
    const near = await startTestServer({
      PORT: port,
      PLINTH_DATA_DIR: here,
      PLINTH_REGION: 'us-east-1',
      PLINTH_REGIONS: `eu-central-1=${peer.url}`,
    })
    for (const [each, tenant] of [
      [near, 'acme'],
      [peer, 'acme'],
      [near, 'other'],
      [peer, 'other'],
    ] as const) {
      const body = { tenant_id: tenant, name: tenant, data_residency_region: 'eu-central-1' }
      const bearer = await each.token({ permissions: ['*'] })
      expect((await call(each.url, '/api/tenants', { token: bearer, body })).status).toBe(201)
    }
    const bearer = await near.token({ tenant: 'acme', user: 'traveller' })
    const shown = await completed(near.url, bearer, { prompt: 'Far away.', request_id: 'mark-of-acme' })
    expect(shown).toMatchObject({ request_id: 'mark-of-acme', tenant_id: 'acme', user_id: 'traveller' })
    const stream = await fetch(`${near.url}/api/requests/mark-of-acme/events`, { headers: { authorization: `Bearer ${bearer}` } })
    expect(stream.headers.get('content-type')).toBe('text/event-stream')
    expect(await stream.text()).toMatch(/event: done/)
    expect(bytesOf(here)).not.toMatch(/mark-of-acme|traveller/)
    const own = await peer.token({ tenant: 'acme' })
    expect((await call(peer.url, '/api/requests/mark-of-acme', { token: own })).status).toBe(200)
    // The peer was told to trust the first for acme, and for nobody else.
    const other = await near.token({ tenant: 'other' })
    expectProblem(await call(near.url, '/api/requests', { token: other }), 503, 'region_unavailable')
    await peer.stop()
    expectProblem(await call(near.url, '/api/requests', { token: bearer }), 503, 'region_unavailable')
  })
})
