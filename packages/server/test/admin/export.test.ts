import { createHash } from 'node:crypto'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Acknowledgement, call, type ShownRequest } from '../../../../test/e2e/support/api.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { Administrator } from './administrator.ts'
import { rawRows } from './raw-folder.ts'

interface Line {
  readonly type: string
  readonly [name: string]: unknown
}
interface RecordLine extends Line {
  readonly collection: string
  readonly partition: string
  readonly sort: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly texts: Readonly<Record<string, string>>
}
interface EndLine extends Line {
  readonly tenant_id: string
  readonly lines: number
  readonly sha256: string
  readonly at: number
  readonly signature: string
}

const long = 'Of a long text every word is exported. '.repeat(2_000)
const huge = new Uint8Array(7 * 1024 * 1024).map((_, index) => index % 251)

let admin: Administrator
let text: string
let lines: readonly Line[]

beforeAll(async () => {
  admin = await Administrator.start()
  await admin.onboard('acme', { isolation_level: 'silo', tier: 'gold' })
  await admin.onboard('umbrella')
  for (const tenant of ['acme', 'umbrella']) await leaveThings(tenant)
  const { key_id } = await admin.makeKey('acme', { permissions: ['tenants:admin'], name: 'revoked' })
  await admin.ask(`/api/tenants/acme/keys/${key_id}`, { method: 'DELETE' })
  const objects = admin.operator.objectsOf('acme')
  await objects.put('empty', new Uint8Array(0))
  await objects.put('huge', huge)
  const answer = await admin.ask('/api/tenants/acme/export')
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('application/x-ndjson')
  expect(answer.headers.get('cache-control')).toBe('private, no-store')
  text = answer.text
  lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
})

async function leaveThings(tenant: string): Promise<void> {
  const token = await admin.server.token({ tenant })
  const post = <Body>(path: string, body: object) =>
    call<Body>(admin.server.url, path, { token, body, headers: { 'idempotency-key': 'once' } })
  await post('/api/subscribers', { target: { type: 'webhook', url: `https://${tenant}.example/hook` } })
  await admin.makeKey(tenant)
  const callback_url = `https://${tenant}.example/done`
  const { body } = await post<Acknowledgement>('/api/requests', { prompt: `${long} of ${tenant}`, callback_url })
  await until(
    'its end',
    async () =>
      (await call<ShownRequest>(admin.server.url, `/api/requests/${body.request_id}`, { token })).body.status === 'completed',
  )
}

const of = <Kind extends Line>(type: string): Kind[] => lines.filter((line) => line.type === type) as Kind[]
const end = (): EndLine => of<EndLine>('end')[0] ?? expect.fail('There is an end.')

describe('an export', () => {
  it('is the settings, keys, records, events, objects and trail of one tenant, a line each [R111]', () => {
    expect(text.endsWith('\n')).toBe(true)
    expect(new Set(lines.map(({ type }) => type))).toEqual(
      new Set(['tenant', 'key', 'record', 'event', 'object', 'audit', 'end']),
    )
    expect(of('tenant')).toEqual([expect.objectContaining({ tenant_id: 'acme', tier: 'gold', isolation_level: 'silo' })])
    expect(of('key')).toHaveLength(2)
    for (const key of of('key')) expect(key).not.toHaveProperty('digest')
    expect(of('end')).toHaveLength(1)
    expect(lines.at(-1)?.type).toBe('end')
    expect(text).not.toContain('umbrella')
  })

  it('holds every row but wrapped keys and the counts of a minute', () => {
    const leftOut = ['data-keys', 'rates']
    const rows = rawRows(admin.folder).filter(
      ({ table, tenant, collection }) =>
        table === 'record' && tenant === 'acme' && !leftOut.includes(collection) && !collection.startsWith('audit-'),
    )
    const kept = rows.map(({ text: row }) => row.split('\n').find((column) => column.startsWith('acme\x1f')))
    const exported = of<RecordLine>('record').map(({ collection, partition, sort }) =>
      ['acme', collection, partition, sort].join('\x1f'),
    )
    expect(exported.length).toBeGreaterThan(5)
    expect(exported.toSorted()).toEqual(kept.toSorted())
    const events = rawRows(admin.folder).filter(({ table, tenant }) => table === 'event' && tenant === 'acme')
    expect(of('event')).toHaveLength(events.length)
  })

  it('opens what is sealed, long texts too', () => {
    const [request] = of<RecordLine>('record').filter(({ collection }) => collection === 'requests')
    expect(request?.texts).toEqual({
      prompt: `${long} of acme`,
      callback_url: 'https://acme.example/done',
      result: expect.stringMatching(/\S/),
    })
    const [subscriber] = of<RecordLine>('record').filter(({ collection }) => collection === 'subscribers')
    expect(subscriber?.texts).toMatchObject({ url: 'https://acme.example/hook', secret: expect.stringMatching(/^whsec_/) })
  })

  it('holds objects in pieces that make them whole', () => {
    const pieces = of('object').filter(({ name }) => name === 'huge')
    expect(pieces.map(({ piece }) => piece)).toEqual([1, 2, 3])
    const whole = Buffer.concat(pieces.map(({ base64url }) => Buffer.from(String(base64url), 'base64url')))
    expect(whole.equals(huge)).toBe(true)
    expect(of('object').filter(({ name }) => name === 'empty')).toEqual([
      expect.objectContaining({ bytes: 0, pieces: 1, base64url: '' }),
    ])
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(5 * 1024 * 1024)
  })

  it('ends with a line that seals it: how many lines, their hash, and a signature that the public key set verifies [R111]', async () => {
    const before = text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1)
    expect(end()).toMatchObject({
      tenant_id: 'acme',
      lines: lines.length - 1,
      sha256: createHash('sha256').update(before).digest('hex'),
    })
    const { body: keys } = await call<JSONWebKeySet>(admin.server.url, '/.well-known/jwks.json')
    const { payload, protectedHeader } = await jwtVerify(end().signature, createLocalJWKSet(keys), {
      issuer: 'plinth',
      audience: 'plinth-statement',
      algorithms: ['EdDSA'],
    })
    expect(payload).toMatchObject({ tenant_id: 'acme', lines: end().lines, sha256: end().sha256, at: end().at })
    expect(protectedHeader.typ).toBe('plinth-statement+jwt')
  })

  it('is no token: its signature opens nothing', async () => {
    const answer = await call(admin.server.url, '/api/requests', { token: end().signature })
    expect(answer.status).toBe(401)
  })

  it('of a tenant that holds nothing is whole as well', async () => {
    await admin.onboard('empty')
    const { text: small } = await admin.ask('/api/tenants/empty/export')
    const [first, ...rest] = small
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
    expect(first).toMatchObject({ type: 'tenant', tenant_id: 'empty' })
    expect(rest.at(-1)).toMatchObject({ type: 'end', lines: rest.length })
  })

  it('is made while it is read, and ends when its reader goes', async () => {
    const gone = new AbortController()
    const response = await fetch(`${admin.server.url}/api/tenants/acme/export`, {
      headers: { authorization: `Bearer ${admin.token}` },
      signal: gone.signal,
    })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value?.byteLength).toBeGreaterThan(0)
    gone.abort()
    expect((await admin.ask('/api/tenants/acme')).status).toBe(200)
  })
})
