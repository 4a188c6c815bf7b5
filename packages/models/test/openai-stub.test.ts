import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { errorBody, OpenAIStub, text } from './openai-stub.ts'

/** The stub is what the provider is judged by, so it is judged by OpenAI's own client. */
let stub: OpenAIStub
let client: OpenAI
const messages = [{ role: 'user' as const, content: 'Hello' }]

beforeAll(async () => {
  stub = await OpenAIStub.start()
  client = new OpenAI({ baseURL: stub.url, apiKey: 'key', maxRetries: 0 })
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

describe("the stub, as OpenAI's client sees it", () => {
  it('answers', async () => {
    const answer = await client.chat.completions.create({ model: 'llama3.2', messages, max_tokens: 9 })
    expect(answer.choices[0]?.message.content).toBe(text)
    expect(answer.usage?.prompt_tokens_details?.cached_tokens).toBe(4)
    expect(stub.calls[0]?.headers.authorization).toBe('Bearer key')
  })

  it('streams, with usage when it is asked for', async () => {
    for (const include_usage of [true, false]) {
      const stream = await client.chat.completions.create({
        model: 'm',
        messages,
        stream: true,
        stream_options: { include_usage },
      })
      let words = ''
      let tokens: number | undefined
      for await (const part of stream) {
        words += part.choices[0]?.delta.content ?? ''
        tokens = part.usage?.total_tokens ?? tokens
      }
      expect([words, tokens]).toEqual([text, include_usage ? 29 : undefined])
    }
  })

  it.each(['float', 'base64', undefined] as const)('embeds, in the form %s', async (encoding_format) => {
    const input = ['four', 'to']
    const answer = await client.embeddings.create({
      model: 'm',
      input,
      dimensions: 3,
      ...(encoding_format && { encoding_format }),
    })
    if (encoding_format !== 'base64') {
      expect(answer.data.map(({ embedding }) => embedding)).toEqual([
        [4, 0, 0],
        [2, 0, 0],
      ])
    }
    expect(answer.usage).toEqual({ prompt_tokens: 10, total_tokens: 10 })
    await expect(client.embeddings.create({ model: 'm', input: [] })).rejects.toMatchObject({ status: 400 })
  })

  it('refuses in the form of the protocol', async () => {
    stub.reply({ status: 429, body: errorBody('Slow down.', 'tokens', 'rate_limit_exceeded'), headers: { 'retry-after': '7' } })
    const error = await client.chat.completions.create({ model: 'm', messages }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(OpenAI.RateLimitError)
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' })
    await expect(client.chat.completions.create({ model: 'm', messages: [] })).rejects.toMatchObject({ status: 400 })
  })
})
