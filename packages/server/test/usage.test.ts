import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, type Answer, call, listAll, type ShownRequest } from '../../../test/e2e/support/api.ts'
import { reach } from '../../../test/e2e/support/requests.ts'
import { until } from '../../../test/e2e/support/until.ts'
import { expectProblem } from './support/expect-problem.ts'
import { startTestServer, type TestServer } from './support/test-server.ts'

const models = ['scripted', 'anthropic.claude-haiku-4-5-20251001-v1:0', 'amazon.nova-micro-v1:0'] as const
const long = 'ü'.repeat(255)
/** Names that issuers give, and some that nobody should: each is a user of its own. */
const users = [
  'ann',
  'Ann',
  'o’brien@example.com',
  '=HYPERLINK("https://example.com","x")',
  '+1',
  '-1',
  '@sum(a1)',
  ' =1+1',
  'a,b',
  'say "hi"',
  'a/b',
  '../../etc',
  '%2F',
  'ann~x',
  '山田 太郎',
  '\u{1f600}'.repeat(128),
  `${long}a`,
  `${long}b`,
  'x'.repeat(256),
]

interface Report {
  readonly tenant_id: string
  readonly from: string
  readonly to: string
  readonly items: readonly Line[]
  readonly total: Counts
  readonly budget: {
    readonly month: string
    readonly limit_usd: number | null
    readonly taken_usd: number
    readonly keys: readonly object[]
  }
}
interface Counts {
  readonly requests: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly usd: number
}
interface Line extends Counts {
  readonly day: string
  readonly model_id: string
  readonly user_id: string
}

let server: TestServer
let admin: string
let requests: readonly (ShownRequest & { readonly user_id: string; readonly accepted_at: string })[]

const usageOf = (tenant: string, query = ''): Promise<Answer<Report>> =>
  call(server.url, `/api/tenants/${tenant}/usage${query}`, { token: admin })

beforeAll(async () => {
  server = await startTestServer()
  admin = await server.token({ permissions: ['tenants:admin'] })
  for (const tenant of ['metered', 'beside']) {
    await call(server.url, '/api/tenants', {
      token: admin,
      body: { tenant_id: tenant, name: tenant, limits: { monthly_budget_usd: 2 } },
    })
  }
  const ids: string[] = []
  for (const [index, user] of users.entries()) {
    const token = await server.token({ tenant: 'metered', user })
    for (const model_id of index < 3 ? models : models.slice(1, 2)) {
      for (let time = 0; time <= index % 2; time++) {
        const body = { prompt: `Prompt ${time} of ${index}.`, model_id }
        const { body: accepted, status } = await call<Acknowledgement>(server.url, '/api/requests', { token, body })
        expect(status).toBe(202)
        ids.push(accepted.request_id)
      }
    }
  }
  const token = await server.token({ tenant: 'metered' })
  const failing = await call<Acknowledgement>(server.url, '/api/requests', {
    token,
    body: { prompt: '[[fail]]', model_id: models[1] },
  })
  await reach(server, token, failing.body.request_id, 'failed')
  await until('the end of all', async () => {
    const { body } = await call<{ items: unknown[] }>(server.url, '/api/requests?status=processing', { token })
    return body.items.length === 0
  })
  requests = await listAll(server.url, '/api/requests', token)
  expect(requests).toHaveLength(ids.length + 1)
})

