/** What each protocol's clients are told, in the words that they sent. */
import { deflateSync, gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/test-server.ts'

const claude = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
const llama = 'meta.llama3-3-70b-instruct-v1:0'
const messages = [{ role: 'user', content: 'Say something.' }]
const said = [{ role: 'user', content: [{ text: 'Say something.' }] }]

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})

interface Told {
  readonly status: number
  readonly headers: Headers
  readonly message: string
  /** Of OpenAI's errors. */
  readonly param: unknown
  readonly code: unknown
  readonly answer: { readonly content?: unknown; readonly [name: string]: unknown }
}

async function post(path: string, body: object | Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<Told> {
  const packed = body instanceof Uint8Array ? body : JSON.stringify(body)
  const sent = { 'content-type': 'application/json', ...headers }
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers: sent, body: packed })
  const text = await response.text()
  const answer = JSON.parse(text)
  const { message, param, code } = answer.error ?? answer
  return { status: response.status, headers: response.headers, message: message ?? answer.detail, param, code, answer }
}

let tenants = 0

/** A token of a tenant that is set up so. */
async function tokenOf(settings: object): Promise<Record<string, string>> {
  const tenant = `told-${++tenants}`
  await server.registry.ensure(tenant, tenant)
  await server.registry.change(tenant, (before) => ({ ...before, ...settings }))
  return { authorization: `Bearer ${await server.token({ tenant })}` }
}

const protocols: readonly (readonly [path: string, body: object])[] = [
  ['/v1/chat/completions', { model: claude, messages }],
  ['/v1/messages', { model: claude, max_tokens: 20, messages }],
  [`/model/${claude}/converse`, { messages: said }],
]

