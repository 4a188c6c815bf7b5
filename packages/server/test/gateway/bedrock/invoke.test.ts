import { InvokeModelCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { type ChatPart, InvalidInputError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { readInvoke } from '../../../src/gateway/bedrock/invoke.ts'
import type { ChatCall } from '../../../src/gateway/protocol.ts'
import { answerOf, awsClient, head, streamedWire, textParts, wireOf } from './support/clients.ts'

const modelId = 'm'

function read(family: string, body: unknown, streamed = false): ChatCall {
  return readInvoke(modelId, { id: modelId, family, kind: 'language' }, body, streamed)
}

function given(call: ChatCall, answer = answerOf('Hello.')): unknown {
  return JSON.parse(call.answer(answer).body ?? '')
}

/** The chunks that AWS's client reads. */
async function chunks(
  call: ChatCall,
  parts: readonly ChatPart[] = textParts(['Hel', 'lo.']),
): Promise<Record<string, unknown>[]> {
  const wire = streamedWire(call, head, parts)
  const { body = [], contentType } = await awsClient(() => wire).send(
    new InvokeModelWithResponseStreamCommand({ modelId, body: '{}' }),
  )
  expect(contentType).toBe('application/json')
  const found: Record<string, unknown>[] = []
  for await (const { chunk } of body) found.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()))
  return found
}

const metrics = {
  inputTokenCount: 10,
  outputTokenCount: 5,
  invocationLatency: 42,
  cacheReadInputTokenCount: 2,
  cacheWriteInputTokenCount: 1,
}
const asked = [{ role: 'user', content: [{ type: 'text', text: 'Hi?' }] }]
const toolParts: readonly ChatPart[] = [
  { type: 'tool-input-start', id: 't1', toolName: 'look' },
  { type: 'tool-input-delta', id: 't1', delta: '{"a":' },
  { type: 'tool-input-delta', id: 't1', delta: '1}' },
  { type: 'tool-input-end', id: 't1' },
  { type: 'finish', finish: { ...answerOf('').finish, reason: 'tool-calls' } },
]

describe('invoking a model', () => {
  it('tells tokens and time in headers and the last chunk, those of the cache apart', async () => {
    const call = read('meta.llama', { prompt: 'Hi?' })
    const output = await awsClient(() => wireOf(call.answer(answerOf('Hello.')))).send(
      new InvokeModelCommand({ modelId, body: '{}' }),
    )
    expect(JSON.parse(Buffer.from(output.body ?? []).toString())).toMatchObject({ generation: 'Hello.' })
    expect(output.$metadata.requestId).toBe(head.id)
    expect(call.answer(answerOf('')).headers).toMatchObject({
      'x-amzn-bedrock-input-token-count': '10',
      'x-amzn-bedrock-output-token-count': '5',
      'x-amzn-bedrock-cache-read-input-token-count': '2',
      'x-amzn-bedrock-cache-write-input-token-count': '1',
      'x-amzn-bedrock-invocation-latency': '42',
    })
    const found = await chunks(call)
    expect(found.at(-1)).toMatchObject({ 'amazon-bedrock-invocationMetrics': metrics })
    expect(found.filter((chunk) => 'amazon-bedrock-invocationMetrics' in chunk)).toHaveLength(1)
  })

  it.each(['embedding', 'rerank'] as const)('is refused where it gives no text: %s', (kind) => {
    const reading = (): unknown => readInvoke(modelId, { id: modelId, family: 'meta.llama', kind }, { prompt: 'x' }, false)
    expect(reading).toThrow(expect.objectContaining({ field: 'modelId' }))
  })

  it.each([null, [], 'text', 7])('is refused where the body is no object: %j', (body) => {
    for (const family of [
      'anthropic.claude',
      'amazon.nova',
      'meta.llama',
      'mistral',
      'cohere.command-r',
      'amazon.titan-text',
      'x',
    ])
      expect(() => read(family, body)).toThrow(InvalidInputError)
  })

  it('takes the form of a body for a family that it does not know', () => {
    const messages = [{ role: 'user', content: 'Hi?' }]
    expect(given(read('local', { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages }))).toMatchObject({
      type: 'message',
    })
    expect(given(read('local', { messages }))).toMatchObject({ object: 'chat.completion' })
  })
})

