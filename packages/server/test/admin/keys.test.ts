import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LocalKeyService, loadMasterKey, systemClock } from '@plinth/local'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, listAll, type ShownRequest } from '../../../../test/e2e/support/api.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { Administrator } from './administrator.ts'
import { rawRows } from './raw-folder.ts'

const long = 'What is long lies in an object. '.repeat(2_000)

let admin: Administrator

beforeAll(async () => {
  admin = await Administrator.start()
})

function keyring(): Readonly<Record<string, { state: string; generation: number }>> {
  return JSON.parse(readFileSync(join(admin.folder, 'keyring.json'), 'utf8')).keys
}

/** The keys that wrap a tenant's data keys, as its rows say. */
function wrappedBy(tenant: string): string[] {
  const rows = rawRows(admin.folder).filter((row) => row.tenant === tenant && row.collection === 'data-keys')
  return rows.map(({ text }) => /"alias":"([^"]+)"/.exec(text)?.[1] ?? '')
}

async function send(tenant: string, prompt: string): Promise<string> {
  const token = await admin.server.token({ tenant })
  const answer = await call<Acknowledgement>(admin.server.url, '/api/requests', { token, body: { prompt } })
  expect(answer.status, answer.text).toBe(202)
  return answer.body.request_id
}

async function opened(tenant: string): Promise<string[]> {
  const token = await admin.server.token({ tenant })
  const texts: string[] = []
  for (const { request_id } of await listAll<ShownRequest>(admin.server.url, '/api/requests', token)) {
    const { status, body, text } = await call<{ text: string }>(admin.server.url, `/api/requests/${request_id}/prompt`, { token })
    expect(status, text).toBe(200)
    texts.push(body.text)
  }
  return texts.sort()
}

/** Another run of the server on the same folder, after something was done to its keys. */
async function restart(change: (keys: LocalKeyService) => Promise<unknown>): Promise<void> {
  const { folder } = admin
  await admin.server.stop()
  const { key: masterKey } = loadMasterKey({ directory: folder })
  await change(new LocalKeyService({ directory: folder, masterKey, clock: systemClock }))
  admin = await Administrator.start({ PLINTH_DATA_DIR: folder })
}

describe('the key of a tenant', () => {
  it('is its own for silo, from its onboarding on; the pooled one for others [R106, X65]', async () => {
    await admin.onboard('own', { isolation_level: 'silo' })
    expect(keyring()).toMatchObject({ 'alias/tenant-own-key': { state: 'enabled', generation: 1 } })
    await admin.onboard('shared')
    for (const tenant of ['own', 'shared']) await send(tenant, 'x')
    expect([wrappedBy('own'), wrappedBy('shared')]).toEqual([['alias/tenant-own-key'], ['alias/plinth-pooled-key']])
    expect(keyring()).not.toHaveProperty(['alias/tenant-shared-key'])
  })

  it('is made for nobody whom the registry refuses', async () => {
    const model_config = { model_id: 'no/such-model' }
    const body = { tenant_id: 'refused', name: 'x', isolation_level: 'silo', model_config }
    expectProblem(await admin.ask('/api/tenants', { body }), 400)
    expect(Object.keys(keyring())).not.toContain('alias/tenant-refused-key')
  })

  it('changes by PATCH, there and back, and the other one is not needed then [R106]', async () => {
    await admin.onboard('mover')
    const prompts = ['one', long]
    for (const prompt of prompts) await send('mover', prompt)
    expect((await admin.patch('mover', { isolation_level: 'silo' })).body.isolation_level).toBe('silo')
    expect(wrappedBy('mover')).toEqual(['alias/tenant-mover-key'])
    await send('mover', 'two')
    expect((await admin.patch('mover', { isolation_level: 'pool' })).body.isolation_level).toBe('pool')
    expect(wrappedBy('mover')).toEqual(['alias/plinth-pooled-key'])
    await restart((keys) => keys.disable('alias/tenant-mover-key'))
    expect(await opened('mover')).toEqual([...prompts, 'two'].sort())
    await send('mover', 'three')
    // What can't be done now is done when it is said again.
    expectProblem(await admin.patch('mover', { isolation_level: 'silo' }), 403, 'key_disabled')
    await restart((keys) => keys.enable('alias/tenant-mover-key'))
    expect((await admin.patch('mover', { isolation_level: 'silo' })).status).toBe(200)
    expect(wrappedBy('mover')).toEqual(['alias/tenant-mover-key'])
    expect(await opened('mover')).toEqual([...prompts, 'two', 'three'].sort())
  })
})

describe('POST …/rotate-key', () => {
  it.each(['pool', 'silo'])('in a %s fails no request, and all of before and after opens [X65]', async (isolation_level) => {
    const busy = `busy-${isolation_level}`
    await admin.onboard(busy, { isolation_level })
    const sent: string[] = []
    const client = async (number: number): Promise<void> => {
      for (let round = 0; round < 15; round++) {
        const prompt = `${number} ${round}`
        await send(busy, prompt)
        sent.push(prompt)
      }
    }
    const rotate = async (): Promise<void> => {
      for (let round = 0; round < 5; round++) {
        const { status, text } = await admin.ask(`/api/tenants/${busy}/rotate-key`, { method: 'POST' })
        expect(status, text).toBe(200)
      }
    }
    await Promise.all([...[0, 1, 2, 3].map(client), rotate()])
    expect(sent).toHaveLength(60)
    expect(await opened(busy)).toEqual(sent.toSorted())
    expect(wrappedBy(busy)).toHaveLength(6)
    if (isolation_level === 'silo') expect(keyring()[`alias/tenant-${busy}-key`]?.generation).toBe(6)
  })

  it('while its isolation changes fails no request either', async () => {
    await admin.onboard('torn')
    const sent: string[] = []
    const client = async (number: number): Promise<void> => {
      for (let round = 0; round < 15; round++) {
        sent.push(`${number} ${round}`)
        await send('torn', `${number} ${round}`)
      }
    }
    const change = async (): Promise<void> => {
      for (const isolation_level of ['silo', 'pool', 'silo'])
        expect((await admin.patch('torn', { isolation_level })).status).toBe(200)
    }
    await Promise.all([...[0, 1, 2].map(client), change()])
    await restart(async () => {})
    expect(await opened('torn')).toEqual(sent.toSorted())
    expect(new Set(wrappedBy('torn'))).toEqual(new Set(['alias/tenant-torn-key']))
  })
})