describe('the field that is wrong', () => {
  it.each([
    ['/v1/chat/completions', { model: 'nothing', messages }, 'model'],
    ['/v1/embeddings', { model: 'nothing', input: 'x' }, 'model'],
    ['/v1/messages', { model: 'nothing', max_tokens: 20, messages }, 'model'],
    ['/v1/messages/count_tokens', { model: 'nothing', messages }, 'model'],
    ['/model/nothing/converse', { messages: said }, 'modelId'],
    ['/model/nothing/invoke', { max_tokens: 20, messages }, 'modelId'],
    ['/model/nothing/count-tokens', { input: { converse: { messages: said } } }, 'modelId'],
  ])('is the model, as %s calls it, where nobody knows it and where it is not allowed', async (path, body, name) => {
    const choosy = await tokenOf({ model_config: { allowed_models: ['scripted'] } })
    const known = JSON.parse(
      JSON.stringify(body).replace('nothing', path.includes('embed') ? 'amazon.titan-embed-text-v2:0' : claude),
    )
    for (const [target, sent, status] of [
      [path, body, 404],
      [path.replace('nothing', claude), known, 403],
    ] as const) {
      const told = await post(target, sent, choosy)
      expect(told.status).toBe(status)
      if (path.startsWith('/v1/chat') || path.startsWith('/v1/emb')) expect(told.param).toBe(name)
      else expect(told.message.split(': ')[0]).toBe(name)
      expect(JSON.stringify(told.answer)).not.toContain('model_id')
    }
  })

  const told = (answer: Told): unknown => answer.param ?? answer.message.split(': ')[0]

  it.each<[string, object, string]>([
    ['/v1/chat/completions', { model: claude, messages, max_tokens: 7_000 }, 'max_tokens'],
    ['/v1/chat/completions', { model: claude, messages, max_completion_tokens: 7_000 }, 'max_completion_tokens'],
    ['/v1/messages', { model: claude, messages, max_tokens: 7_000 }, 'max_tokens'],
    [`/model/${claude}/converse`, { messages: said, inferenceConfig: { maxTokens: 7_000 } }, 'inferenceConfig.maxTokens'],
    [`/model/${claude}/invoke`, { messages, max_tokens: 7_000 }, 'max_tokens'],
    [`/model/${llama}/invoke`, { prompt: 'x', max_gen_len: 7_000 }, 'max_gen_len'],
    ['/v1/embeddings', { model: 'amazon.titan-embed-text-v2:0', input: 'word '.repeat(7_000) }, 'input'],
    ['/model/amazon.titan-embed-text-v2:0/invoke', { inputText: 'word '.repeat(7_000) }, 'inputText'],
  ])('is that of the tokens: %s', async (path, body, field) => {
    const tenant = await tokenOf({ limits: { tokens_per_minute: 5_000 } })
    const answer = await post(path, body, tenant)
    expect([answer.status, told(answer)]).toEqual([400, field])
  })

  const mail = 'ada@example.com'
  const tool = { name: mail, input_schema: { type: 'object' } }
  it.each<[string, object, string]>([
    [
      '/v1/chat/completions',
      {
        model: claude,
        messages: [
          { role: 'system', content: ['a', 'b'].map((text) => ({ type: 'text', text })) },
          { role: 'user', content: mail },
        ],
      },
      'messages.1',
    ],
    ['/v1/chat/completions', { model: claude, messages, stop: mail }, 'stop'],
    ['/v1/messages', { model: claude, max_tokens: 9, system: mail, messages }, 'system'],
    [
      '/v1/messages',
      {
        model: claude,
        max_tokens: 9,
        system: 'a',
        messages: [...messages, { role: 'assistant', content: 'So.' }, { role: 'user', content: mail }],
      },
      'messages.2',
    ],
    ['/v1/messages', { model: claude, max_tokens: 9, messages, tools: [tool] }, 'tools.0'],
    ['/v1/messages', { model: claude, max_tokens: 9, messages, stop_sequences: [mail] }, 'stop_sequences'],
    [`/model/${claude}/converse`, { system: [{ text: mail }], messages: said }, 'system.0'],
    [
      `/model/${claude}/converse`,
      { system: [{ text: 'a' }], messages: [{ role: 'user', content: [{ text: mail }] }] },
      'messages.0',
    ],
    [
      `/model/${claude}/converse`,
      { messages: said, inferenceConfig: { stopSequences: [mail] } },
      'inferenceConfig.stopSequences',
    ],
    [
      `/model/${claude}/converse`,
      { messages: said, toolConfig: { tools: [{ toolSpec: { name: mail, inputSchema: { json: { type: 'object' } } } }] } },
      'toolConfig.tools.0',
    ],
    [`/model/${llama}/invoke`, { prompt: mail }, 'prompt'],
    ['/v1/embeddings', { model: 'amazon.titan-embed-text-v2:0', input: ['x', mail] }, 'input.1'],
    ['/model/amazon.titan-embed-text-v2:0/invoke', { inputText: mail }, 'inputText'],
  ])('is that in which a filter found something: %s %#', async (path, body, field) => {
    const tenant = await tokenOf({ filters: { input: { email: 'block' }, output: {}, deny_list: [] } })
    const answer = await post(path, body, tenant)
    expect(answer.status).toBe(400)
    expect(answer.message).toMatch(/filters/)
    expect(told(answer)).toBe(field)
  })
})