describe("Anthropic's form", () => {
  const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: 'Hi?' }] }

  it('is understood and answered', () => {
    const call = read('anthropic.claude', body)
    expect(call.request).toEqual({ modelId, prompt: asked, maxOutputTokens: 9 })
    expect(given(call)).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'Hello.' }],
      stop_reason: 'end_turn',
    })
  })

  it('is streamed as the events of the Messages API, without its framing', async () => {
    const found = await chunks(read('anthropic.claude', body, true))
    expect(found.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    expect(found.at(-1)).toEqual({ type: 'message_stop', 'amazon-bedrock-invocationMetrics': metrics })
  })
})

describe("OpenAI's form", () => {
  const body = { model: 'another', stream: true, messages: [{ role: 'user', content: 'Hi?' }], max_completion_tokens: 9 }

  it.each(['openai.gpt-oss', 'deepseek', 'qwen'])(
    'is understood and answered; the path says which model and whether it streams: %s',
    (family) => {
      const call = read(family, body)
      expect(call.request).toEqual({ modelId, prompt: asked, maxOutputTokens: 9 })
      expect(call.streamed).toBe(false)
      expect(given(call)).toMatchObject({ choices: [{ message: { content: 'Hello.' }, finish_reason: 'stop' }] })
    },
  )

  it('is streamed as chunks, without the mark of the end', async () => {
    const found = await chunks(read('openai.gpt-oss', body, true))
    const texts = found.flatMap(({ choices }) =>
      (choices as { delta: { content?: string | null } }[]).map(({ delta }) => delta.content ?? ''),
    )
    expect(texts.join('')).toBe('Hello.')
    expect(found.at(-1)).toMatchObject({ choices: [{ finish_reason: 'stop' }], 'amazon-bedrock-invocationMetrics': metrics })
  })
})

describe("Amazon Nova's form", () => {
  const messages = [{ role: 'user', content: [{ text: 'Hi?' }] }]
  const inferenceConfig = { maxTokens: 9, temperature: 0.5, topP: 0.25, topK: 3, stopSequences: ['END'] }
  const sampled = { maxOutputTokens: 9, temperature: 0.5, topP: 0.25, topK: 3, stopSequences: ['END'] }

  it('is understood, by its older names too', () => {
    const tool = { toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } }
    const body = {
      schemaVersion: 'messages-v1',
      system: [{ text: 'Be brief.' }],
      messages,
      inferenceConfig,
      toolConfig: { tools: [tool] },
    }
    expect(read('amazon.nova', body).request).toEqual({
      modelId,
      prompt: [{ role: 'system', content: 'Be brief.' }, ...asked],
      tools: [{ type: 'function', name: 'look', inputSchema: { type: 'object' } }],
      ...sampled,
    })
    const older = { max_new_tokens: 9, temperature: 0.5, top_p: 0.25, top_k: 3, stopSequences: ['END'] }
    expect(read('amazon.nova', { messages, inferenceConfig: older }).request).toEqual({ modelId, prompt: asked, ...sampled })
    const thinking = { messages, reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }
    expect(read('amazon.nova', thinking).request.reasoning).toBe('low')
  })

  it.each([
    ['inferenceConfig.max_new_tokens', { messages, inferenceConfig: { max_new_tokens: 0 } }],
    ['inferenceConfig.topK', { messages, inferenceConfig: { topK: -1 } }],
    ['messages', { messages: [] }],
    ['toolConfig.tools', { messages, toolConfig: { tools: [] } }],
    ['reasoningConfig.maxReasoningEffort', { messages, reasoningConfig: { maxReasoningEffort: 'a lot' } }],
  ])('is refused, and the field named: %s', (field, body) => {
    expect(() => read('amazon.nova', body)).toThrow(expect.objectContaining({ field }))
  })

  it('is answered with counts of its own names', () => {
    expect(given(read('amazon.nova', { messages }))).toEqual({
      output: { message: { role: 'assistant', content: [{ text: 'Hello.' }] } },
      stopReason: 'end_turn',
      usage: { inputTokens: 10, outputTokens: 5, totalTokens: 18, cacheReadInputTokenCount: 2, cacheWriteInputTokenCount: 1 },
    })
  })

  it('is streamed as events by name', async () => {
    const found = await chunks(read('amazon.nova', { messages }, true), toolParts)
    expect(found).toEqual([
      { messageStart: { role: 'assistant' } },
      { contentBlockStart: { contentBlockIndex: 0, start: { toolUse: { toolUseId: 't1', name: 'look' } } } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: '{"a":' } } } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: '1}' } } } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'tool_use' } },
      {
        metadata: {
          usage: { inputTokens: 10, outputTokens: 5, totalTokens: 18, cacheReadInputTokenCount: 2, cacheWriteInputTokenCount: 1 },
          metrics: {},
          trace: {},
        },
        'amazon-bedrock-invocationMetrics': metrics,
      },
    ])
  })
})

