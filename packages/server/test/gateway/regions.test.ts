import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, call } from '../../../../test/e2e/support/api.ts'
import { temporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { until } from '../../../../test/e2e/support/until.ts'
import { chunk, OpenAIStub } from '../../../models/test/openai-stub.ts'
import { startTestServer, type TestServer } from '../support/test-server.ts'

const messages = [{ role: 'user', content: 'x' }]
const blocks = [{ role: 'user', content: [{ text: 'x' }] }]
const calls: readonly (readonly [string, object])[] = [
  ['/v1/chat/completions', { model: 'openai-compatible/x', messages }],
  ['/v1/chat/completions', { model: 'openai-compatible/x', messages, stream: true }],
  ['/v1/messages', { model: 'openai-compatible/x', max_tokens: 9, messages }],
  ['/v1/messages', { model: 'openai-compatible/x', max_tokens: 9, messages, stream: true }],
  ['/model/openai-compatible%2Fx/converse', { messages: blocks }],
  ['/model/openai-compatible%2Fx/converse-stream', { messages: blocks }],
]

const folders = { here: temporaryFolder(), folder: temporaryFolder() }
let stub: OpenAIStub
let near: TestServer
let peer: TestServer
const tokens = { folder: '', url: '', stranger: '', nowhere: '' }

function bytesOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n')
}

beforeAll(async () => {
  stub = await OpenAIStub.start()
  const model = { PLINTH_MODEL: 'openai-compatible/x', PLINTH_MODEL_BASE_URL: stub.url }
  // Each has to know where the other is: the first port is taken by a server that goes again.
  const first = await startTestServer({ PLINTH_DATA_DIR: folders.here, PLINTH_REGION: 'us-east-1' })
  const { port } = new URL(first.url)
  await first.stop()
  peer = await startTestServer({
    ...model,
    PLINTH_REGION: 'ap-south-1',
    PLINTH_OUTBOUND_ALLOW: '127.0.0.1',
    PLINTH_ISSUERS: JSON.stringify([
      {
        issuer: 'plinth@us-east-1',
        audience: 'plinth',
        algorithms: ['EdDSA'],
        tenants: ['url'],
        keys: `http://127.0.0.1:${port}/.well-known/jwks.json`,
      },
    ]),
  })
  near = await startTestServer({
    ...model,
    PORT: port,
    PLINTH_DATA_DIR: folders.here,
    PLINTH_REGION: 'us-east-1',
    PLINTH_REGIONS: `eu-central-1=${folders.folder},ap-south-1=${peer.url}`,
  })
  const make = async (where: TestServer, tenant_id: string, data_residency_region: string): Promise<void> => {
    const token = await where.token({ permissions: ['*'] })
    const body = { tenant_id, name: tenant_id, data_residency_region }
    expect((await call(where.url, '/api/tenants', { token, body })).status).toBe(201)
  }
  await make(near, 'folder', 'eu-central-1')
  for (const each of [near, peer]) for (const tenant of ['url', 'stranger']) await make(each, tenant, 'ap-south-1')
  await make(near, 'nowhere', 'sa-east-1')
  for (const tenant of ['folder', 'url', 'stranger', 'nowhere'] as const)
    tokens[tenant] = await near.token({ tenant, user: `user-of-${tenant}` })
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

function ask(tenant: keyof typeof tokens, [path, body]: readonly [string, object]): Promise<Answer<unknown>> {
  return call(near.url, path, { token: tokens[tenant], body })
}

describe.each(['folder', 'url'] as const)('[R109, X66] a tenant of a region that is reached by its %s', (tenant) => {
  it.each(calls)('has %s %j answered from there', async (...asked) => {
    const { status, headers, text } = await ask(tenant, asked)
    expect([status, text.includes('ß') || text.includes('\\u00df'), headers.get('x-plinth-model')]).toEqual([
      200,
      true,
      'openai-compatible/x',
    ])
    expect(headers.get('x-request-id')).toMatch(/\S/)
    expect(stub.calls).toHaveLength(1)
  })

  it('is refused in the words of each protocol', async () => {
    for (const [path, body] of calls) {
      const unknown = await ask(tenant, [path.replace('Fx/', 'Fno%20such/'), { ...body, model: 'no-such-model' }])
      expect(unknown.status).toBe(404)
      expect(unknown.text).toMatch(/^\{"(?:error|type|message)":/)
      const mismatched = await ask(tenant, [path, { ...body, tenant_id: 'demo' }])
      expect(mismatched.status).toBe(403)
      expect(mismatched.text).toMatch(/^\{"(?:error|type|message)":/)
    }
    expect(stub.calls).toHaveLength(0)
  })

  it('has its stream as it comes, and its call ended when it goes', async () => {
    const [step, never] = [Promise.withResolvers<void>(), new Promise<void>(() => {})]
    stub.reply({ stream: [chunk({ role: 'assistant', content: 'one' }), step.promise, chunk({ content: 'two' }), never] })
    const gone = new AbortController()
    const response = await fetch(`${near.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens[tenant]}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai-compatible/x', messages, stream: true }),
      signal: gone.signal,
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const readUntil = async (word: string): Promise<void> => {
      while (!text.includes(word)) text += (await reader?.read())?.value ?? ''
    }
    await readUntil('one')
    expect(text).not.toContain('two')
    step.resolve()
    await readUntil('two')
    gone.abort()
    await until('the end of the call', () => stub.abandoned === 1)
  })

  it('may come by HTTP/2, with a body of unknown length', async () => {
    const session = connect(near.url)
    const [path = '', body] = calls[4] ?? []
    const request = session.request({ ':method': 'POST', ':path': path, authorization: `Bearer ${tokens[tenant]}` })
    let status: unknown
    request.once('response', (headers) => {
      status = headers[':status']
    })
    request.end(JSON.stringify(body))
    const said = (await buffer(request)).toString()
    expect([status, said]).toEqual([200, expect.stringContaining('ß')])
    session.destroy()
  })

  it('leaves nothing of itself here', async () => {
    expect(bytesOf(folders.here)).not.toContain(`user-of-${tenant}`)
  })
})

describe('[R109, X66] a tenant whose region does not answer for it', () => {
  it('is refused, and nobody else is asked', async () => {
    for (const asked of calls) {
      const [nowhere, stranger] = [await ask('nowhere', asked), await ask('stranger', asked)]
      expect([nowhere.status, stranger.status]).toEqual([403, 503])
      for (const { text } of [nowhere, stranger]) expect(text).toMatch(/^\{"(?:error|type|message)":/)
    }
    expect(stub.calls).toHaveLength(0)
  })

  it('is told so when it breaks off in the middle: what came is never taken for whole', async () => {
    stub.reply({ stream: [chunk({ role: 'assistant', content: 'one' }), new Promise<void>(() => {})] })
    const response = await fetch(`${near.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokens.url}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'openai-compatible/x', messages, stream: true }),
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = (await reader?.read())?.value ?? ''
    const stopped = peer.stop()
    const rest = (async () => {
      for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) text += next.value
      return 'ended'
    })().catch(() => 'cut')
    const how = await rest
    await stopped
    // The peer says so itself while it can, in the words of the protocol.
    expect(how === 'cut' || text.includes('"error"'), text).toBe(true)
    expect(text).not.toContain('[DONE]')
    for (const asked of calls) expect((await ask('url', asked)).status).toBe(503)
  })
})
