/** A guardrail, a prompt cache and the end of models, from clients of each protocol to a stub of Bedrock. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { answerOf, BedrockStub } from '../../../../models/test/bedrock-stub.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const retired = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
const legacy = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
let stub: BedrockStub
let server: TestServer
let demo: string
let cautious: string
let admin: string

beforeAll(async () => {
  stub = await BedrockStub.start({ bearerToken: 'key' })
  server = await startTestServer({
    PLINTH_MODEL: `bedrock/${haiku}`,
    PLINTH_BEDROCK_GUARDRAIL: 'gr1abc2def3g:3',
    AWS_REGION: 'eu-central-1',
    AWS_BEARER_TOKEN_BEDROCK: 'key',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: stub.url,
  })
  demo = await server.token()
  await server.registry.ensure('cautious', 'Cautious')
  cautious = await server.token({ tenant: 'cautious' })
  admin = await server.token({ permissions: ['tenants:admin'] })
  const settings = { model_config: { fallback: [haiku] } }
  expect((await send('PATCH', '/api/tenants/cautious', settings, admin)).response.status).toBe(200)
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

async function send(
  method: string,
  path: string,
  body?: object,
  token = demo,
): Promise<{ response: Response; body: Record<string, unknown>; text: string }> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : {}
  return { response, body: json, text }
}

const messages = [{ role: 'user', content: 'Hi?' }]
const asOpenai = (model: string, more: object = {}) => ['/v1/chat/completions', { model, messages, ...more }] as const
const asAnthropic = (model: string, more: object = {}) => ['/v1/messages', { model, max_tokens: 99, messages, ...more }] as const
const asBedrock = (model: string, more: object = {}, operation = 'converse') =>
  [
    `/model/${encodeURIComponent(model)}/${operation}`,
    { messages: [{ role: 'user', content: [{ text: 'Hi?' }] }], ...more },
  ] as const

const point = { cachePoint: { type: 'default' } }
const cache_control = { type: 'ephemeral' }

describe("the operator's guardrail", () => {
  it.each([
    ['OpenAI', asOpenai(haiku), (body: object) => expect(body).toMatchObject({ choices: [{ finish_reason: 'content_filter' }] })],
    ['Anthropic', asAnthropic(haiku), (body: object) => expect(body).toMatchObject({ stop_reason: 'refusal' })],
    ['Bedrock', asBedrock(haiku), (body: object) => expect(body).toMatchObject({ stopReason: 'content_filtered' })],
  ])('goes with a call by %s, whose client sees that it intervened [X74]', async (_, [path, asked], expectRefused) => {
    stub.reply({ answer: answerOf('Not that.', { stopReason: 'guardrail_intervened' }) })
    const { response, body, text } = await send('POST', path, asked)
    expect(response.status).toBe(200)
    expectRefused(body)
    expect(text).toContain('Not that.')
    expect(stub.calls[0]?.body.guardrailConfig).toEqual({ guardrailIdentifier: 'gr1abc2def3g', guardrailVersion: '3' })
  })

  it('is seen to intervene in a stream, too, and the call is paid for', async () => {
    const before = (await used()).tokens
    stub.reply({ answer: answerOf('Not that.', { stopReason: 'guardrail_intervened' }) })
    const { text } = await send('POST', ...asOpenai(haiku, { stream: true }))
    expect(text).toContain('"finish_reason":"content_filter"')
    expect(stub.calls[0]?.body.guardrailConfig).toMatchObject({ streamProcessingMode: 'sync' })
    expect((await used()).tokens).toBe(before + 11 + 7)
  })

  it('is not for a client to name, or to leave', async () => {
    const guardrailConfig = { guardrailIdentifier: 'another', guardrailVersion: '1' }
    expect((await send('POST', ...asBedrock(haiku, { guardrailConfig }))).response.status).toBe(400)
    await send('POST', ...asBedrock(haiku, { additionalModelRequestFields: { guardrailConfig } }))
    expect(stub.calls.map(({ body }) => body.guardrailConfig)).toEqual([
      { guardrailIdentifier: 'gr1abc2def3g', guardrailVersion: '3' },
    ])
  })
})

describe('the prompt cache of Bedrock', () => {
  it('is told what a client wants kept, whatever protocol it speaks [X74]', async () => {
    const text = 'What I say each time.'
    await send(
      'POST',
      ...asAnthropic(haiku, {
        system: [
          { type: 'text', text, cache_control },
          { type: 'text', text: 'And now.' },
        ],
      }),
    )
    await send('POST', ...asBedrock(haiku, { system: [{ text }, point, { text: 'And now.' }] }))
    // What is kept begins with a mark of its tenant.
    const mark = { text: expect.stringMatching(/^Group [\w-]{16}\.$/) }
    for (const { body } of stub.calls) expect(body.system).toEqual([mark, { text }, point, { text: 'And now.' }])
    stub.reset()
    await send('POST', ...asAnthropic(haiku, { messages: [{ role: 'user', content: [{ type: 'text', text, cache_control }] }] }))
    await send('POST', ...asBedrock(haiku, { messages: [{ role: 'user', content: [{ text }, point] }] }))
    for (const { body } of stub.calls) {
      expect(body.system).toEqual([mark])
      expect(body.messages).toEqual([{ role: 'user', content: [{ text }, point] }])
    }
  })

  it('is shown in what was used, and paid at its price [X74]', async () => {
    const usage = { inputTokens: 5, outputTokens: 7, totalTokens: 132, cacheReadInputTokens: 100, cacheWriteInputTokens: 20 }
    const before = (await used()).usd
    stub.reply({ answer: answerOf('x', { usage }) })
    const { body } = await send('POST', ...asAnthropic(haiku))
    expect(body.usage).toMatchObject({ input_tokens: 5, cache_read_input_tokens: 100, cache_creation_input_tokens: 20 })
    expect((await used()).usd - before).toBeCloseTo((5 * 1 + 100 * 0.1 + 20 * 1.25 + 7 * 5) / 1e6, 9)
  })
})

describe('a model that Bedrock serves no more', () => {
  const gone = { fault: 'ResourceNotFoundException' } as const

  it.each([
    ['OpenAI', asOpenai(retired)],
    ['Anthropic', asAnthropic(retired)],
    ['Bedrock', asBedrock(retired)],
    ['Bedrock, streamed', asBedrock(retired, {}, 'converse-stream')],
  ])("is answered for by the tenant's fallback, which the answer names: %s [X74]", async (_, [path, asked]) => {
    for (const reply of [gone, { fault: 'ValidationException' } as const]) {
      stub.reset()
      stub.reply(reply)
      const { response } = await send('POST', path, asked, cautious)
      expect(response.status).toBe(200)
      expect(response.headers.get('x-plinth-model')).toBe(haiku)
      expect(response.headers.get('x-plinth-model-lifecycle')).toBe('retired')
      expect(stub.calls.map(({ modelId }) => modelId)).toEqual([retired, haiku])
    }
  })

  it.each([
    ['OpenAI', asOpenai(retired), 'model_not_found'],
    ['Anthropic', asAnthropic(retired), 'not_found_error'],
    ['Bedrock', asBedrock(retired), ''],
  ])('is not found without one, and its successor is named: %s [X74]', async (_, [path, asked], code) => {
    stub.reply(gone)
    const { response, text } = await send('POST', path, asked)
    expect(response.status).toBe(404)
    expect(text).toContain(code)
    expect(text).toContain('was retired on 2025-10-28. Its maker names anthropic.claude-sonnet-4-6 in its place.')
    expect(text).not.toContain('The words of')
  })
})

describe('the list of models', () => {
  it('says of those at their end when it is, and what takes their place [X74]', async () => {
    const { body } = await send('GET', '/v1/models')
    const listed = new Map((body.data as { id: string; lifecycle?: object }[]).map((model) => [model.id, model.lifecycle]))
    expect(listed.get(haiku)).toBeUndefined()
    expect(listed.get(legacy)).toEqual({ status: 'legacy', retired: '2026-11-30' })
    const lifecycle = { status: 'retired', retired: '2025-10-28', successor: 'anthropic.claude-sonnet-4-6' }
    expect(listed.get(retired)).toEqual(lifecycle)
    expect((await send('GET', `/v1/models/${encodeURIComponent(retired)}`)).body).toMatchObject({ id: retired, lifecycle })
  })
})

/** What the tenant used so far, at list prices. */
async function used(): Promise<{ readonly tokens: number; readonly usd: number }> {
  const { body } = await send('GET', '/api/tenants/demo/usage', undefined, admin)
  const { input_tokens, output_tokens, usd } = body.total as Readonly<Record<string, number>>
  return { tokens: Number(input_tokens) + Number(output_tokens), usd: Number(usd) }
}