describe("Meta Llama's form", () => {
  it('is understood and answered', async () => {
    const call = read('meta.llama', { prompt: 'Hi?', max_gen_len: 9, temperature: 0.5, top_p: 0.25 }, true)
    expect(call.request).toEqual({ modelId, prompt: asked, maxOutputTokens: 9, temperature: 0.5, topP: 0.25 })
    const end = { prompt_token_count: 13, generation_token_count: 5 }
    expect(given(call)).toEqual({ generation: 'Hello.', ...end, stop_reason: 'stop' })
    expect(given(call, answerOf('x', { reason: 'length' }))).toMatchObject({ stop_reason: 'length' })
    const open = { prompt_token_count: null, generation_token_count: null, stop_reason: null }
    expect(await chunks(call, textParts(['Hel', '', 'lo.']))).toEqual([
      { generation: 'Hel', ...open },
      { generation: 'lo.', ...open },
      { generation: '', ...end, stop_reason: 'stop', 'amazon-bedrock-invocationMetrics': metrics },
    ])
  })

  // https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-3/
  it('has the turns of its markup read as turns', () => {
    const prompt = [
      '<|begin_of_text|><|start_header_id|>system<|end_header_id|>',
      '',
      'Be brief.<|eot_id|><|start_header_id|>user<|end_header_id|>',
      '',
      'Hi?<|eot_id|><|start_header_id|>assistant<|end_header_id|>',
      '',
      'Yes?<|eot_id|><|start_header_id|>user<|end_header_id|>',
      '',
      'Go on.<|eot_id|><|start_header_id|>assistant<|end_header_id|>',
      '',
      '',
    ].join('\n')
    expect(read('meta.llama', { prompt }).request.prompt).toEqual([
      { role: 'system', content: 'Be brief.' },
      ...asked,
      { role: 'assistant', content: [{ type: 'text', text: 'Yes?' }] },
      { role: 'user', content: [{ type: 'text', text: 'Go on.' }] },
    ])
  })

  it.each([
    'What does <|start_header_id|>user<|end_header_id|> mean?',
    '<|start_header_id|>ipython<|end_header_id|>\n\n{}<|eot_id|>',
    '<|start_header_id|>system<|end_header_id|>\n\nOnly this.<|eot_id|>',
    'Explain [INST] to me',
    '[INST] one [/INST] two [/INST]',
  ])('takes a text as it stands where the markup is another: %s', (prompt) => {
    expect(read('meta.llama', { prompt }).request.prompt).toEqual([{ role: 'user', content: [{ type: 'text', text: prompt }] }])
  })

  it.each([
    ['prompt', {}],
    ['prompt', { prompt: ' ' }],
    ['max_gen_len', { prompt: 'x', max_gen_len: 0 }],
    ['temperature', { prompt: 'x', temperature: 2 }],
    ['images', { prompt: 'x', images: ['aGk='] }],
  ])('is refused, and the field named: %s', (field, body) => {
    expect(() => read('meta.llama', body)).toThrow(expect.objectContaining({ field }))
  })
})

describe("Mistral's forms", () => {
  it('continue a prompt', async () => {
    const body = { prompt: '<s>[INST] Hi? [/INST]', max_tokens: 9, stop: ['END'], temperature: 0.5, top_p: 0.25, top_k: 3 }
    const call = read('mistral', body, true)
    const sampled = { maxOutputTokens: 9, stopSequences: ['END'], temperature: 0.5, topP: 0.25, topK: 3 }
    expect(call.request).toEqual({ modelId, prompt: asked, ...sampled })
    expect(given(call)).toEqual({ outputs: [{ text: 'Hello.', stop_reason: 'stop' }] })
    expect(await chunks(call)).toEqual([
      { outputs: [{ text: 'Hel', stop_reason: null }] },
      { outputs: [{ text: 'lo.', stop_reason: null }] },
      { outputs: [{ text: '', stop_reason: 'stop' }], 'amazon-bedrock-invocationMetrics': metrics },
    ])
  })

  // The example of several turns of the Amazon Bedrock user guide, shortened; and a system prompt as Llama 2 has it.
  it('have the turns of their markup read as turns', () => {
    const prompt = '<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi? [/INST] Yes? </s><s>[INST] Go on. [/INST]'
    expect(read('mistral', { prompt }).request.prompt).toEqual([
      { role: 'system', content: 'Be brief.' },
      ...asked,
      { role: 'assistant', content: [{ type: 'text', text: 'Yes?' }] },
      { role: 'user', content: [{ type: 'text', text: 'Go on.' }] },
    ])
  })

  it('chat, with tools', async () => {
    const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } }
    const body = { messages: [{ role: 'user', content: 'Hi?' }], tools: [tool], tool_choice: 'any', max_tokens: 9 }
    const call = read('mistral', body, true)
    expect(call.request).toMatchObject({ modelId, prompt: asked, toolChoice: { type: 'required' }, maxOutputTokens: 9 })
    expect(given(call)).toMatchObject({ choices: [{ message: { content: 'Hello.' }, stop_reason: 'stop' }] })
    const found = await chunks(call, toolParts)
    expect(found.at(-1)).toMatchObject({ choices: [{ stop_reason: 'tool_calls' }] })
  })
})

