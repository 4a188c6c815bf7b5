import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { mintToken } from '../../packages/cli/src/local-identity.ts'
import { type Answer, type Call, call } from './support/api.ts'
import { filesWith } from './support/files.ts'
import { type RunningPlinth, startPlinth } from './support/plinth-process.ts'
import { Telltale } from './support/telltale.ts'
import { temporaryFolder } from './support/temporary-folder.ts'
import { until } from './support/until.ts'

const masterKey = randomBytes(32)
/** What whoever runs Plinth tells it in confidence. */
const settings = {
  modelKey: 'canary-of-the-model-key-51b0',
  toolKey: 'canary-of-the-tool-key-6c77',
  collectorKey: 'canary-of-the-collector-key-90fe',
}
/** What a tenant's people say: it is theirs, and the model's. */
const said = (where: string): string => `Canary-said-in-${where}-44d1`
const places = [
  'prompt',
  'denied',
  'document',
  'question',
  'role',
  'workflow',
  'step',
  'record',
  'openai',
  'anthropic',
  'bedrock',
  'rule',
  'meta',
]

/** Somebody who uses a server, and keeps what it refused. */
class Run {
  /** Answers of 400 and above, with their headers. */
  readonly refusals: string[] = []
  readonly #server: RunningPlinth
  readonly #token: string

  constructor(server: RunningPlinth, token: string) {
    this.#server = server
    this.#token = token
  }

