import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { patterns } from '@plinth/core'
import { backUp } from '@plinth/local'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Acknowledgement,
  type Answer,
  call,
  listAll,
  type ShownEvent,
  type ShownRequest,
} from '../../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { nameOf } from '../support/routes.ts'
import { Administrator } from './administrator.ts'
import { rawRows } from './raw-folder.ts'

/** What a tenant says in confidence: it may lie nowhere in clear. */
const canary = (tenant: string, where: string): string => `Canary-of-${tenant}-in-${where}-7f3a9c`
/** What may be read by whoever has the folder: ids that somebody chose, and who did what. */
const plain = (tenant: string, what: string): string => `plain-${what}-of-${tenant}`

let admin: Administrator
/** Secrets that were handed out. */
const secrets: string[] = []
const tried = new Set<string>()
let sent = 0
/** What the model answered, which quotes what it was asked. */
const results = new Map<string, string | undefined>()
const tenants = ['alpha', 'beta'] as const

beforeAll(async () => {
  admin = await Administrator.start({ PLINTH_MODEL: 'local/extractive' })
  for (const tenant of tenants) await useEverything(tenant)
})

/** Puts a canary into everything that takes content, through every route that takes a body or a key. */
async function useEverything(tenant: string): Promise<void> {
  await administer('POST', '/api/tenants', '/api/tenants', {
    tenant_id: tenant,
    name: plain(tenant, 'name'),
    isolation_level: tenant === 'alpha' ? 'silo' : 'pool',
  })
  const path = `/api/tenants/${tenant}`
  await administer('PATCH', '/api/tenants/{id}', path, { tier: 'gold', filters: { input: { credential: 'block' } } })
  const made = await administer<{ key: string; key_id: string }>('POST', '/api/tenants/{id}/keys', `${path}/keys`, {
    name: plain(tenant, 'key'),
    user_id: plain(tenant, 'user'),
    permissions: ['tenants:admin'],
  })
  secrets.push(made.body.key.slice(-43))
  const token = await admin.server.token({ tenant, user: plain(tenant, 'user') })
  secrets.push(token.slice(token.lastIndexOf('.') + 1))
  const send = async <Body = unknown>(method: string, route: string, path: string, body?: object): Promise<Answer<Body>> => {
    tried.add(`${method} ${route}`)
    const headers = { 'idempotency-key': canary(tenant, `key-${++sent}`) }
    const answer = await call<Body>(admin.server.url, path, { token, method, body, headers })
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(500)
    return answer
  }
  const callback_url = `https://${canary(tenant, 'callback').toLowerCase()}.example/`
  const long = 'Padding fills the page of a long text. '.repeat(2_000)
  const bodies = [
    { prompt: `Summarise: ${canary(tenant, 'prompt')} is a ship. It sails at dawn.`, callback_url },
    { prompt: `Summarise: ${canary(tenant, 'long')} is a ship. ${long}` },
    { prompt: `${canary(tenant, 'failed')} [[fail]]`, model_id: 'scripted' },
    { prompt: `${canary(tenant, 'later')}`, not_before: new Date(Date.now() + 3_600_000).toISOString() },
    { prompt: `${canary(tenant, 'cancelled')}`, not_before: new Date(Date.now() + 3_600_000).toISOString() },
  ]
  const ids: string[] = []
  for (const [number, body] of bodies.entries()) {
    const request_id = plain(tenant, `request-${number}`)
    const answer = await send<Acknowledgement>('POST', '/api/requests', '/api/requests', { ...body, request_id })
    expect(answer.status, answer.text).toBe(202)
    ids.push(request_id)
  }
  await send('POST', '/api/requests', '/api/requests', { prompt: `AKIAIOSFODNN7EXAMPLE ${canary(tenant, 'blocked')}` })
  await send('POST', '/api/requests', '/api/requests', { prompt: canary(tenant, 'refused'), [canary(tenant, 'field')]: 1 })
  for (const id of ids.slice(0, 3))
    await until(
      'its end',
      async () => (await call<ShownRequest>(admin.server.url, `/api/requests/${id}`, { token })).body.status !== 'processing',
    )
  await send('DELETE', '/api/requests/{id}', `/api/requests/${ids[4]}`)
  await send('POST', '/api/dead-letters/{id}/redrive', `/api/dead-letters/${ids[2]}/redrive`, {})
  await send('POST', '/api/dead-letters/redrive', '/api/dead-letters/redrive', {})
  const url = `https://${canary(tenant, 'hook').toLowerCase()}.example/${canary(tenant, 'hook-path')}`
  const hook = await send<{ subscriber_id: string; secret: string }>('POST', '/api/subscribers', '/api/subscribers', {
    target: { type: 'webhook', url },
  })
  const queue = await send<{ subscriber_id: string }>('POST', '/api/subscribers', '/api/subscribers', {
    target: { type: 'queue' },
  })
  secrets.push(hook.body.secret)
  const subscriber = `/api/subscribers/${hook.body.subscriber_id}`
  await send('PATCH', '/api/subscribers/{id}', subscriber, { pattern: { type: [{ prefix: 'genai.' }] } })
  for (const [route, path] of [
    ['/api/subscribers/{id}/secret/rotate', `${subscriber}/secret/rotate`],
    ['/api/webhooks/secret/rotate', '/api/webhooks/secret/rotate'],
  ] as const)
    secrets.push((await send<{ secret: string }>('POST', route, path)).body.secret)
  await send('POST', '/api/events/replay', '/api/events/replay', { from: 1 })
  await send('POST', '/api/subscribers/{id}/receive', `/api/subscribers/${queue.body.subscriber_id}/receive`, {})
  await send('POST', '/api/subscribers/{id}/acknowledge', `/api/subscribers/${queue.body.subscriber_id}/acknowledge`, {
    receipts: ['none'],
  })
  await send('DELETE', '/api/subscribers/{id}', `/api/subscribers/${queue.body.subscriber_id}`)
  await useDocuments(tenant, token, send)
  await useAgents(tenant, token, send)
  await useStreams(tenant, token, send)
  await administer('POST', '/api/tenants/{id}/rotate-key', `${path}/rotate-key`)
  await administer('DELETE', '/api/tenants/{id}/keys/{key_id}', `${path}/keys/${made.body.key_id}`)
  results.set(tenant, (await call<ShownRequest>(admin.server.url, `/api/requests/${ids[0]}`, { token })).body.result?.text)
}