describe('a model that has to call a tool, where what serves it has none', () => {
  const schema = { type: 'object' }
  const open = { type: 'function', function: { name: 'look', parameters: schema } }
  const anthropic = { model: claude, max_tokens: 20, messages, tools: [{ name: 'look', input_schema: schema }] }
  const converse = (toolChoice?: object) => ({
    messages: said,
    toolConfig: { tools: [{ toolSpec: { name: 'look', inputSchema: { json: schema } } }], ...(toolChoice && { toolChoice }) },
  })
  const cases: readonly (readonly [path: string, field: string, forced: readonly object[], free: readonly object[]])[] = [
    [
      '/v1/chat/completions',
      'tool_choice',
      ['required', { type: 'function', function: { name: 'look' } }].map((tool_choice) => ({
        model: claude,
        messages,
        tools: [open],
        tool_choice,
      })),
      [{}, { tool_choice: 'auto' }, { tool_choice: 'none' }].map((more) => ({ model: claude, messages, tools: [open], ...more })),
    ],
    [
      '/v1/messages',
      'tool_choice',
      [{ type: 'any' }, { type: 'tool', name: 'look' }].map((tool_choice) => ({ ...anthropic, tool_choice })),
      [anthropic, { ...anthropic, tool_choice: { type: 'auto' } }, { ...anthropic, tool_choice: { type: 'none' } }],
    ],
    [
      `/model/${claude}/converse`,
      'toolConfig.toolChoice',
      [converse({ any: {} }), converse({ tool: { name: 'look' } })],
      [converse(), converse({ auto: {} })],
    ],
  ]
  it.each(cases)('is refused on %s, and one that may is served', async (path, field, forced, free) => {
    // Also for a tenant that may not ask for what stands in itself.
    for (const settings of [{}, { model_config: { allowed_models: [claude] } }]) {
      const tenant = await tokenOf(settings)
      for (const body of forced) {
        const answer = await post(path, body, tenant)
        expect(answer.status).toBe(400)
        expect(answer.message).toMatch(/^(?:[\w.]+: )?scripted serves this model here, and has no tools/)
        expect(answer.param ?? answer.message.split(': ')[0]).toBe(field)
      }
      for (const body of free) {
        const answer = await post(path, body, tenant)
        expect(answer.status, answer.message).toBe(200)
        expect(answer.headers.get('x-plinth-model')).toBe('scripted')
      }
    }
  })
})

describe('a body that is packed', () => {
  it.each([...protocols, ['/api/requests', { prompt: 'x' }] as const])(
    'is refused on %s, whatever it would be',
    async (path, body) => {
      const tenant = await tokenOf({})
      const bytes = Buffer.from(JSON.stringify(body))
      for (const [encoding, packed] of [
        ['gzip', gzipSync(bytes)],
        ['deflate', deflateSync(bytes)],
        ['br', bytes],
        ['identity, gzip', gzipSync(bytes)],
      ] as const) {
        const answer = await post(path, new Uint8Array(packed), { ...tenant, 'content-encoding': encoding })
        expect(answer.status).toBe(415)
        expect(answer.message).toContain('Content-Encoding')
        expect(answer.headers.get('accept-encoding')).toBe('identity')
        if (path.startsWith('/model')) expect(answer.headers.get('x-amzn-errortype')).toBe('ValidationException')
        if (path === '/v1/messages')
          expect(answer.answer).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } })
        if (path.startsWith('/v1/chat'))
          expect(answer.answer).toMatchObject({ error: { type: 'invalid_request_error', code: 'content_encoding_unsupported' } })
        if (path.startsWith('/api')) expect(answer.answer).toMatchObject({ code: 'content_encoding_unsupported', status: 415 })
      }
      for (const encoding of ['identity', 'Identity'])
        expect((await post(path, body, { ...tenant, 'content-encoding': encoding })).status).toBeLessThan(300)
    },
  )
})

describe('two tokens that differ', () => {
  it('are told to be two', async () => {
    const [, body] = protocols[1] ?? ['', {}]
    const token = await server.token()
    const answer = await post('/v1/messages', body, {
      authorization: `Bearer ${await server.token({ user: 'bob' })}`,
      'x-api-key': token,
    })
    expect(answer.status).toBe(401)
    expect(answer.message).toMatch(/Authorization and x-api-key hold different tokens/)
    expect((await post('/v1/messages', body, {})).message).toBe('Send a bearer token.')
  })
})

describe('requests of a minute', () => {
  it('are used up by counting tokens, and by asking for the same answer again', async () => {
    const limited = () => tokenOf({ limits: { requests_per_minute: 3 } })
    for (const [path, body, more] of [
      ['/v1/messages/count_tokens', { model: claude, messages }, {}],
      [`/model/${claude}/count-tokens`, { input: { converse: { messages: said } } }, {}],
      [`/model/${claude}/converse`, { messages: said }, { 'amz-sdk-invocation-id': 'one' }],
    ] as const) {
      const tenant = await limited()
      const statuses: number[] = []
      let last: Told | undefined
      for (let times = 0; times < 5; times++) {
        last = await post(path, body, { ...tenant, ...more })
        statuses.push(last.status)
      }
      expect(statuses, path).toEqual([200, 200, 200, 429, 429])
      expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0)
    }
  })
})
