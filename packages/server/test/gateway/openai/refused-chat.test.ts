import { InvalidInputError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { readChatCompletion } from '../../../src/gateway/openai/read-chat.ts'

const hi = { role: 'user', content: 'Hi' }
const tool = { type: 'function', function: { name: 'f' } }
const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }
const asked = { role: 'assistant', content: null, tool_calls: [call] }
const result = { role: 'tool', tool_call_id: 'c', content: 'r' }

function refusalOf(body: unknown): InvalidInputError {
  try {
    readChatCompletion(body)
  } catch (error) {
    if (error instanceof InvalidInputError) return error
    throw error
  }
  throw new Error('It was not refused.')
}

function image(url: unknown) {
  return {
    role: 'user',
    content: [
      { type: 'text', text: 'See' },
      { type: 'image_url', image_url: { url } },
    ],
  }
}

function deep(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}

describe('a chat completion that is malformed', () => {
  it.each([null, undefined, 7, 'x', [], true])('%j is no body', (body) => {
    expect(refusalOf(body).field).toBeUndefined()
  })

  it.each([
    ['model', { model: undefined }],
    ['model', { model: '' }],
    ['model', { model: 7 }],
    ['messages', { messages: undefined }],
    ['messages', { messages: [] }],
    ['messages', { messages: {} }],
    ['messages.0', { messages: ['Hi'] }],
    ['messages.1.role', { messages: [hi, { content: 'Hi' }] }],
    ['messages.1.role', { messages: [hi, { role: 'robot', content: 'Hi' }] }],
    ['messages.0.content', { messages: [{ role: 'user' }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: null }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: 7 }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: [] }] }],
    ['messages.0.content.1.type', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'b' }] }] }],
    ['messages.0.content.0.text', { messages: [{ role: 'user', content: [{ type: 'text', text: 7 }] }] }],
    ['messages.0.content', { messages: [{ role: 'system', content: null }] }],
    ['messages.0.content.0.type', { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'x' } }] }] }],
    ['messages.0.content', { messages: [{ role: 'assistant' }] }],
    ['messages.0.content', { messages: [{ role: 'assistant', content: null, tool_calls: [] }] }],
    ['messages.0.tool_calls.0.id', { messages: [{ role: 'assistant', tool_calls: [{ ...call, id: '' }] }] }],
    [
      'messages.0.tool_calls.0.function.arguments',
      { messages: [{ role: 'assistant', tool_calls: [{ ...call, function: { name: 'f', arguments: {} } }] }] },
    ],
    [
      'messages.0.tool_calls.0.function.arguments',
      { messages: [{ role: 'assistant', tool_calls: [{ ...call, function: { name: 'f', arguments: deep(100) } }] }] },
    ],
    [
      'messages.0.tool_calls.0.function.arguments',
      { messages: [{ role: 'assistant', tool_calls: [{ ...call, function: { name: 'f', arguments: deep(1_000_000) } }] }] },
    ],
    ['messages.0.tool_call_id', { messages: [{ role: 'tool', content: 'r' }] }],
    ['tools.0.function.name', { tools: [{ type: 'function', function: { name: '' } }] }],
    ['tools.0.function.parameters', { tools: [{ type: 'function', function: { name: 'f', parameters: [] } }] }],
    ['tool_choice', { tools: [tool], tool_choice: 'maybe' }],
    ['tool_choice', { tool_choice: 'required' }],
    ['tool_choice', { tools: [], tool_choice: tool }],
    ['tool_choice.function.name', { tools: [tool], tool_choice: { type: 'function', function: { name: 'g' } } }],
    ['response_format.type', { response_format: { type: 'xml' } }],
    ['response_format.json_schema', { response_format: { type: 'json_schema' } }],
    ['response_format.json_schema.name', { response_format: { type: 'json_schema', json_schema: { schema: {} } } }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['max_completion_tokens', { max_completion_tokens: '5' }],
    ['max_tokens', { max_tokens: 5, max_completion_tokens: 6 }],
    ['stop', { stop: 7 }],
    ['stop', { stop: '' }],
    ['stop.1', { stop: ['a', ''] }],
    ['temperature', { temperature: 2.1 }],
    ['temperature', { temperature: -0.1 }],
    ['temperature', { temperature: '1' }],
    ['top_p', { top_p: 1.1 }],
    ['presence_penalty', { presence_penalty: 3 }],
    ['frequency_penalty', { frequency_penalty: -3 }],
    ['seed', { seed: 1.5 }],
    ['reasoning_effort', { reasoning_effort: 'extreme' }],
    ['stream', { stream: 'true' }],
    ['stream_options.include_usage', { stream_options: { include_usage: 'yes' } }],
  ])('is refused, naming %s: %#', (field, more) => {
    expect(refusalOf({ model: 'm', messages: [hi], ...more })).toMatchObject({ code: 'invalid_input', field })
  })

  it.each([
    ['a result that nobody called for', [hi, result], 1],
    ['a result of another call', [hi, asked, { ...result, tool_call_id: 'd' }], 2],
    ['a result that comes after something else was said', [hi, asked, result, hi, result], 4],
    ['a result of a call before the last', [hi, asked, result, { role: 'assistant', content: 'So.' }, result], 4],
  ])('is refused for %s', (_, messages, at) => {
    expect(refusalOf({ model: 'm', messages }).field).toBe(`messages.${at}.tool_call_id`)
  })

  it.each([
    'ftp://example.com/a.png',
    'file:///etc/passwd',
    '/a.png',
    'https://',
    'http:///:99999',
    'javascript:alert(1)',
    'data:text/html;base64,PGI+',
    'data:image/svg+xml,<svg/>',
    'data:image/png;base64,',
    'data:image/png;base64,a',
    'data:image/png;base64,ab=c',
    'data:image/png;base64,a===',
    'data:image/png;base64,ab d',
    'data:image/png;base64,-_-_',
  ])('is refused for an image at %s', (url) => {
    expect(refusalOf({ model: 'm', messages: [hi, image(url)] }).field).toBe('messages.1.content.1.image_url.url')
  })

  it.each([
    [{ messages: [{ role: 'user', content: 7 }] }, 'Must be a text or a list of parts.'],
    [{ stop: 7 }, 'Must be a text or a list of texts.'],
    [{ tools: [tool], tool_choice: { type: 'custom' } }, 'Only none, auto, required and a function can be passed on.'],
  ])('is told what was meant, where it could be one thing or another: %j', (more, message) => {
    expect(refusalOf({ model: 'm', messages: [hi], ...more }).message).toBe(message)
  })

  it('is not told what it said', () => {
    const secret = 'hunter2'
    for (const more of [
      { reasoning_effort: secret },
      { messages: [{ role: secret, content: secret }] },
      { messages: [{ role: 'user', content: [{ type: secret }] }] },
      { tool_choice: secret },
      { messages: [image(secret)] },
      { messages: [hi, { ...result, tool_call_id: secret }] },
    ])
      expect(refusalOf({ model: 'm', messages: [hi], ...more }).message).not.toContain(secret)
  })
})