type Send = <Body = unknown>(method: string, route: string, path: string, body?: object) => Promise<Answer<Body>>

/** Documents whose names, words and metadata are canaries: one that stays, one that is changed, one that is deleted, one that can't be read. */
async function useDocuments(tenant: string, token: string, send: Send): Promise<void> {
  const user = plain(tenant, 'user')
  const ship = {
    source: canary(tenant, 'source'),
    metadata: { [canary(tenant, 'field')]: canary(tenant, 'metadata') },
    acl: { users: [user] },
  }
  const ingest = async (documents: readonly object[]): Promise<readonly string[]> => {
    const sent = await send<{ document_id: string }[]>('POST', '/api/documents', '/api/documents', { documents })
    expect(sent.status, sent.text).toBe(202)
    const path = sent.headers.get('location') ?? ''
    await until('its vectors', async () => {
      const { total, failed, embedded } = (await call<Record<string, number>>(admin.server.url, path, { token })).body
      return (failed ?? 0) + (embedded ?? 0) === total
    })
    return sent.body.map(({ document_id }) => document_id)
  }
  const [kept = '', gone = ''] = await ingest([
    { ...ship, content: `${canary(tenant, 'before')} sails at dawn.` },
    { source: 'gone.txt', content: `${canary(tenant, 'deleted')} is sunk.` },
    { source: 'bad.pdf', content: `${canary(tenant, 'unread')} is no PDF.` },
  ])
  await ingest([{ ...ship, content: `${canary(tenant, 'document')} sails at dusk.` }])
  await send('DELETE', '/api/documents/{id}', `/api/documents/${gone}`)
  const upload = await send<{ upload_id: string }>('POST', '/api/uploads', '/api/uploads')
  await send('PUT', '/api/uploads/{id}', `/api/uploads/${upload.body.upload_id}`, { text: canary(tenant, 'upload') })
  const query = `When does ${canary(tenant, 'document')} sail? ${canary(tenant, 'question')}`
  await send('POST', '/api/rag/retrieve', '/api/rag/retrieve', {
    query,
    filter: { [canary(tenant, 'field')]: canary(tenant, 'metadata') },
  })
  await send('POST', '/api/rag/query', '/api/rag/query', { query })
  await send('PUT', '/api/rag/index', '/api/rag/index', { dense_weight: 0.2 })
  await send('POST', '/api/rag/reindex', '/api/rag/reindex')
  const text = await fetch(`${admin.server.url}/api/documents/${kept}/text`, { headers: { authorization: `Bearer ${token}` } })
  expect(await text.text()).toBe(`${canary(tenant, 'document')} sails at dusk.`)
}