  async send<Body = Readonly<Record<string, string>>>(path: string, options: Call = {}): Promise<Answer<Body>> {
    const headers = { 'x-correlation-id': 'plain-correlation', ...options.headers }
    const answer = await call<Body>(this.#server.url, path, { token: this.#token, ...options, headers })
    if (answer.status >= 400) this.refusals.push(`${path} ${JSON.stringify([...answer.headers])} ${answer.text}`)
    return answer
  }

  /** Waits until something is over, and fails unless it is as it should be. */
  async ended(path: string, ...states: readonly string[]): Promise<void> {
    const over = ['completed', 'failed', 'processed', 'cancelled']
    const shown = await until(
      path,
      async () => {
        const { body } = await this.send(path)
        return over.includes(body.status ?? '') && body
      },
      { within: 60_000 },
    )
    expect(states, JSON.stringify(shown)).toContain(shown.status)
  }
}

/** Uses all patterns so that some of it works and some of it fails. @returns the secrets that were handed out, and the webhook's id. */
async function useEverything(
  run: Run,
  outside: Telltale,
): Promise<{ readonly secrets: readonly string[]; readonly hook: string }> {
  const url = `http://${outside.host}/hook`
  const hook = await run.send('/api/subscribers', { body: { pattern: {}, target: { type: 'webhook', url } } })
  const own = await run.send('/api/webhooks/secret')
  const key = await run.send('/api/tenants/demo/keys', { body: { name: 'k', permissions: ['requests:read'] } })
  expect([hook.status, own.status, key.status]).toEqual([201, 200, 201])
  const { secret = '', subscriber_id = '' } = hook.body
  const secrets = [secret, own.body.secret ?? '', key.body.key ?? '', (key.body.key ?? '').slice(-43)]
  // A key that is good, where nobody should bring it; and ones that are not.
  for (const path of ['/api/tenants', `/api/requests/${said('path')}`, '/v1/nothing']) await run.send(path, { token: secrets[2] })
  for (const bad of [`${secrets[2]}x`, `plk_demo_${said('token')}`]) await run.send('/api/requests', { token: bad })
  await run.send('/api/session', { token: undefined, body: { token: `${secrets[2]}x` } })

  await run.send('/api/requests', { body: { prompt: said('prompt'), request_id: 'plain-request', callback_url: url } })
  await run.send('/api/requests', { body: { prompt: `${said('denied')} [[deny]]`, request_id: 'plain-denied' } })
  await run.ended('/api/requests/plain-request', 'completed')
  await run.ended('/api/requests/plain-denied', 'failed')

  const documents = [
    { source: 'plain.txt', content: `${said('document')} sails at dawn.`, metadata: { ship: said('meta') } },
    { source: 'plain.pdf', content: `${said('document')} is no PDF.` },
  ]
  const sent = await run.send<readonly { readonly document_id: string }[]>('/api/documents', { body: { documents } })
  for (const { document_id } of sent.body) await run.ended(`/api/documents/${document_id}`, 'processed', 'failed')
  for (const more of ['', ' [[deny]]'])
    await run.send('/api/rag/query', { body: { query: `When does ${said('document')} sail? ${said('question')}${more}` } })

  const agent = { type: 'plain-agent', system_prompt: said('role'), tools: ['tickets.*'] }
  expect((await run.send('/api/agents', { body: agent })).status).toBe(201)
  for (const more of ['', ' [[deny]]']) {
    const steps = [{ id: 'one', agent_type: 'plain-agent', prompt: `${said('step')}${more}`, dependencies: [] }]
    const begun = await run.send('/api/workflows', { body: { request: said('workflow'), plan: { steps } } })
    expect(begun.status, begun.text).toBe(202)
    await run.ended(`/api/workflows/${begun.body.workflow_id}`, 'completed', 'failed')
  }

  const rule = {
    rule_id: 'plain-rule',
    name: said('rule'),
    alert_type: 'mine',
    on: 'record',
    field: 'v',
    operator: 'contains',
    threshold: said('record'),
  }
  expect((await run.send('/api/alert-rules', { method: 'PUT', body: { rules: [rule] } })).status).toBe(200)
  const records = [
    { key: 'plain-key', data: { v: said('record') } },
    { key: 'plain-key', data: said('record') },
  ]
  await run.send('/api/streams/plain/records', { body: { records } })
  await until('an alert', async () => ((await run.send<{ items: object[] }>('/api/alerts')).body.items ?? []).length > 0)

  const model = 'openai-compatible/telltale'
  for (const more of ['', ' [[deny]]'])
    for (const stream of [false, true]) {
      const messages = (where: string): object[] => [{ role: 'user', content: said(where) + more }]
      await run.send('/v1/chat/completions', { body: { model, messages: messages('openai'), stream } })
      await run.send('/v1/messages', { body: { model, max_tokens: 9, messages: messages('anthropic'), stream } })
      const body = { messages: [{ role: 'user', content: [{ text: said('bedrock') + more }] }] }
      await run.send(`/model/${encodeURIComponent(model)}/converse${stream ? '-stream' : ''}`, { body })
    }
  const delivered = (): boolean => (outside.seen.get('/hook') ?? []).some((whole) => whole.includes('plain-denied'))
  await until('a webhook', delivered, { within: 60_000 })
  return { secrets, hook: subscriber_id }
}

it('[X15] [X19] [X64] [R100] no secret and no content is in logs, errors, traces, metrics, events, trails or files, whatever fails', {
  timeout: 300_000,
}, async () => {
  const outside = await Telltale.open()
  const folder = join(temporaryFolder(), 'data')
  const variables = {
    PLINTH_LOG_LEVEL: 'debug',
    PLINTH_MODEL: 'openai-compatible/telltale',
    PLINTH_MODEL_BASE_URL: `http://${outside.host}/v1`,
    PLINTH_MODEL_API_KEY: settings.modelKey,
    PLINTH_MASTER_KEY: masterKey.toString('base64'),
    PLINTH_OUTBOUND_ALLOW: outside.host,
    PLINTH_MCP_SERVERS: JSON.stringify({
      mcpServers: {
        tickets: { url: `http://${outside.host}/mcp`, headers: { authorization: `Bearer \${TOOL_KEY}` }, tenants: ['*'] },
      },
    }),
    TOOL_KEY: settings.toolKey,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${outside.host}`,
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer ${settings.collectorKey}`,
  }
  const server = await startPlinth(folder, variables)
  const token = await mintToken(
    { tenant: 'demo', user: 'ann', permissions: ['*'], lifetime: 3_600 },
    {
      PLINTH_DATA_DIR: folder,
      PLINTH_MASTER_KEY: variables.PLINTH_MASTER_KEY,
    },
  )
  const run = new Run(server, token)
  const { secrets, hook } = await useEverything(run, outside)

  // What is there for people who look after a tenant, or after Plinth.
  const shown = new Map<string, string>()
  for (const path of [
    '/metrics',
    '/api/metrics',
    '/api/overview',
    '/api/events?limit=1000',
    '/api/dead-letters',
    '/api/requests',
    '/api/workflows',
    '/api/tenants/demo/audit?limit=1000',
    '/api/tenants/demo/usage',
    '/openapi.json',
    '/api/traces/plain-correlation',
    `/api/subscribers/${hook}/deliveries`,
  ])
    shown.set(path, (await run.send(path)).text)
  await server.process.stop()
  shown.set('logs', server.process.stderr)
  shown.set('output', server.process.stdout)
  shown.set('spans', (outside.seen.get('/v1/traces') ?? []).map((whole) => whole.slice(whole.indexOf('} ') + 2)).join('\n'))
  // Those of alerts say what the alert says, to whoever may read alerts.
  const hooks = (outside.seen.get('/hook') ?? []).filter((whole) => !whole.includes('"type":"genai.alert.'))
  shown.set('webhooks', hooks.join('\n'))
  shown.set('refusals', run.refusals.join('\n'))

  const all = [
    ...secrets,
    ...Object.values(settings),
    masterKey.toString('base64'),
    masterKey.toString('hex'),
    token,
    token.split('.')[2] ?? '',
    ...places.map(said),
  ]
  for (const secret of all) {
    expect(secret.length).toBeGreaterThan(15)
    for (const [place, text] of shown) expect(text.includes(secret), `${secret} in ${place}`).toBe(false)
    expect(filesWith(folder, secret), secret).toEqual([])
  }
  // The search sees: each of the places has something in it, and those who should be told were told.
  for (const [place, text] of shown) expect(text.length, place).toBeGreaterThan(place === 'output' ? 10 : 1)
  expect(shown.get('/api/events?limit=1000')).toContain('plain-request')
  expect(shown.get('/api/traces/plain-correlation')).toContain('POST /api/requests')
  expect(shown.get('spans')).toContain('POST /api/requests')
  expect(shown.get('logs')).toContain('"level":20')
  const told = [...outside.seen].map(([path, wholes]) => `${path} ${wholes.join(' ')}`).join('\n')
  for (const secret of Object.values(settings)) expect(told).toContain(secret)
  for (const place of ['prompt', 'denied', 'step', 'openai', 'anthropic', 'bedrock']) expect(told).toContain(said(place))
})
