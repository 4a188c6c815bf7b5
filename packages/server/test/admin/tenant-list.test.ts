import { beforeAll, describe, expect, it } from 'vitest'
import type { Page } from '../../../../test/e2e/support/api.ts'
import type { ShownTenant } from './administrator.ts'
import { WatchedApp } from './watched-app.ts'

const amount = 1_200

let app: WatchedApp
let token: string
/** In the order in which they were onboarded. */
const ids: string[] = []
let readsOfTwo: readonly string[]

beforeAll(async () => {
  app = await WatchedApp.open()
  token = await app.token('demo')
  const onboard = async (): Promise<void> => {
    // Scattered over the alphabet, and many of them in the same millisecond.
    const id = `t${((ids.length * 7_919) % 9_973).toString().padStart(4, '0')}`
    ids.push(await app.make('/api/tenants', token, { tenant_id: id, name: `Tenant ${id}` }, 'tenant_id'))
    if (ids.length % 5 === 0) await app.memory.clock.advance(1)
  }
  await onboard()
  readsOfTwo = await readsOf(ids[0] ?? '')
  while (ids.length < amount) await onboard()
})

/** What a request of a tenant asks of the stores, once its keys are in memory. */
async function readsOf(tenant: string): Promise<readonly string[]> {
  const own = await app.token(tenant)
  await app.make('/api/requests', own, { prompt: 'hello' }, 'request_id')
  const { asked } = await app.ask('GET', '/api/requests?limit=1', { token: own })
  return asked.map((call) => call.replaceAll(tenant, '<tenant>'))
}

async function page(query: string): Promise<Page<ShownTenant>> {
  const { status, text } = await app.ask('GET', `/api/tenants${query}`, { token })
  expect(status, text).toBe(200)
  return JSON.parse(text) as Page<ShownTenant>
}

async function all(limit: number): Promise<ShownTenant[]> {
  const found: ShownTenant[] = []
  for (let after: string | null = ''; after !== null; ) {
    const { items, next_cursor }: Page<ShownTenant> = await page(`?limit=${limit}${after === '' ? '' : `&after=${after}`}`)
    found.push(...items)
    after = next_cursor
  }
  return found
}

describe('GET /api/tenants', () => {
  it.each([100, 401, 1_000])('shows a thousand tenants in pages of %i, newest first, each once [R112]', async (limit) => {
    const found = await all(limit)
    expect(found).toHaveLength(amount + 1)
    expect(new Set(found.map(({ tenant_id }) => tenant_id))).toEqual(new Set(['demo', ...ids]))
    const times = found.map(({ created_at }) => created_at)
    expect(times).toEqual(times.toSorted().toReversed())
    expect(found.at(-1)?.tenant_id).toBe('demo')
  })

  it('gives 50 unless told otherwise, and null at the end', async () => {
    const first = await page('')
    expect(first.items).toHaveLength(50)
    expect(first.next_cursor).toMatch(/^[A-Za-z0-9_-]+$/)
    expect((await page('?limit=1000')).next_cursor).not.toBeNull()
    expect((await page(`?limit=1000&after=${(await page('?limit=1000')).next_cursor}`)).next_cursor).toBeNull()
  })

  it('goes on where it was when others come and change', async () => {
    const first = await page('?limit=10')
    await app.make('/api/tenants', token, { tenant_id: 'late-comer', name: 'Late' }, 'tenant_id')
    for (const { tenant_id } of first.items)
      expect((await app.ask('PATCH', `/api/tenants/${tenant_id}`, { token, body: { name: 'Changed' } })).status).toBe(200)
    const second = await page(`?limit=10&after=${first.next_cursor}`)
    const seen = [...first.items, ...second.items].map(({ tenant_id }) => tenant_id)
    expect(new Set(seen).size).toBe(20)
    expect(seen).not.toContain('late-comer')
    expect((await page('?limit=1')).items[0]?.tenant_id).toBe('late-comer')
  })
})

it('a request of one tenant asks the stores for no more when there are a thousand others [R112]', async () => {
  expect(readsOfTwo.length).toBeGreaterThan(0)
  expect(readsOfTwo.length).toBeLessThan(4)
  expect(await readsOf(ids.at(-1) ?? '')).toEqual(readsOfTwo)
})
