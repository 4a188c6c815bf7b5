import { InvalidInputError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { countTokensAnswer, readCountTokens, readInvocation, readMessages } from '../../../src/gateway/anthropic/read-messages.ts'

const hello = [{ role: 'user', content: 'Hello, Claude' }]
const body = { model: 'claude-sonnet-4-5', max_tokens: 1024, messages: hello }
const prompt = [{ role: 'user', content: [{ type: 'text', text: 'Hello, Claude' }] }]

/** The prompt of a conversation. */
const promptOf = (messages: unknown, more: object = {}): unknown => readMessages({ ...body, messages, ...more }).request.prompt

const kept = { providerOptions: { amazonBedrock: { cachePoint: { type: 'default' } } } }

describe('POST /v1/messages', () => {
  it('is read with all that it may say', () => {
    const call = readMessages({
      ...body,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      stream: true,
      stop_sequences: ['END'],
      temperature: 0.7,
      top_p: 0.9,
      top_k: 40,
      metadata: { user_id: 'u-1' },
      service_tier: 'auto',
      tools: [
        {
          type: 'custom',
          name: 'get_stock_price',
          description: 'Get the current stock price for a given ticker symbol.',
          input_schema: { type: 'object', properties: { ticker: { type: 'string' } }, required: ['ticker'] },
          cache_control: { type: 'ephemeral', ttl: '1h' },
        },
      ],
      tool_choice: { type: 'tool', name: 'get_stock_price', disable_parallel_tool_use: true },
      output_config: { format: { type: 'json_schema', schema: { type: 'object' } } },
      mcp_servers: [],
      container: null,
      nobody_knows_this: 1,
    })
    expect(call.streamed).toBe(true)
    expect(call.request).toEqual({
      modelId: 'claude-sonnet-4-5',
      prompt: [{ role: 'system', content: 'Be brief.', ...kept }, ...prompt],
      maxOutputTokens: 1024,
      stopSequences: ['END'],
      temperature: 0.7,
      topP: 0.9,
      topK: 40,
      tools: [
        {
          type: 'function',
          name: 'get_stock_price',
          description: 'Get the current stock price for a given ticker symbol.',
          inputSchema: { type: 'object', properties: { ticker: { type: 'string' } }, required: ['ticker'] },
        },
      ],
      toolChoice: { type: 'tool', toolName: 'get_stock_price' },
      responseFormat: { type: 'json', schema: { type: 'object' } },
    })
  })

  it('notes up to where the prompt is to be kept, at whatever content says so', () => {
    const cache_control = { type: 'ephemeral' }
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }
    const document = { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Long.' } }
    const call = { type: 'tool_use', id: 'a', name: 'look', input: {} }
    const result = { type: 'tool_result', tool_use_id: 'a', content: 'seen' }
    const marked = (...blocks: object[]): object[] => blocks.map((block) => ({ ...block, cache_control }))
    const found = promptOf([
      { role: 'user', content: marked({ type: 'text', text: 'Look.' }, image, document) },
      { role: 'assistant', content: marked({ type: 'text', text: 'I do.' }, call) },
      { role: 'user', content: [...marked(result), { type: 'text', text: 'And?', cache_control: null }] },
    ]) as { content: { type: string; providerOptions?: object }[] }[]
    const marks = found.map(({ content }) => content.map(({ type, providerOptions }) => [type, providerOptions]))
    const { providerOptions } = kept
    expect(marks).toEqual([
      ['text', 'file', 'text'].map((type) => [type, providerOptions]),
      ['text', 'tool-call'].map((type) => [type, providerOptions]),
      [['tool-result', providerOptions]],
      [['text', undefined]],
    ])
  })

  it('takes consecutive messages of one role, and a beginning of the answer', () => {
    const messages = [...hello, ...hello, { role: 'assistant', content: 'Hi' }, { role: 'assistant', content: ', I' }]
    expect(promptOf(messages)).toEqual([
      ...prompt,
      ...prompt,
      { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
      { role: 'assistant', content: [{ type: 'text', text: ', I' }] },
    ])
  })

  it('leaves out texts that are empty, which models answer and clients send back', () => {
    const empty = { type: 'text', text: '' }
    const answered = { role: 'assistant', content: [empty, { type: 'text', text: 'Hi' }] }
    expect(promptOf([...hello, answered, ...hello, { role: 'assistant', content: '' }], { system: '' })).toEqual([
      ...prompt,
      { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
      ...prompt,
    ])
  })

  it('gives results of tools the name of the tool, and their place between texts', () => {
    const calls = ['a', 'b'].map((id) => ({ type: 'tool_use', id, name: `tool-${id}`, input: { x: 1 } }))
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } }
    const file = { type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'iVBORw0KGgo=' } }
    const results = [
      { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'broken' }, image], is_error: true },
      { type: 'tool_result', tool_use_id: 'a' },
      { type: 'text', text: 'Go on' },
      {
        type: 'tool_result',
        tool_use_id: 'a',
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ],
        is_error: true,
      },
    ]
    const found = promptOf([...hello, { role: 'assistant', content: calls }, { role: 'user', content: results }])
    const call = (id: string): object => ({ type: 'tool-call', toolCallId: id, toolName: `tool-${id}`, input: { x: 1 } })
    const result = (id: string, output: object): object => ({
      type: 'tool-result',
      toolCallId: id,
      toolName: `tool-${id}`,
      output,
    })
    expect(found).toEqual([
      ...prompt,
      { role: 'assistant', content: [call('a'), call('b')] },
      {
        role: 'tool',
        content: [
          result('b', {
            type: 'content',
            value: [{ type: 'text', text: 'The tool failed.' }, { type: 'text', text: 'broken' }, file],
          }),
          result('a', { type: 'text', value: '' }),
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'Go on' }] },
      { role: 'tool', content: [result('a', { type: 'error-text', value: 'one\ntwo' })] },
    ])
  })

  it('takes documents of plain text as text, with title and context', () => {
    const plain = { type: 'text', media_type: 'text/plain', data: 'The grass is green.' }
    const documents = [
      { type: 'document', source: plain, title: 'My Document', context: 'Trustworthy.', citations: { enabled: false } },
      { type: 'document', source: { type: 'content', content: 'The sky is blue.' }, title: null },
    ]
    expect(promptOf([{ role: 'user', content: documents }])).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: '<document name="My Document">\nTrustworthy.\nThe grass is green.\n</document>' },
          { type: 'text', text: '<document>\nThe sky is blue.\n</document>' },
        ],
      },
    ])
  })

  it('keeps thoughts for whichever provider thought them; unsigned ones are nobody’s', () => {
    const content = [
      { type: 'thinking', thinking: 'Hm', signature: 'c2ln' },
      { type: 'thinking', thinking: 'Oh', signature: '' },
      { type: 'redacted_thinking', data: 'cmVk' },
    ]
    const signed = { signature: 'c2ln' }
    const redacted = { anthropic: { redactedData: 'cmVk' }, amazonBedrock: { redactedContent: 'cmVk' } }
    expect(promptOf([...hello, { role: 'assistant', content }, ...hello])).toEqual([
      ...prompt,
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm', providerOptions: { anthropic: signed, amazonBedrock: signed } },
          { type: 'reasoning', text: 'Oh' },
          { type: 'reasoning', text: '', providerOptions: redacted },
        ],
      },
      ...prompt,
    ])
  })

  it.each([
    [{ type: 'enabled', budget_tokens: 1024 }, undefined, 'minimal'],
    [{ type: 'enabled', budget_tokens: 6_399 }, undefined, 'minimal'],
    [{ type: 'enabled', budget_tokens: 6_400 }, undefined, 'low'],
    [{ type: 'enabled', budget_tokens: 31_999 }, undefined, 'medium'],
    [{ type: 'enabled', budget_tokens: 38_400 }, undefined, 'high'],
    [{ type: 'enabled', budget_tokens: 1_000_000 }, undefined, 'xhigh'],
    [{ type: 'enabled', budget_tokens: 1024 }, 'max', 'max'],
    [{ type: 'adaptive' }, undefined, 'high'],
    [{ type: 'adaptive' }, 'low', 'low'],
    [{ type: 'disabled' }, 'high', 'none'],
    [{ type: 'between_tools' }, undefined, 'none'],
    [undefined, 'medium', 'medium'],
    [undefined, null, undefined],
  ])('takes thinking %j with effort %j for the level %s', (thinking, effort, level) => {
    expect(readMessages({ ...body, thinking, output_config: { effort } }).request.reasoning).toBe(level)
  })

  it('takes a form of the output by its older name too', () => {
    const { request } = readMessages({ ...body, output_format: { type: 'json_schema', schema: { type: 'object' } } })
    expect(request.responseFormat).toEqual({ type: 'json', schema: { type: 'object' } })
  })

  it.each([
    ['auto', { type: 'auto' }],
    ['any', { type: 'required' }],
    ['none', { type: 'none' }],
  ])('takes the tool choice %s', (type, choice) => {
    const tools = [{ name: 'look', input_schema: { type: 'object' } }]
    expect(readMessages({ ...body, tools, tool_choice: { type } }).request.toolChoice).toEqual(choice)
  })
})

