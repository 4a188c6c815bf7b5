/** Reasoning that only its provider can read, there and back with real clients. */
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import type { ChatAnswer, ChatPart } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { readMessages } from '../../src/gateway/anthropic/read-messages.ts'
import { readConverse } from '../../src/gateway/bedrock/converse.ts'
import { hiddenReasoning } from '../../src/gateway/content.ts'
import { aiSdk, captured, officialClient } from './anthropic/support/wire.ts'
import { aiModel, awsClient, type Sent, streamedWire, wireOf } from './bedrock/support/clients.ts'
import { officialClient as openAiClient, smallBody, smallCall } from './openai/support/wire.ts'
import { received, responseOf, streamedResponse, streamPieces } from './support/wire.ts'

const redacted = 'aGlkZGVuIHdvcmRz'
const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, latencyMs: 3 }
const answer: ChatAnswer = {
  id: '00000000-0000-4000-8000-000000000001',
  modelId: 'm',
  created: 0,
  content: [
    { type: 'reasoning', text: '', redacted },
    { type: 'text', text: 'So.' },
  ],
  finish: { reason: 'stop', usage },
}
const parts: ChatPart[] = [
  { type: 'reasoning-start', id: '0', redacted },
  { type: 'reasoning-end', id: '0' },
  { type: 'text-start', id: '1' },
  { type: 'text-delta', id: '1', delta: 'So.' },
  { type: 'text-end', id: '1' },
  { type: 'finish', finish: answer.finish },
]
const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'x' }] }]
/** What the models' packages are given when it comes back. */
const sentBack = { role: 'assistant', content: [hiddenReasoning(redacted), { type: 'text', text: 'So.' }] }

describe('with Anthropic', () => {
  const asked = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'x' }] }
  const call = readMessages({ ...asked, stream: true })
  const stream = (): Response => streamedResponse(streamPieces(call, answer, parts, [0.3]), call.stream(answer).headers)

  it('it is a block of redacted_thinking, whole and streamed, and comes back', async () => {
    const whole = await officialClient(captured(() => responseOf(call.answer(answer)))).messages.create(asked)
    const streamed = await officialClient(captured(stream)).messages.stream(asked).finalMessage()
    for (const { content } of [whole, streamed]) {
      expect(content).toMatchObject([{ type: 'redacted_thinking', data: redacted }, { type: 'text' }])
      const messages = [...asked.messages, { role: 'assistant', content }, ...asked.messages]
      expect(readMessages({ ...asked, messages }).request.prompt[1]).toEqual(sentBack)
    }
  })

  it('it is known to the AI SDK', async () => {
    const { content } = await aiSdk(captured(() => responseOf(call.answer(answer))).fetch).doGenerate({ prompt })
    expect(content[0]).toMatchObject({ type: 'reasoning', text: '', providerMetadata: { anthropic: { redactedData: redacted } } })
    const found = await received((await aiSdk(captured(stream).fetch).doStream({ prompt })).stream)
    expect(found.find(({ type }) => type === 'reasoning-start')).toMatchObject({
      providerMetadata: { anthropic: { redactedData: redacted } },
    })
  })
})

describe('with Bedrock', () => {
  const modelId = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
  const messages = [{ role: 'user' as const, content: [{ text: 'x' }] }]
  const call = readConverse(modelId, { messages }, true)
  const bytes = Uint8Array.from(Buffer.from(redacted, 'base64'))

  it('it is redactedContent, whole and streamed, and comes back', async () => {
    const sent: Sent[] = []
    const client = awsClient(() => wireOf(call.answer(answer)), sent)
    const { output } = await client.send(new ConverseCommand({ modelId, messages }))
    expect(output?.message?.content).toEqual([{ reasoningContent: { redactedContent: bytes } }, { text: 'So.' }])
    await client.send(
      new ConverseCommand({ modelId, messages: [...messages, ...(output?.message ? [output.message] : []), ...messages] }),
    )
    expect(readConverse(modelId, sent[1]?.body, false).request.prompt[1]).toEqual(sentBack)
    const events = await awsClient(() => streamedWire(call, answer, parts, [])).send(
      new ConverseStreamCommand({ modelId, messages }),
    )
    const deltas: unknown[] = []
    for await (const { contentBlockDelta } of events.stream ?? []) if (contentBlockDelta) deltas.push(contentBlockDelta)
    expect(deltas).toEqual([
      { contentBlockIndex: 0, delta: { reasoningContent: { redactedContent: bytes } } },
      { contentBlockIndex: 1, delta: { text: 'So.' } },
    ])
  })

  it('it is known to the AI SDK', async () => {
    const known = { amazonBedrock: { redactedContent: redacted } }
    const { content } = await aiModel(modelId, () => wireOf(call.answer(answer))).doGenerate({ prompt })
    expect(content[0]).toMatchObject({ type: 'reasoning', text: '', providerMetadata: known })
    const { stream } = await aiModel(modelId, () => streamedWire(call, answer, parts, [])).doStream({ prompt })
    expect((await received(stream)).find(({ type }) => type === 'reasoning-end')).toMatchObject({ providerMetadata: known })
  })
})

it('it is left out with OpenAI, which has no place for it', async () => {
  const { choices } = await openAiClient(() => responseOf(smallCall().answer(answer))).chat.completions.create(smallBody)
  expect(choices[0]?.message).toEqual({ role: 'assistant', content: 'So.', refusal: null })
})