/** Agents and workflows whose prompts, plans and reasons are canaries: some end, one waits and is agreed to, one fails and is tried again. */
async function useAgents(tenant: string, token: string, send: Send): Promise<void> {
  const type = plain(tenant, 'agent')
  const role = (where: string): object => ({ system_prompt: canary(tenant, where), capabilities: [canary(tenant, 'capability')] })
  await send('POST', '/api/agents', '/api/agents', { type, ...role('role') })
  await send('PUT', '/api/agents/{type}', `/api/agents/${type}`, { ...role('role-changed'), model_id: 'scripted' })
  await send('POST', '/api/agents', '/api/agents', { type: `${type}-gone`, ...role('role-gone') })
  await send('DELETE', '/api/agents/{type}', `/api/agents/${type}-gone`)
  const planOf = (where: string, more = ''): object => ({
    goal: canary(tenant, 'goal'),
    success_criteria: [canary(tenant, 'criterion')],
    steps: [
      { id: 'one', agent_type: type, prompt: `${canary(tenant, where)}${more}`, expected_output: canary(tenant, 'expected') },
    ],
  })
  const start = async (where: string, more: object): Promise<string> => {
    const request = `What is ${canary(tenant, where)}?`
    const answer = await send<{ workflow_id: string }>('POST', '/api/workflows', '/api/workflows', { request, ...more })
    expect(answer.status, answer.text).toBe(202)
    return `/api/workflows/${answer.body.workflow_id}`
  }
  const reach = (path: string, ...wanted: readonly string[]): Promise<unknown> =>
    until(`${path} ${wanted}`, async () => {
      const { body } = await call<{ status: string }>(admin.server.url, path, { token })
      return wanted.includes(body.status)
    })
  const act = async (path: string, verb: string, body?: object): Promise<void> => {
    const answer = await send('POST', `/api/workflows/{id}/${verb.replace('one', '{step}')}`, `${path}/${verb}`, body)
    expect([200, 202], answer.text).toContain(answer.status)
  }
  await reach(await start('asked', {}), 'completed', 'failed')
  const agreed = await start('agreed', { approval: 'plan', plan: planOf('step') })
  const refused = await start('unwanted', { approval: 'plan', plan: planOf('step-refused') })
  const ended = await start('ended', { approval: 'plan', plan: planOf('step-cancelled') })
  for (const path of [agreed, refused, ended]) await reach(path, 'awaiting_approval')
  await act(agreed, 'resume')
  await act(agreed, 'approve', { plan: planOf('step-changed') })
  await act(refused, 'reject', { reason: canary(tenant, 'reason-refused') })
  await act(ended, 'cancel', { reason: canary(tenant, 'reason-cancelled') })
  await reach(agreed, 'completed')
  await act(agreed, 'fork', { step: 'one', prompt: canary(tenant, 'fork-prompt') })
  await act(agreed, 'fork', { step: 'one', result: canary(tenant, 'fork-result') })
  for (const path of [refused, ended]) await reach(path, 'cancelled')
  const broken = await start('broken', { plan: planOf('step-broken', ' [[fail]]') })
  await reach(broken, 'failed')
  await act(broken, 'steps/one/retry')
  await reach(broken, 'failed')
}

