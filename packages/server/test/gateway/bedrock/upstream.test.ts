/** From clients of each protocol to a stub of Bedrock, which lets through what the service model allows. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BedrockStub } from '../../../../models/test/bedrock-stub.ts'
import { startTestServer, type TestServer } from '../../support/test-server.ts'

const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const cohere = 'cohere.embed-english-v3'
let stub: BedrockStub
let server: TestServer
let token: string

beforeAll(async () => {
  stub = await BedrockStub.start({ bearerToken: 'key' })
  server = await startTestServer({
    PLINTH_MODEL: `bedrock/${haiku}`,
    AWS_REGION: 'eu-central-1',
    AWS_BEARER_TOKEN_BEDROCK: 'key',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: stub.url,
  })
  token = await server.token()
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

async function post(
  path: string,
  body: object,
  headers: Record<string, string> = {},
): Promise<{ response: Response; body: unknown }> {
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  const text = await response.text()
  return { response, body: response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : text }
}

const openai = (messages: object[], more: object = {}) => post('/v1/chat/completions', { model: haiku, messages, ...more })
const anthropic = (messages: object[], more: object = {}) =>
  post('/v1/messages', { model: haiku, max_tokens: 4000, messages, ...more })
const messages = [{ role: 'user', content: 'Hi?' }]
const converse = { messages: [{ role: 'user', content: [{ text: 'Hi?' }] }] }
const modelPath = (id: string, operation: string): string => `/model/${encodeURIComponent(id)}/${operation}`

describe('a chat that Bedrock answers', () => {
  it("keeps thought within the client's limit [X68]", async () => {
    await anthropic(messages, { thinking: { type: 'enabled', budget_tokens: 3000 } })
    await openai(messages, { max_completion_tokens: 4000, reasoning_effort: 'high' })
    expect(stub.calls.map(({ body }) => body.inferenceConfig)).toEqual([{ maxTokens: 4000 }, { maxTokens: 4000 }])
    expect(stub.calls.map(({ body }) => body.additionalModelRequestFields)).toMatchObject([
      { thinking: { type: 'enabled', budget_tokens: 1280 } },
      { thinking: { type: 'enabled', budget_tokens: 2400 } },
    ])
  })

  it('may have texts of the system in its middle', async () => {
    const turns = [...messages, { role: 'assistant', content: 'Yes?' }, { role: 'system', content: 'Be brief.' }, ...messages]
    for (const { response } of [await openai(turns), await anthropic(turns)]) expect(response.status).toBe(200)
    for (const { body } of stub.calls)
      expect(body).toMatchObject({
        system: [{ text: 'Be brief.' }],
        messages: [{ role: 'user' }, { role: 'assistant' }, { role: 'user' }],
      })
  })

  it('gives reasoning back that it signed, or hid', async () => {
    const thoughts = [
      { type: 'thinking', thinking: 'Hm', signature: 'c2ln' },
      { type: 'redacted_thinking', data: 'aGlkZGVu' },
      { type: 'text', text: 'Yes?' },
    ]
    const { response } = await anthropic([...messages, { role: 'assistant', content: thoughts }, ...messages])
    expect(response.status).toBe(200)
    const content = [
      { reasoningContent: { reasoningText: { text: 'Hm', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: 'aGlkZGVu' } },
      { text: 'Yes?' },
    ]
    await post(modelPath(haiku, 'converse'), {
      messages: [...converse.messages, { role: 'assistant', content }, ...converse.messages],
    })
    expect(stub.calls.map(({ body }) => (body.messages as { content: unknown }[])[1]?.content)).toEqual([content, content])
  })

  it('is refused as invalid for images that Bedrock does not fetch, in the words of the protocol', async () => {
    const url = 'https://example.com/a.png'
    const asOpenai = await openai([{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }])
    expect(asOpenai.response.status).toBe(400)
    expect(asOpenai.body).toMatchObject({ error: { type: 'invalid_request_error', code: 'model_request_refused' } })
    const asAnthropic = await anthropic([{ role: 'user', content: [{ type: 'image', source: { type: 'url', url } }] }])
    expect(asAnthropic.response.status).toBe(400)
    expect(asAnthropic.body).toMatchObject({ error: { type: 'invalid_request_error' } })
    for (const { body } of [asOpenai, asAnthropic]) expect(JSON.stringify(body)).toContain('by their bytes')
    expect(stub.calls).toEqual([])
  })
})

describe('an answer in the protocol of Bedrock', () => {
  const claude = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages }
  const vectors = { texts: ['x'], input_type: 'clustering' }

  it.each([
    ['converse', haiku, 'converse', converse],
    ['converse-stream', haiku, 'converse-stream', converse],
    ['invoke', haiku, 'invoke', claude],
    ['invoke-with-response-stream', haiku, 'invoke-with-response-stream', claude],
    ['invoke for vectors', cohere, 'invoke', vectors],
    ['a refusal', haiku, 'converse', {}],
  ])('names the request: %s', async (_, model, operation, body) => {
    const { response } = await post(modelPath(model, operation), body)
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/)
    expect(response.headers.get('x-amzn-requestid')).toBe(response.headers.get('x-request-id'))
  })

  it.each([
    ['invoke', haiku, 'invoke', claude],
    ['invoke-with-response-stream', haiku, 'invoke-with-response-stream', claude],
    ['invoke for vectors', cohere, 'invoke', vectors],
  ])('is refused where a guardrail is asked for: %s', async (_, model, operation, body) => {
    for (const name of ['X-Amzn-Bedrock-GuardrailIdentifier', 'X-Amzn-Bedrock-GuardrailVersion']) {
      const { response, body: refusal } = await post(modelPath(model, operation), body, { [name]: '1' })
      expect(response.status).toBe(400)
      expect(response.headers.get('x-amzn-errortype')).toBe('ValidationException')
      expect(refusal).toMatchObject({ message: expect.stringContaining(name.toLowerCase()) })
    }
    expect(stub.calls).toEqual([])
  })

  it.each(['search_document', 'search_query', 'classification', 'clustering'])(
    'holds vectors for what they were asked for: %s',
    async (input_type) => {
      const { response } = await post(modelPath(cohere, 'invoke'), { texts: ['one', 'two'], input_type })
      expect(response.status).toBe(200)
      expect(stub.calls[0]?.body).toMatchObject({ texts: ['one', 'two'], input_type })
    },
  )
})
