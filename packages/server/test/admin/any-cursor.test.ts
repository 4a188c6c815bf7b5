import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { fill, nameOf, routes } from '../support/routes.ts'
import { WatchedApp } from './watched-app.ts'

let app: WatchedApp
let token: string
/** What stands for an id in a path, by its beginning. */
let ids: readonly (readonly [prefix: string, id: string])[]

beforeAll(async () => {
  app = await WatchedApp.open()
  token = await app.token('demo')
  for (const tenant of ['one', 'two']) await app.make('/api/tenants', token, { tenant_id: tenant, name: tenant }, 'tenant_id')
  for (let number = 0; number < 3; number++)
    await app.make('/api/tenants/demo/keys', token, { permissions: ['requests:read'] }, 'key_id')
  const request = await app.make('/api/requests', token, { prompt: 'x [[fail]]' }, 'request_id')
  const subscriber = await app.make('/api/subscribers', token, { target: { type: 'queue' } }, 'subscriber_id')
  const records = Array.from({ length: 50 }, (_, index) => ({ key: `k${index % 5}`, data: { value: index } }))
  await app.ask('POST', '/api/streams/some/records', { token, body: { records } })
  const documents = [{ source: 'some.txt', content: 'Some words. '.repeat(500) }]
  const sent = await app.ask('POST', '/api/documents', { token, body: { documents } })
  const [document] = JSON.parse(sent.text) as readonly { readonly document_id: string }[]
  await app.work()
  ids = [
    ['/api/tenants/', 'demo'],
    ['/api/requests/', request],
    ['/api/subscribers/', subscriber],
    ['/api/documents/', document?.document_id ?? ''],
    ['/api/streams/', 'some'],
  ]
})

const lists = routes.filter((route) => route.method === 'GET' && route.query?.safeParse({ after: 'AAAA' }).success)

/** What cursors are made of: texts that look like places in some list, and any others. */
const places = fc.oneof(
  fc.string({ minLength: 1, maxLength: 60 }),
  fc.string({ unit: fc.constantFrom('\x1f', '\x7f', '.', '~', '/', '0', '9', '-', 'f', ' '), minLength: 1, maxLength: 40 }),
  fc
    .tuple(fc.nat(), fc.nat(), fc.nat(), fc.string({ maxLength: 10 }))
    .map(([end, block, left, below]) => `${end}.${block}.${left}.${below}`),
  fc.bigInt({ min: -1n, max: 10n ** 25n }).map(String),
)

describe('a cursor that nobody was given', () => {
  it('is tried on all lists', () => {
    expect(lists.map(nameOf)).toEqual(
      expect.arrayContaining([
        'GET /api/tenants',
        'GET /api/tenants/{id}/keys',
        'GET /api/tenants/{id}/audit',
        'GET /api/requests',
      ]),
    )
  })

  it.each(lists.map((route) => [nameOf(route), route] as const))(
    '%s: gives a page, or is refused; it breaks nothing',
    async (_, route) => {
      const path = fill(route.path, ids.find(([prefix]) => route.path.startsWith(prefix))?.[1] ?? 'x')
      const first = await app.ask('GET', path, { token })
      expect(first.status, first.text).toBe(200)
      await fc.assert(
        fc.asyncProperty(places, async (place) => {
          const after = Buffer.from(place).toString('base64url')
          const { status, text } = await app.ask('GET', `${path}?after=${after}`, { token })
          if (status === 200) expect(JSON.parse(text)).toMatchObject({ items: expect.any(Array) })
          else expect({ status, field: JSON.parse(text).field }, text).toEqual({ status: 400, field: 'after' })
        }),
        { numRuns: 150 },
      )
    },
  )
})