/** A stream whose fields and values are canaries, with rules that speak of them; what came of it, and one that is deleted. */
async function useStreams(tenant: string, token: string, send: Send): Promise<void> {
  const [name, key] = [plain(tenant, 'stream'), plain(tenant, 'sensor')]
  const path = `/api/streams/${name}`
  await send('PUT', '/api/streams/{name}', path, { fields: { [plain(tenant, 'declared')]: 'number' } })
  const rule = {
    rule_id: plain(tenant, 'rule'),
    name: canary(tenant, 'rule-name'),
    alert_type: 'mine',
    on: 'record',
    field: canary(tenant, 'measure'),
    operator: 'contains',
    threshold: canary(tenant, 'value'),
  }
  const ruled = await send('PUT', '/api/alert-rules', '/api/alert-rules', { rules: [rule] })
  expect(ruled.status, ruled.text).toBe(200)
  const records = Array.from({ length: 200 }, (_, index) => ({
    key,
    timestamp: new Date(Date.UTC(2026, 0, 1) + index * 1_000).toISOString(),
    id: canary(tenant, `record-${index}`),
    data: { [canary(tenant, 'measure')]: canary(tenant, 'value'), [canary(tenant, 'number')]: index === 150 ? 1e6 : 20 },
  }))
  for (const of of [name, `${name}-gone`])
    await send('POST', '/api/streams/{name}/records', `/api/streams/${of}/records`, { records })
  await send('POST', '/api/alert-rules/backtest', '/api/alert-rules/backtest', { rules: [rule] })
  const alert = await until('an alert', async () => {
    const { body } = await call<{ items: { alert_id: string }[] }>(admin.server.url, `/api/alerts?stream=${name}`, { token })
    return body.items[0]
  })
  const acknowledged = await send('POST', '/api/alerts/{id}/acknowledge', `/api/alerts/${alert.alert_id}/acknowledge`)
  expect(acknowledged.status, acknowledged.text).toBe(200)
  await until('windows', async () => {
    const { body } = await call<{ items: object[] }>(admin.server.url, `${path}/windows`, { token })
    return body.items.length > 1
  })
  await send('DELETE', '/api/streams/{name}', `/api/streams/${name}-gone`)
}

async function administer<Body>(method: string, route: string, path: string, body?: object): Promise<Answer<Body>> {
  tried.add(`${method} ${route}`)
  const token = await admin.server.token({ permissions: ['*'] })
  const answer = await call<Body>(admin.server.url, path, { method, body, token })
  expect(answer.status, answer.text).toBeLessThan(300)
  return answer
}

/** How a text may stand in a file that is read by somebody else's program. */
function formsOf(text: string): Buffer[] {
  const bytes = Buffer.from(text)
  return [
    bytes,
    Buffer.from(text, 'utf16le'),
    Buffer.from(text.toLowerCase()),
    Buffer.from(bytes.toString('hex')),
    Buffer.from(bytes.toString('base64').slice(0, -4)),
  ]
}

function filesWithAny(folder: string, texts: readonly string[]): string[] {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return names.flatMap(({ parentPath, name }) => {
    const content = readFileSync(join(parentPath, name))
    return texts.filter((text) => formsOf(text).some((form) => content.includes(form))).map((text) => `${text} in ${name}`)
  })
}