describe('the same on other paths', () => {
  it.each([
    // What boto3 and the AWS SDK for JavaScript, and what AnthropicBedrock was seen to send.
    { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] },
    { max_tokens: 9, messages: [{ role: 'user', content: 'hi' }], anthropic_version: '2026-10-21' },
    // The path names the model, whatever the body says.
    { model: 'another', stream: true, max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] },
  ])('reads a body of InvokeModel: %j', (invocation) => {
    expect(readInvocation(invocation, 'anthropic.claude-3-5-sonnet-20240620-v1:0').request).toEqual({
      modelId: 'anthropic.claude-3-5-sonnet-20240620-v1:0',
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
      maxOutputTokens: 9,
    })
  })

  it('reads what is to be counted, without max_tokens', () => {
    expect(readCountTokens({ model: 'm', messages: hello, system: 'Be brief.' })).toEqual({
      modelId: 'm',
      prompt: [{ role: 'system', content: 'Be brief.' }, ...prompt],
    })
    const { status, headers, body } = countTokensAnswer(2095)
    expect([status, headers['content-type'], JSON.parse(body ?? '')]).toEqual([200, 'application/json', { input_tokens: 2095 }])
  })
})

describe('what makes no sense', () => {
  const user = (...content: unknown[]): object => ({ messages: [{ role: 'user', content }] })
  const toolResult = { type: 'tool_result', tool_use_id: 't' }
  const tool = { name: 'look', input_schema: { type: 'object' } }

  it.each<[string, object]>([
    ['model', { model: undefined }],
    ['model', { model: '' }],
    ['max_tokens', { max_tokens: undefined }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: '10' }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['messages', { messages: undefined }],
    ['messages', { messages: [] }],
    ['messages', { messages: {} }],
    ['messages', { messages: [{ role: 'assistant', content: 'Hi' }] }],
    ['messages.0', { messages: ['Hello'] }],
    ['messages.0.role', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages.0.role', { messages: [{ content: 'x' }] }],
    ['messages.0.content', { messages: [{ role: 'user' }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: 7 }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: '' }] }],
    ['messages.0.content', user()],
    ['messages.1.content', { messages: [...hello, { role: 'assistant', content: [] }, ...hello] }],
    ['messages.0.content.0.text', user({ type: 'text' })],
    ['messages.0.content.1.type', user({ type: 'text', text: 'x' }, { type: 'video' })],
    ['messages.0.content.0.type', user({ type: 'tool_use', id: 't', name: 'look', input: {} })],
    ['messages.1.content.0.type', { messages: [...hello, { role: 'assistant', content: [toolResult] }] }],
    [
      'messages.1.content.0.input',
      { messages: [...hello, { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'x', input: '{}' }] }] },
    ],
    ['messages.0.content.0.tool_use_id', user(toolResult)],
    ['messages.0.content.0.content.0.type', user({ ...toolResult, content: [{ type: 'search_result' }] })],
    [
      'messages.0.content.0.source.media_type',
      user({ type: 'image', source: { type: 'base64', media_type: 'image/bmp', data: 'AA==' } }),
    ],
    [
      'messages.0.content.0.source.data',
      user({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA=A' } }),
    ],
    [
      'messages.0.content.0.source.data',
      user({ type: 'image', source: { type: 'base64', media_type: 'image/png', data: '<svg>' } }),
    ],
    ['messages.0.content.0.source.url', user({ type: 'image', source: { type: 'url', url: 'file:///etc/passwd' } })],
    ['messages.0.content.0.source.type', user({ type: 'image', source: { type: 'file', file_id: 'file_1' } })],
    [
      'messages.0.content.0.source.type',
      user({ type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' } }),
    ],
    [
      'messages.0.content.0.citations.enabled',
      user({ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' }, citations: { enabled: true } }),
    ],
    ['messages.1.clear_at', { messages: [...hello, { role: 'system', content: 'x', clear_at: 'next_user_message' }] }],
    ['system', { system: 7 }],
    ['system.0.type', { system: [{ type: 'image' }] }],
    ['tools.0.type', { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
    ['tools.0.name', { tools: [{ input_schema: {} }] }],
    ['tools.0.input_schema', { tools: [{ name: 'look' }] }],
    ['tools.0.allowed_callers', { tools: [{ ...tool, allowed_callers: ['code_execution_20250825'] }] }],
    ['tool_choice', { tool_choice: { type: 'any' } }],
    ['tool_choice.type', { tools: [tool], tool_choice: { type: 'some' } }],
    ['tool_choice.name', { tools: [tool], tool_choice: { type: 'tool', name: 'hear' } }],
    ['temperature', { temperature: 1.1 }],
    ['top_p', { top_p: -0.1 }],
    ['top_k', { top_k: -1 }],
    ['stop_sequences', { stop_sequences: 'END' }],
    ['stop_sequences.0', { stop_sequences: [''] }],
    ['stream', { stream: 'yes' }],
    ['thinking.type', { thinking: { budget_tokens: 1024 } }],
    ['thinking.budget_tokens', { thinking: { type: 'enabled', budget_tokens: 1023 } }],
    ['output_config.effort', { output_config: { effort: 'huge' } }],
    ['output_config.format.schema', { output_config: { format: { type: 'json_schema' } } }],
    ['mcp_servers', { mcp_servers: [{ type: 'url', url: 'https://example.com', name: 'x' }] }],
    ['container', { container: 'container_1' }],
    ['thread', { thread: { type: 'continue' } }],
    ['compaction', { compaction: { type: 'on' } }],
    ['inference_geo', { inference_geo: 'us' }],
  ])('is refused, naming %s', (field, change) => {
    expect(fieldOf(() => readMessages({ ...body, ...change }))).toBe(field)
  })

  it.each([undefined, null, 7, 'text', [body]])('is refused: a body that is %j', (other) => {
    expect(fieldOf(() => readMessages(other))).toBeUndefined()
    expect(fieldOf(() => readCountTokens(other))).toBeUndefined()
  })

  it('is refused in an invocation too', () => {
    expect(fieldOf(() => readInvocation({ messages: hello }, 'm'))).toBe('max_tokens')
    expect(fieldOf(() => readCountTokens({ messages: hello }))).toBe('model')
  })
})

it('is refused for more messages than the API takes', () => {
  expect(fieldOf(() => readMessages({ ...body, messages: Array(100_001).fill(hello[0]) }))).toBe('messages')
})

/** The field that a refusal names. */
function fieldOf(read: () => unknown): string | undefined {
  try {
    read()
  } catch (error) {
    if (error instanceof InvalidInputError) return error.field
    throw error
  }
  throw new Error('nothing was refused')
}
