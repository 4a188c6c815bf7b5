import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { RunningServer } from '@plinth/server'
import { type Api, apiOf } from '../src/api.ts'
import { start } from '../src/app.ts'

let folder: string
let server: RunningServer
/** As the first tenant, who may do everything. */
let api: Api

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'app-test-'))
  server = await start({
    PORT: '0',
    PLINTH_DATA_DIR: folder,
    PLINTH_EMBEDDING_MODEL: 'local/hashing',
    PLINTH_LOG_LEVEL: 'warn',
    PLINTH_SELF_METRICS: 'off',
  })
  api = await apiFor('demo', ['*'])
})

after(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function apiFor(tenant: string, permissions: readonly string[]): Promise<Api> {
  return apiOf(server.url, await server.issuer.sign({ tenant, user: 'test', permissions, lifetime: 600 }))
}

/** What a path answers once it is as it should be; for half a minute at most. */
async function until<Answer>(path: string, isReady: (answer: Answer) => boolean): Promise<Answer> {
  for (let tries = 0; tries < 600; tries++) {
    const answer = await api<Answer>('GET', path)
    if (isReady(answer)) return answer
    await pause(50)
  }
  throw new Error(`${path} did not come to what was expected.`)
}

test('is ready', async () => {
  assert.equal((await fetch(`${server.url}/readyz`)).status, 200)
})

// for event-driven
test('a request is accepted at once, and completed in the background', async () => {
  const prompt = 'Summarise: Queues absorb bursts. Workers drain them at their own pace.'
  const { request_id } = await api<{ request_id: string }>('POST', '/api/requests', { prompt })
  interface Asked {
    readonly status: string
    readonly result: { readonly text: string } | null
  }
  const done = await until<Asked>(`/api/requests/${request_id}`, ({ status }) => status !== 'processing')
  assert.equal(done.status, 'completed')
  assert.match(done.result?.text ?? '', /\w/)
})
// end

// for rag
test('a question is answered from our own document, which is named', async () => {
  type Documents = { readonly items: readonly { readonly source: string; readonly status: string }[] }
  await until<Documents>('/api/documents', ({ items }) => items.some(({ status }) => status === 'processed'))
  const query = 'When is the desk open?'
  const answer = await api<{ response: string; sources: readonly string[] }>('POST', '/api/rag/query', { query })
  assert.match(answer.response, /eight/)
  assert.deepEqual(answer.sources, ['opening-hours.md'])
})
// end

// for multi-agent
test('our own agent does a step of a workflow', async () => {
  const plan = {
    steps: [{ id: 'shorten', agent_type: 'editor', prompt: 'Shorten: The report has 40 pages. Nobody reads 40 pages.' }],
  }
  const { workflow_id } = await api<{ workflow_id: string }>('POST', '/api/workflows', { request: 'A shorter text', plan })
  interface Run {
    readonly status: string
    readonly steps: Readonly<Record<string, { readonly agent_type: string; readonly status: string }>>
  }
  const isOver = ({ status }: Run): boolean => ['completed', 'failed', 'cancelled'].includes(status)
  const run = await until<Run>(`/api/workflows/${workflow_id}`, isOver)
  assert.equal(run.status, 'completed')
  assert.deepEqual([run.steps.shorten?.agent_type, run.steps.shorten?.status], ['editor', 'completed'])
})
// end

// for analytics
test('our own rule raises an alert on a record that breaks it', async () => {
  const records = [70, 71, 95].map((temperature, id) => ({ id: `reading-${id}`, key: 'oven', data: { temperature } }))
  const appended = await api<{ accepted: number }>('POST', '/api/streams/plant/records', { records })
  assert.equal(appended.accepted, 3)
  type Alerts = { readonly items: readonly { readonly alert_type: string; readonly key: string }[] }
  const { items } = await until<Alerts>('/api/alerts', (page) => page.items.length > 0)
  assert.deepEqual([items[0]?.alert_type, items[0]?.key], ['too_hot', 'oven'])
})
// end

// for multi-tenant
test('a tenant is onboarded, and sees nothing of the others', async () => {
  await api('POST', '/api/tenants', { tenant_id: 'acme', name: 'Acme' })
  const shown = await api<{ status: string }>('GET', '/api/tenants/acme')
  assert.equal(shown.status, 'active')
  const acme = await apiFor('acme', ['requests:read', 'requests:write'])
  await assert.rejects(acme('GET', '/api/tenants/demo'), /answered 403/)
})
// end