describe('a chat completion that asks for what would be lost on the way', () => {
  it.each([
    ['n', { n: 2 }],
    ['logprobs', { logprobs: true }],
    ['top_logprobs', { top_logprobs: 3 }],
    ['logit_bias', { logit_bias: { '50256': -100 } }],
    ['modalities.1', { modalities: ['text', 'audio'] }],
    ['audio', { audio: { format: 'wav', voice: 'ash' } }],
    ['web_search_options', { web_search_options: {} }],
    ['moderation', { moderation: { model: 'omni-moderation-latest' } }],
    ['tools.0.type', { tools: [{ type: 'custom', custom: { name: 'f' } }] }],
    [
      'tool_choice.type',
      { tools: [tool], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [tool] } } },
    ],
    [
      'messages.0.content.0.type',
      { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }] }] },
    ],
    ['messages.0.content.0.type', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'f' } }] }] }],
    ['messages.0.audio', { messages: [{ role: 'assistant', audio: { id: 'a' } }] }],
    ['messages.0.tool_calls.0.type', { messages: [{ role: 'assistant', tool_calls: [{ ...call, type: 'custom' }] }] }],
  ])('is refused, naming %s: %#', (field, more) => {
    expect(refusalOf({ model: 'm', messages: [hi], ...more }).field).toBe(field)
  })

  it.each([
    ['functions', { functions: [{ name: 'f' }] }],
    ['function_call', { function_call: 'auto' }],
    ['messages.0.function_call', { messages: [{ role: 'assistant', function_call: { name: 'f', arguments: '{}' } }] }],
    ['messages.0.role', { messages: [{ role: 'function', name: 'f', content: 'r' }] }],
  ])('is told of tools where it has functions: %s', (field, more) => {
    const refusal = refusalOf({ model: 'm', messages: [hi], ...more })
    expect(refusal.field).toBe(field)
    expect(refusal.message).toContain('deprecated')
  })
})
