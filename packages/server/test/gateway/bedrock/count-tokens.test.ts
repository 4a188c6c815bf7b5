import { CountTokensCommand } from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it } from 'vitest'
import { readConverse } from '../../../src/gateway/bedrock/converse.ts'
import { countTokensAnswer, readCountTokens } from '../../../src/gateway/bedrock/count-tokens.ts'
import { awsClient, head, type Sent, wireOf } from './support/clients.ts'

const modelId = 'anthropic.claude-sonnet-4-5-20250929-v1:0'
const claude = { id: modelId, family: 'anthropic.claude', kind: 'language' } as const
const messages = [{ role: 'user' as const, content: [{ text: 'Größe?' }] }]
const system = [{ text: 'Be brief.' }]

async function written(input: ConstructorParameters<typeof CountTokensCommand>[0]['input']): Promise<unknown> {
  const sent: Sent[] = []
  const output = await awsClient(() => wireOf(countTokensAnswer(42, head.id)), sent).send(
    new CountTokensCommand({ modelId, input }),
  )
  expect(output.inputTokens).toBe(42)
  expect(output.$metadata.requestId).toBe(head.id)
  return sent[0]?.body
}

describe('counting tokens', () => {
  it('is of what would be sent to Converse', async () => {
    const request = readCountTokens(modelId, claude, await written({ converse: { messages, system } }))
    expect(request).toEqual(readConverse(modelId, { messages, system }, false).request)
  })

  it('is of what would be sent to InvokeModel', async () => {
    const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: 'Größe?' }] }
    const input = { invokeModel: { body: Buffer.from(JSON.stringify(body)) } }
    const { prompt } = readCountTokens(modelId, claude, await written(input))
    expect(prompt).toEqual([{ role: 'user', content: [{ type: 'text', text: 'Größe?' }] }])
  })

  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  it.each([
    ['input', {}],
    ['input', { input: {} }],
    ['input', { input: { converse: { messages }, invokeModel: { body: base64('{}') } } }],
    ['input.converse', { input: { converse: 'text' } }],
    ['input.converse.messages', { input: { converse: { messages: [] } } }],
    ['input.converse.messages.0.content', { input: { converse: { messages: [{ role: 'user', content: [] }] } } }],
    ['input.converse.toolConfig.tools', { input: { converse: { messages, toolConfig: { tools: [{ cachePoint: {} }] } } } }],
    ['input.invokeModel.body', { input: { invokeModel: { body: 'no base64!' } } }],
    ['input.invokeModel.body', { input: { invokeModel: { body: '/w==' } } }],
    ['input.invokeModel.body', { input: { invokeModel: { body: base64('{') } } }],
  ])('is refused, and the field named: %s in %j', (field, body) => {
    expect(() => readCountTokens(modelId, claude, body)).toThrow(expect.objectContaining({ field }))
  })
})
