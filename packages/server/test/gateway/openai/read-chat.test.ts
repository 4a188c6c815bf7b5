import type { ChatRequest } from '@plinth/core'
import type { ChatCompletionCreateParams } from 'openai/resources/chat/completions'
import { describe, expect, it } from 'vitest'
import { readChatCompletion } from '../../../src/gateway/openai/read-chat.ts'

// Bodies as the published schema has them: the official package's types are generated from it.
const dot = 'iVBORw0KGgo='
const weather = {
  type: 'function',
  function: {
    name: 'get_current_weather',
    description: 'Weather at a place',
    parameters: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
    strict: true,
  },
} as const

const whole = {
  model: 'eu.anthropic.claude-x-v1:0',
  messages: [
    { role: 'developer', content: 'Be brief.' },
    {
      role: 'system',
      content: [
        { type: 'text', text: 'Be kind.' },
        { type: 'text', text: 'Be right.' },
      ],
    },
    {
      role: 'user',
      name: 'ann',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${dot}`, detail: 'low' } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.jpg?x=1', detail: 'auto' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'get_current_weather', arguments: '{"location":"Bonn, 😀"}' } },
        { id: 'call_2', type: 'function', function: { name: 'get_time', arguments: '' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_2', content: 'noon' },
    { role: 'tool', tool_call_id: 'call_1', content: [{ type: 'text', text: '{"celsius":21}' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'It is warm.' }], refusal: null },
    { role: 'assistant', content: [{ type: 'refusal', refusal: 'I would rather not.' }] },
    { role: 'user', content: 'Thanks' },
  ],
  tools: [weather, { type: 'function', function: { name: 'get_time' } }],
  tool_choice: { type: 'function', function: { name: 'get_time' } },
  parallel_tool_calls: true,
  response_format: {
    type: 'json_schema',
    json_schema: { name: 'answer', description: 'An answer', schema: { type: 'object' }, strict: true },
  },
  max_completion_tokens: 300,
  stop: ['END', '\n\n'],
  temperature: 0.5,
  top_p: 0.9,
  presence_penalty: -2,
  frequency_penalty: 2,
  seed: 42,
  reasoning_effort: 'high',
  stream: true,
  stream_options: { include_usage: true },
  user: 'ann',
  n: 1,
  logprobs: false,
  logit_bias: {},
  modalities: ['text'],
  store: false,
  metadata: { a: 'b' },
  service_tier: 'auto',
} satisfies ChatCompletionCreateParams

const understood: ChatRequest = {
  modelId: 'eu.anthropic.claude-x-v1:0',
  prompt: [
    { role: 'system', content: 'Be brief.' },
    { role: 'system', content: 'Be kind.' },
    { role: 'system', content: 'Be right.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        {
          type: 'file',
          mediaType: 'image/png',
          data: { type: 'data', data: dot },
          providerOptions: { openai: { imageDetail: 'low' } },
        },
        { type: 'file', mediaType: 'image/*', data: { type: 'url', url: new URL('https://example.com/a.jpg?x=1') } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'tool-call', toolCallId: 'call_1', toolName: 'get_current_weather', input: { location: 'Bonn, 😀' } },
        { type: 'tool-call', toolCallId: 'call_2', toolName: 'get_time', input: {} },
      ],
    },
    {
      role: 'tool',
      content: [
        { type: 'tool-result', toolCallId: 'call_2', toolName: 'get_time', output: { type: 'text', value: 'noon' } },
        {
          type: 'tool-result',
          toolCallId: 'call_1',
          toolName: 'get_current_weather',
          output: { type: 'text', value: '{"celsius":21}' },
        },
      ],
    },
    { role: 'assistant', content: [{ type: 'text', text: 'It is warm.' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'I would rather not.' }] },
    { role: 'user', content: [{ type: 'text', text: 'Thanks' }] },
  ],
  tools: [
    {
      type: 'function',
      name: 'get_current_weather',
      description: 'Weather at a place',
      inputSchema: { type: 'object', properties: { location: { type: 'string' } }, required: ['location'] },
      strict: true,
    },
    { type: 'function', name: 'get_time', inputSchema: { type: 'object', properties: {} } },
  ],
  toolChoice: { type: 'tool', toolName: 'get_time' },
  responseFormat: { type: 'json', name: 'answer', description: 'An answer', schema: { type: 'object' } },
  maxOutputTokens: 300,
  stopSequences: ['END', '\n\n'],
  temperature: 0.5,
  topP: 0.9,
  presencePenalty: -2,
  frequencyPenalty: 2,
  seed: 42,
  reasoning: 'high',
}

function read(more: object): ChatRequest {
  return readChatCompletion({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...more }).request
}

describe('POST /v1/chat/completions', () => {
  it('is understood with everything in it, and with what it has beyond ignored', () => {
    const call = readChatCompletion({ ...whole, unheard_of: { of: 1 } })
    expect(call.request).toEqual(understood)
    expect(call.streamed).toBe(true)
  })

  it('is understood with the least that it may hold, and leaves open what nobody said', () => {
    const call = readChatCompletion({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] })
    expect(call.request).toStrictEqual({ modelId: 'm', prompt: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }] })
    expect(call.streamed).toBe(false)
  })

  it('takes null for every setting that was not made', () => {
    const settings = Object.keys(whole).filter((name) => name !== 'model' && name !== 'messages')
    const nothing = Object.fromEntries(
      [...settings, 'max_tokens', 'functions', 'function_call', 'audio'].map((name) => [name, null]),
    )
    expect(read(nothing)).toStrictEqual(read({}))
  })

  it.each([
    [{ max_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ max_tokens: 5, max_completion_tokens: 5 }, { maxOutputTokens: 5 }],
    [{ stop: 'END' }, { stopSequences: ['END'] }],
    [{ response_format: { type: 'json_object' } }, { responseFormat: { type: 'json' } }],
    [{ tools: [weather], tool_choice: 'required' }, { toolChoice: { type: 'required' } }],
    [{ tools: [weather], tool_choice: 'none' }, { toolChoice: { type: 'none' } }],
    [
      { temperature: 0, seed: 0, top_p: 0 },
      { temperature: 0, seed: 0, topP: 0 },
    ],
    [{ reasoning_effort: 'none' }, { reasoning: 'none' }],
  ])('reads %j', (more, expected) => {
    expect(read(more)).toMatchObject(expected)
  })

  it.each([
    { stop: [] },
    { tools: [], tool_choice: 'auto' },
    { tool_choice: 'none' },
    { parallel_tool_calls: false },
    { response_format: { type: 'text' } },
  ])('reads %j as nothing said', (more) => {
    expect(read(more)).toStrictEqual(read({}))
  })

  it.each([
    ['{"a":', { rawInvalidInput: '{"a":' }],
    ['[1]', { rawInvalidInput: [1] }],
    ['"text"', { rawInvalidInput: 'text' }],
    ['null', { rawInvalidInput: null }],
    [' \n', {}],
    ['{"a":[1]}', { a: [1] }],
  ])('keeps arguments that a model wrote wrongly inside an object, as providers want one: %s', (text, input) => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: text } }
    expect(read({ messages: [{ role: 'assistant', tool_calls: [call] }] }).prompt).toEqual([
      { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'f', input }] },
    ])
  })

  it('is read where it wants one call at a time, as frameworks always say', () => {
    expect(read({ tools: [weather], parallel_tool_calls: false })).toStrictEqual(read({ tools: [weather] }))
  })

  it('reads reasoning that comes back from compatible clients before the text', () => {
    expect(read({ messages: [{ role: 'assistant', content: 'So.', reasoning_content: 'Hm.' }] }).prompt).toEqual([
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm.' },
          { type: 'text', text: 'So.' },
        ],
      },
    ])
  })

  it('reads what a model said when it refused as what it said', () => {
    expect(read({ messages: [{ role: 'assistant', content: null, refusal: 'No.' }] }).prompt).toEqual([
      { role: 'assistant', content: [{ type: 'text', text: 'No.' }] },
    ])
  })

  it.each([
    [{ stream: true }, true],
    [{ stream: false, stream_options: { include_usage: true } }, false],
    [{ stream_options: {} }, false],
  ])('is streamed where it says so: %j', (more, streamed) => {
    expect(readChatCompletion({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...more }).streamed).toBe(streamed)
  })

  it('reads image types in any case, with parameters, and by the name that everybody gives JPEG', () => {
    const url = `DATA:Image/JPG;charset=utf-8;base64,${dot}`
    expect(read({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }] }).prompt).toEqual([
      { role: 'user', content: [{ type: 'file', mediaType: 'image/jpeg', data: { type: 'data', data: dot } }] },
    ])
  })
})