const inAgents = [
  ...['role', 'capability', 'goal', 'criterion', 'expected', 'asked', 'agreed', 'unwanted', 'ended', 'broken'],
  ...['fork-prompt', 'fork-result'],
  ...['step', 'step-refused', 'step-cancelled', 'step-changed', 'step-broken', 'reason-refused', 'reason-cancelled'],
]
const inStreams = ['rule-name', 'measure', 'value', 'number', 'record-']
const inDocuments = ['source', 'metadata', 'before', 'deleted', 'unread', 'document', 'upload', 'question']
const canaries = tenants.flatMap((tenant) =>
  [
    'prompt',
    'long',
    'failed',
    'later',
    'cancelled',
    'blocked',
    'refused',
    'field',
    'callback',
    'hook',
    'hook-path',
    'key-',
    ...inDocuments,
    ...inAgents,
    ...inStreams,
  ].map((where) => canary(tenant, where).slice(0, -'-7f3a9c'.length)),
)

describe('[G5] [R100] [R110] [X67] the data folder', () => {
  it('was written through every route that changes something', () => {
    const changing = patterns.flatMap(({ routes }) => routes).filter(({ method }) => method !== 'GET')
    // It ends what the others need.
    expect([...tried, 'DELETE /api/tenants/{id}'].sort()).toEqual(changing.map(nameOf).toSorted())
  })

  it('holds nothing in clear that was said in confidence, in no file and no form [X64]', () => {
    expect(filesWithAny(admin.folder, [...canaries, ...secrets])).toEqual([])
    for (const tenant of tenants) expect(filesWithAny(admin.folder, [plain(tenant, 'request-1')])).not.toEqual([])
    expect(readdirSync(join(admin.folder, 'objects', 'alpha'), { recursive: true }).length).toBeGreaterThan(1)
  })

  it('opens for whom it should: the model was given the words [X61]', () => {
    for (const tenant of tenants) expect(results.get(tenant)).toContain(canary(tenant, 'prompt'))
  })

  it('has backups that hold nothing of it either', async () => {
    const target = join(temporaryFolder(), 'backup')
    await backUp({ directory: admin.folder, target, version: '0.0.0' })
    expect(filesWithAny(target, [...canaries, ...secrets])).toEqual([])
    expect(filesWithAny(target, [plain('alpha', 'request-1')])).not.toEqual([])
  })

  it("holds no row of one tenant under another's name", () => {
    const rows = rawRows(admin.folder)
    for (const tenant of tenants) {
      const marked = rows.filter(({ text }) => text.includes(`-of-${tenant}`))
      expect(marked.length).toBeGreaterThan(20)
      const names = new Set(
        marked.map(({ tenant: name, collection }) =>
          name === '_system' ? `_system ${collection.replace(/^audit-.*/, 'audit')}` : name,
        ),
      )
      expect([...names].sort()).toEqual(expect.arrayContaining([tenant]))
      for (const name of names) expect([tenant, '_system audit', '_system tenants', '_system virtual-keys']).toContain(name)
    }
  })

  it('says nothing of it in events, lists, audit trails and usage [X15, X64]', async () => {
    for (const tenant of tenants) {
      const token = await admin.server.token({ tenant })
      const events = JSON.stringify(await listAll<ShownEvent>(admin.server.url, '/api/events', token))
      const texts = [events, (await admin.ask(`/api/tenants/${tenant}/usage`)).text]
      for (const path of ['/api/requests', '/api/dead-letters'])
        texts.push(JSON.stringify(await listAll(admin.server.url, path, token)))
      for (const of of [tenant, '_system'])
        texts.push(JSON.stringify(await listAll(admin.server.url, `/api/tenants/${of}/audit`, admin.token)))
      for (const text of texts) for (const words of [...canaries, ...secrets]) expect(text).not.toContain(words)
      expect(events).toContain(plain(tenant, 'request-1'))
    }
  })
})
