import { afterAll, beforeAll, expect, it } from 'vitest'
import { readConverse } from '../../../src/gateway/bedrock/converse.ts'
import { readInvoke } from '../../../src/gateway/bedrock/invoke.ts'
import { describeWithBoto3, runBoto3 } from './support/boto3.ts'
import { answerOf, head, streamedWire, textParts, type Wire, wireOf } from './support/clients.ts'
import { type ReceivedCall, WireServer } from './support/wire-server.ts'

const seedModel = 'anthropic.claude-3-5-sonnet-20241022-v2:0'
const profile = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const claude = { id: seedModel, family: 'anthropic.claude', kind: 'language' } as const

function answer({ modelId, operation, body }: ReceivedCall): Wire {
  const streamed = operation === 'converse-stream' || operation === 'invoke-with-response-stream'
  const call = operation.startsWith('converse')
    ? readConverse(modelId, body, streamed)
    : readInvoke(modelId, claude, body, streamed)
  return streamed ? streamedWire(call, head, textParts(['Grö', 'ße 漢'])) : wireOf(call.answer(answerOf('Größe 漢')))
}

describeWithBoto3('boto3, set up by its environment alone', () => {
  let server: WireServer
  beforeAll(async () => {
    server = await WireServer.start(answer)
  })
  afterAll(() => server.close())

  it('gets an answer to the call of the event-driven pattern, as it is written there', async () => {
    const program = [
      `response = client.invoke_model(modelId='${seedModel}', body=json.dumps({`,
      "    'anthropic_version': 'bedrock-2023-05-31',",
      "    'max_tokens': 1000,",
      "    'messages': [{'role': 'user', 'content': 'How big?'}],",
      "    'metadata': {'tenant_id': 'demo', 'isolation_level': 'pool'}",
      '}))',
      "result = json.loads(response['body'].read())",
    ].join('\n')
    const result = await runBoto3<Record<string, unknown>>(server.url, program)
    expect(result).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Größe 漢' }],
      stop_reason: 'end_turn',
    })
    const { modelId, body } = server.calls.at(-1) ?? {}
    expect(modelId).toBe(seedModel)
    expect(readInvoke(seedModel, claude, body, false).request).toEqual({
      modelId: seedModel,
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'How big?' }] }],
      maxOutputTokens: 1000,
    })
  })

  it('gets answers to Converse, and to both streams', async () => {
    const program = [
      "messages = [{'role': 'user', 'content': [{'text': 'How big?'}]}]",
      `whole = client.converse(modelId='${profile}', messages=messages)`,
      `stream = client.converse_stream(modelId='${profile}', messages=messages)['stream']`,
      'events = [event for event in stream]',
      "body = json.dumps({'anthropic_version': 'bedrock-2023-05-31', 'max_tokens': 9, 'messages': [{'role': 'user', 'content': 'How big?'}]})",
      `chunks = client.invoke_model_with_response_stream(modelId='${seedModel}', body=body)['body']`,
      "chunks = [json.loads(event['chunk']['bytes']) for event in chunks]",
      "del whole['ResponseMetadata']",
      "result = {'whole': whole, 'events': events, 'chunks': chunks}",
    ].join('\n')
    const result = await runBoto3<{ whole: unknown; events: unknown[]; chunks: Record<string, unknown>[] }>(server.url, program)
    const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 18, cacheReadInputTokens: 2, cacheWriteInputTokens: 1 }
    expect(result.whole).toEqual({
      output: { message: { role: 'assistant', content: [{ text: 'Größe 漢' }] } },
      stopReason: 'end_turn',
      usage,
      metrics: { latencyMs: 42 },
    })
    expect(result.events).toEqual([
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Grö' } } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'ße 漢' } } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'end_turn' } },
      { metadata: { usage, metrics: { latencyMs: 42 } } },
    ])
    expect(result.chunks.at(-1)).toMatchObject({
      type: 'message_stop',
      'amazon-bedrock-invocationMetrics': { outputTokenCount: 5 },
    })
  })
})
