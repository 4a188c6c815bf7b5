import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Acknowledgement,
  call,
  listAll,
  type Page,
  type Problem,
  type ShownEvent,
  type ShownRequest,
} from '../../../test/e2e/support/api.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { routes } from './support/routes.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

const amount = 60

let server: TestServer
let token: string
/** In the order in which they were accepted. */
const ids: string[] = []

beforeAll(async () => {
  server = await startTestServer()
  token = await server.token()
  for (let number = 0; number < amount; number++) {
    const prompt = number % 10 === 0 ? `[[fail]] ${number}` : `number ${number}`
    ids.push((await call<Acknowledgement>(server.url, '/api/requests', { token, body: { prompt } })).body.request_id)
  }
  await until('the end of all', async () => (await page('/api/requests?status=processing')).items.length === 0)
})

async function page<Item = ShownRequest>(path: string): Promise<Page<Item>> {
  const answer = await call<Page<Item>>(server.url, path, { token })
  expect(answer.status, answer.text).toBe(200)
  return answer.body
}

const idsOf = (items: readonly ShownRequest[]): string[] => items.map((item) => item.request_id)

describe('GET /api/requests', () => {
  it('newest first, 50 unless told otherwise', async () => {
    const { items } = await page('/api/requests')
    expect(idsOf(items)).toEqual(ids.toReversed().slice(0, 50))
  })

  it.each([1, 7, 30, 59, 60, 61, 1_000])('in pages of %i: each once, in order', async (limit) => {
    expect(idsOf(await listAll<ShownRequest>(server.url, '/api/requests', token, limit))).toEqual(ids.toReversed())
  })

  it('next_cursor is opaque and URL-safe, and null at the end', async () => {
    const first = await page('/api/requests?limit=59')
    expect(first.next_cursor).toMatch(/^[A-Za-z0-9_-]+$/)
    const last = await page(`/api/requests?limit=59&after=${first.next_cursor}`)
    expect([last.items.length, last.next_cursor]).toEqual([1, null])
    expect((await page('/api/requests?limit=60')).next_cursor).toBeNull()
  })

  it('a page stays where it is when others arrive', async () => {
    const own = await server.registry.create('busy', 'Busy')
    const busy = await server.token({ tenant: own.tenant_id })
    const add = async (): Promise<string> =>
      (await call<Acknowledgement>(server.url, '/api/requests', { token: busy, body: { prompt: 'x' } })).body.request_id
    const before = [await add(), await add(), await add(), await add()]
    const first = await call<Page<ShownRequest>>(server.url, '/api/requests?limit=2', { token: busy })
    await add()
    const second = await call<Page<ShownRequest>>(server.url, `/api/requests?limit=2&after=${first.body.next_cursor}`, {
      token: busy,
    })
    expect(idsOf([...first.body.items, ...second.body.items])).toEqual(before.toReversed())
  })

  it('by status, in pages too', async () => {
    const failed = ids.filter((_, index) => index % 10 === 0)
    const completed = ids.filter((_, index) => index % 10 !== 0)
    expect(idsOf(await listAll<ShownRequest>(server.url, '/api/requests?status=failed', token, 4))).toEqual(failed.toReversed())
    expect(idsOf(await listAll<ShownRequest>(server.url, '/api/requests?status=completed', token, 7))).toEqual(
      completed.toReversed(),
    )
    expect(await page('/api/requests?status=cancelled')).toEqual({ items: [], next_cursor: null })
  })

  it('shows no prompt and no result', async () => {
    const { items } = await page('/api/requests?limit=1000')
    for (const item of items) {
      expect(item).not.toHaveProperty('prompt')
      expect(item).not.toHaveProperty('result')
    }
  })
})

describe('GET /api/events', () => {
  it.each([1, 7, 60, 1_000])('oldest first, sequences from 1 without a gap, in pages of %i', async (limit) => {
    const events = await listAll<ShownEvent>(server.url, '/api/events', token, limit)
    expect(events.map((event) => event.sequence)).toEqual(Array.from({ length: 2 * amount }, (_, index) => index + 1))
  })

  it('by type', async () => {
    const types = { 'genai.request.received': amount, 'genai.request.completed': amount - 6, 'genai.request.failed': 6 }
    for (const [type, expected] of Object.entries(types)) {
      const events = await listAll<ShownEvent>(server.url, `/api/events?type=${type}`, token, 5)
      expect(events).toHaveLength(expected)
      for (const event of events) expect(event.type).toBe(type)
    }
    expect((await page('/api/events?type=genai.nothing')).items).toEqual([])
  })
})

const lists = routes
  .filter((route) => route.method === 'GET' && route.query && !route.path.includes('{'))
  .map((route) => route.path)

describe.each(lists)('%s', (path) => {
  it.each(['limit=0', 'limit=-1', 'limit=1001', 'limit=1.5', 'limit=x', 'limit=', 'limit=1e99', 'limit=NaN', 'limit=%20'])(
    'refuses %s and names it',
    async (query) => {
      const answer = await call<Problem>(server.url, `${path}?${query}`, { token })
      expectProblem(answer, 400, 'invalid_input', 'limit')
      expect(['Must be a whole number from 1 to 1,000.', 'There is no field "limit" here.']).toContain(answer.body.detail)
    },
  )

  it.each(['after=', 'after=!', 'after=a%20b', 'after=%00', `after=${'a'.repeat(2_001)}`, 'after=%E2%82%AC', 'after=a%2Bb'])(
    'refuses %s and names it',
    async (query) => {
      expectProblem(await call(server.url, `${path}?${query}`, { token }), 400, 'invalid_input', 'after')
    },
  )

  it.each([
    'AAAA',
    'eA',
    'Zm9v',
    '____',
    'a',
    'MTIz',
    'LTE',
    Buffer.from('1e999').toString('base64url'),
    Buffer.from('%').toString('base64url'),
  ])('a cursor that nobody gave (%s) is refused or finds nothing wrong', async (after) => {
    expect([200, 400]).toContain((await call(server.url, `${path}?after=${after}`, { token })).status)
  })

  it('refuses unknown parameters and those given twice, and names them', async () => {
    expectProblem(await call(server.url, `${path}?nothing=1`, { token }), 400, 'invalid_input', 'nothing')
    expectProblem(await call(server.url, `${path}?Limit=1`, { token }), 400, 'invalid_input', 'Limit')
    expectProblem(await call(server.url, `${path}?limit=1&limit=2`, { token }), 400, 'invalid_input', 'limit')
    expectProblem(await call(server.url, `${path}?limit=1&limit=1`, { token }), 400, 'invalid_input', 'limit')
  })
})

it('an unknown status is refused', async () => {
  for (const status of ['done', 'Completed', '', 'completed,failed']) {
    expectProblem(await call(server.url, `/api/requests?status=${status}`, { token }), 400, 'invalid_input', 'status')
  }
})
