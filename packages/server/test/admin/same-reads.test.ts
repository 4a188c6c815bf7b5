import { beforeAll, describe, expect, it } from 'vitest'
import { adminRoutes, fill, nameOf, tenantRoutes } from '../support/routes.ts'
import { type Told, WatchedApp } from './watched-app.ts'

const nobodys = 'f0000000-0000-7000-8000-000000000000'

let app: WatchedApp
let owner: string
let stranger: string
/** Ids of demo's own things, by the beginning of the paths that take them. */
let samples: readonly (readonly [prefix: string, id: string])[]

beforeAll(async () => {
  app = await WatchedApp.open()
  const operator = await app.token('demo')
  for (const tenant of ['stranger', 'bystander'])
    await app.make('/api/tenants', operator, { tenant_id: tenant, name: tenant }, 'tenant_id')
  owner = await app.token('demo')
  stranger = await app.token('stranger')
  const request = await app.make('/api/requests', owner, { prompt: 'mine' }, 'request_id')
  const letter = await app.make('/api/requests', owner, { prompt: 'mine [[fail]]' }, 'request_id')
  const documents = [{ source: 'mine.txt', content: 'Mine.' }]
  const sent = await app.ask('POST', '/api/documents', { token: owner, body: { documents } })
  const plan = { steps: [{ id: 'one', agent_type: 'research', prompt: 'Mine.' }] }
  const workflow = await app.make('/api/workflows', owner, { request: 'Mine.', plan }, 'workflow_id')
  const rule = { rule_id: 'mine', alert_type: 'mine', on: 'record', field: 'value', operator: '>', threshold: 1 }
  await app.ask('PUT', '/api/alert-rules', { token: owner, body: { rules: [rule] } })
  await app.ask('POST', '/api/streams/mine/records', { token: owner, body: { records: [{ key: 'mine', data: { value: 2 } }] } })
  await app.work()
  const alerts = await app.ask('GET', '/api/alerts', { token: owner })
  samples = [
    ['/api/requests/', request],
    ['/api/dead-letters/', letter],
    [
      '/api/traces/',
      String(JSON.parse((await app.ask('GET', `/api/requests/${request}`, { token: owner })).text).correlation_id),
    ],
    ['/api/subscribers/', await app.make('/api/subscribers', owner, { target: { type: 'queue' } }, 'subscriber_id')],
    ['/api/documents/', String(JSON.parse(sent.text)[0].document_id)],
    ['/api/ingests/', sent.location?.split('/').at(-1) ?? ''],
    ['/api/uploads/', await app.make('/api/uploads', owner, {}, 'upload_id')],
    ['/api/agents/', await app.make('/api/agents', owner, { type: 'mine' }, 'type')],
    ['/api/workflows/', workflow],
    ['/api/alerts/', String(JSON.parse(alerts.text).items[0].alert_id)],
    ['/api/streams/', 'mine'],
    ['/api/events/replay/', await app.make('/api/events/replay', owner, { from: 1 }, 'replay_id')],
  ]
  // The stranger's keys are in memory from now on, whatever is asked first.
  await app.make('/api/requests', stranger, { prompt: 'theirs' }, 'request_id')
})

/** Everything but what an id, or the number and time of the request, makes different by itself. */
function comparable({ status, headers, text, asked }: Told, id: string): object {
  const plain = (words: string): string =>
    words
      .replaceAll(id, '<id>')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uuid>')
      .replaceAll(/"mac":"[^"]*"/g, '"mac"')
      .replaceAll(/"written":\d+/g, '"written"')
  return { status, headers, text: plain(text), asked: asked.map(plain) }
}

const withIds = tenantRoutes.filter((route) => route.path.includes('{')).map((route) => [nameOf(route), route] as const)

describe('an absent and a foreign id', () => {
  it.each(withIds)('%s: ask the stores for the same, and are told the same [R110, X67]', async (_, route) => {
    const sample = samples.find(([prefix]) => route.path.startsWith(prefix))?.[1] ?? expect.fail(`No sample for ${route.path}.`)
    const bodies = route.body ? [{}, { receipts: ['x'] }, { max: 1 }] : [undefined]
    for (const body of bodies) {
      for (const headers of [{}, { 'last-event-id': '3' }, { 'idempotency-key': 'k' }] as Record<string, string>[]) {
        const ask = (id: string) => app.ask(route.method, fill(route.path, id), { token: stranger, body, headers })
        const foreign = await ask(sample)
        const absent = await ask(nobodys)
        expect(comparable(foreign, sample)).toEqual(comparable(absent, nobodys))
        // A span store is no store of the platform's.
        if (foreign.status === 404 && !route.path.startsWith('/api/traces')) expect(foreign.asked.length).toBeGreaterThan(1)
      }
    }
  })

  it('is what its own tenant finds: the reads that are compared are those that find something', async () => {
    for (const [name, route] of withIds.filter(([, route]) => route.method === 'GET')) {
      const sample = samples.find(([prefix]) => route.path.startsWith(prefix))?.[1] ?? ''
      expect((await app.ask('GET', fill(route.path, sample), { token: owner })).status, name).toBe(200)
    }
  })

  it('of a virtual key are the same as well', async () => {
    const operator = await app.token('demo')
    const key = await app.make('/api/tenants/bystander/keys', operator, { permissions: ['requests:read'] }, 'key_id')
    const other = 'f'.repeat(24)
    const foreign = await app.ask('DELETE', `/api/tenants/stranger/keys/${key}`, { token: operator })
    const absent = await app.ask('DELETE', `/api/tenants/stranger/keys/${other}`, { token: operator })
    expect(foreign.status).toBe(404)
    expect(comparable(foreign, key)).toEqual(comparable(absent, other))
  })
})

describe('whoever may not administer tenants', () => {
  it.each(adminRoutes.map((route) => [nameOf(route), route] as const))(
    '%s: is told the same 403 of one that exists and one that does not, for the same reads [R96]',
    async (_, route) => {
      const token = await app.token('stranger', ['requests:read', 'requests:write', 'metrics:read'])
      const ask = (id: string) => app.ask(route.method, fill(route.path, id), { token })
      // The same refusal is put down once a minute: where the path names no tenant, the first one is told apart by that alone.
      await ask('nobody')
      const [there, absent] = [await ask('bystander'), await ask('no-stander')]
      expect(there.status).toBe(403)
      expect(there.text).toContain('permission_denied')
      expect(comparable(there, 'bystander')).toEqual(comparable(absent, 'no-stander'))
      // Its own trail tells what it asked for, and nobody looked whether there is such a tenant.
      expect(there.asked.filter((call) => !call.includes('.commit(')).join()).not.toContain('bystander')
    },
  )
})