describe("Amazon Titan Text's form", () => {
  it('is understood and answered', async () => {
    const textGenerationConfig = { maxTokenCount: 9, temperature: 0.5, topP: 0.25, stopSequences: ['User:'] }
    const call = read('amazon.titan-text', { inputText: 'Hi?', textGenerationConfig }, true)
    const sampled = { maxOutputTokens: 9, temperature: 0.5, topP: 0.25, stopSequences: ['User:'] }
    expect(call.request).toEqual({ modelId, prompt: asked, ...sampled })
    expect(given(call)).toEqual({
      inputTextTokenCount: 13,
      results: [{ tokenCount: 5, outputText: 'Hello.', completionReason: 'FINISH' }],
    })
    const reason = (finish: Parameters<typeof answerOf>[1]): unknown => given(call, answerOf('x', finish))
    expect(reason({ reason: 'length' })).toMatchObject({ results: [{ completionReason: 'LENGTH' }] })
    expect(reason({ stopSequence: 'User:' })).toMatchObject({ results: [{ completionReason: 'STOP_CRITERIA_MET' }] })
    expect(reason({ reason: 'content-filter' })).toMatchObject({ results: [{ completionReason: 'CONTENT_FILTERED' }] })
    const found = await chunks(call)
    expect(found.map(({ outputText }) => outputText)).toEqual(['Hel', 'lo.', ''])
    expect(found.at(-1)).toMatchObject({ totalOutputTextTokenCount: 5, completionReason: 'FINISH' })
  })
})

describe("Cohere Command R's form", () => {
  it('is understood and answered', async () => {
    const chat_history = [
      { role: 'USER', message: 'One' },
      { role: 'CHATBOT', message: 'Two' },
    ]
    const sampling = { max_tokens: 9, temperature: 0.5, p: 0.25, k: 3, frequency_penalty: 0.1, presence_penalty: 0.2, seed: 7 }
    const call = read(
      'cohere.command-r',
      { message: 'Hi?', chat_history, preamble: 'Be brief.', ...sampling, stop_sequences: ['END'] },
      true,
    )
    expect(call.request).toEqual({
      modelId,
      prompt: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: [{ type: 'text', text: 'One' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'Two' }] },
        ...asked,
      ],
      maxOutputTokens: 9,
      temperature: 0.5,
      topP: 0.25,
      topK: 3,
      frequencyPenalty: 0.1,
      presencePenalty: 0.2,
      seed: 7,
      stopSequences: ['END'],
    })
    expect(given(call)).toMatchObject({
      text: 'Hello.',
      finish_reason: 'COMPLETE',
      chat_history: [...chat_history, { role: 'USER', message: 'Hi?' }, { role: 'CHATBOT', message: 'Hello.' }],
    })
    expect(await chunks(call)).toEqual([
      { is_finished: false, event_type: 'stream-start', generation_id: head.id },
      { is_finished: false, event_type: 'text-generation', text: 'Hel' },
      { is_finished: false, event_type: 'text-generation', text: 'lo.' },
      {
        is_finished: true,
        event_type: 'stream-end',
        finish_reason: 'COMPLETE',
        response: { text: 'Hello.', finish_reason: 'COMPLETE' },
        'amazon-bedrock-invocationMetrics': metrics,
      },
    ])
  })

  it.each(['documents', 'tools', 'tool_results'])('is refused where it asks for what is not passed on: %s', (field) => {
    expect(() => read('cohere.command-r', { message: 'Hi?', [field]: [{}] })).toThrow(expect.objectContaining({ field }))
    expect(() => read('cohere.command-r', { message: 'Hi?', [field]: [] })).not.toThrow()
  })
})