describe('the usage of a tenant', () => {
  it('is, by day, model and user, what its requests say of theirs [R104, X68, X17]', async () => {
    const expected = new Map<string, Counts>()
    for (const { user_id, model_id, accepted_at, usage } of requests) {
      if (!usage) continue
      const key = JSON.stringify([accepted_at.slice(0, 10), model_id, user_id.length < 200 ? user_id : user_id.slice(-1)])
      const sum = expected.get(key) ?? { requests: 0, input_tokens: 0, output_tokens: 0, usd: 0 }
      expected.set(key, {
        requests: sum.requests + 1,
        input_tokens: sum.input_tokens + usage.input_tokens,
        output_tokens: sum.output_tokens + usage.output_tokens,
        usd: sum.usd + usage.usd,
      })
    }
    const from = requests.map(({ accepted_at }) => accepted_at.slice(0, 10)).sort()[0]
    const { body, status } = await usageOf('metered', `?from=${from}`)
    expect(status).toBe(200)
    expect(body.tenant_id).toBe('metered')
    const total = { requests: 0, input_tokens: 0, output_tokens: 0, usd: 0 }
    const short = body.items.filter(({ user_id }) => user_id.length < 100 && !user_id.includes('\u{1f600}'))
    for (const { day, model_id, user_id, ...counts } of short) {
      const its = expected.get(JSON.stringify([day, model_id, user_id]))
      expect({ ...counts, usd: counts.usd.toFixed(9) }, user_id).toEqual({ ...its, usd: its?.usd.toFixed(9) })
    }
    for (const item of body.items) {
      total.requests += item.requests
      total.input_tokens += item.input_tokens
      total.output_tokens += item.output_tokens
      total.usd += item.usd
    }
    expect({ ...body.total, usd: body.total.usd.toFixed(9) }).toEqual({ ...total, usd: total.usd.toFixed(9) })
    expect(body.total.requests).toBe(requests.filter(({ usage }) => usage).length)
    expect(body.total.usd).toBeCloseTo(
      requests.reduce((sum, { usage }) => sum + (usage?.usd ?? 0), 0),
      9,
    )
    expect(body.total.usd).toBeGreaterThan(0)
  })

  it('has a row of its own for every user, however odd or long its name [X14]', async () => {
    const { body } = await usageOf('metered')
    const names = new Set(body.items.filter(({ model_id }) => model_id === models[1]).map(({ user_id }) => user_id))
    expect(names.size).toBe(users.length)
    for (const user of users.filter((each) => encodeURIComponent(each).length <= 256)) expect(names).toContain(user)
  })

  it('shows its budget, of which nothing is taken but what was spent, when all is done', async () => {
    const { body } = await usageOf('metered')
    const { month, limit_usd, taken_usd, keys } = body.budget
    expect({ month, limit_usd, keys }).toEqual({ month: new Date().toISOString().slice(0, 7), limit_usd: 2, keys: [] })
    if (requests.every(({ accepted_at }) => accepted_at.startsWith(month))) expect(taken_usd).toBeCloseTo(body.total.usd, 9)
    const none = await usageOf('demo')
    expect(none.body).toMatchObject({ items: [], total: { requests: 0, usd: 0 }, budget: { limit_usd: null, taken_usd: 0 } })
  })

  it('of another tenant isn’t there, and is for administrators only [X14]', async () => {
    expect((await usageOf('beside')).body.items).toEqual([])
    expectProblem(await usageOf('nobody'), 404, 'not_found')
    const own = await server.token({ tenant: 'metered', permissions: ['requests:read', 'metrics:read'] })
    expectProblem(await call(server.url, '/api/tenants/metered/usage', { token: own }), 403, 'permission_denied')
  })

  it('as CSV is one line for each row, quoted where it must be, and nothing that a spreadsheet would run', async () => {
    const { headers, text, status } = await usageOf('metered', '?format=csv')
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8')
    const [head, ...lines] = parseCsv(text)
    expect(head).toEqual(['tenant_id', 'day', 'model_id', 'user_id', 'requests', 'input_tokens', 'output_tokens', 'usd'])
    const { body } = await usageOf('metered')
    expect(lines).toHaveLength(body.items.length)
    for (const [index, [tenant, day, model, user = '', ...counts]] of lines.entries()) {
      const item = body.items[index]
      expect([tenant, day, model]).toEqual(['metered', item?.day, item?.model_id])
      expect(counts.map(Number)).toEqual([item?.requests, item?.input_tokens, item?.output_tokens, item?.usd])
      expect(user).not.toMatch(/^\s*[=+\-@]/)
      expect(user.replace(/^'/, '')).toBe(item?.user_id)
    }
    for (const user of ['=HYPERLINK("https://example.com","x")', '+1', '-1', '@sum(a1)', ' =1+1'])
      expect(lines.map((cells) => cells[3])).toContain(`'${user}`)
  })
})

describe('the period of a usage report', () => {
  it('is this month, unless it is said', async () => {
    const today = new Date().toISOString().slice(0, 10)
    const month = today.slice(0, 7)
    expect((await usageOf('metered')).body).toMatchObject({ from: `${month}-01`, to: today })
    expect((await usageOf('metered', '?to=2026-02-10')).body).toMatchObject({ from: '2026-02-01', to: '2026-02-10', items: [] })
    const { body } = await usageOf('metered', `?from=${today}&to=${today}`)
    expect(body.items.every(({ day }) => day === today)).toBe(true)
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
    expect((await usageOf('metered', `?from=${tomorrow}&to=${tomorrow}`)).body.items).toEqual([])
  })

  it.each<[string, string | undefined]>([
    ['from=2026-13-01', 'from'],
    ['from=2026-02-30', 'from'],
    ['from=yesterday', 'from'],
    ['to=2026-1-1', 'to'],
    ['from=2026-02-01T00:00:00Z', 'from'],
    ['from=2026-02-02&to=2026-02-01', 'from'],
    ['from=9999-01-01', 'from'],
    ['from=0001-01-01&to=9999-12-31', 'from'],
    ['from=2020-01-01&to=2026-01-01', 'from'],
    ['format=xml', 'format'],
    ['of=ann', 'of'],
  ])('%s is 400', async (query, field) => {
    expectProblem(await usageOf('metered', `?${query}`), 400, undefined, field)
  })

  it('may be three years', async () => {
    expect((await usageOf('metered', '?from=2023-11-26&to=2026-11-26')).status).toBe(200)
  })
})

/** RFC 4180. */
function parseCsv(text: string): string[][] {
  const lines: string[][] = [[]]
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    lines.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === '\r\n') lines.push([])
  }
  expect(lines.pop()).toEqual([])
  return lines
}
