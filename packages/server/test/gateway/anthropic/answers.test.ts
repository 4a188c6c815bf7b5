import Anthropic from '@anthropic-ai/sdk'
import type { ChatAnswer, ChatFinish, ChatHead } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { countTokensAnswer, readCountTokens, readMessages } from '../../../src/gateway/anthropic/read-messages.ts'
import { messageEvents } from '../../../src/gateway/anthropic/stream.ts'
import { partsOf } from '../support/arbitraries.ts'
import { received, responseOf, streamedResponse } from '../support/wire.ts'
import { aiSdk, captured, officialClient } from './support/wire.ts'

const question = { model: 'm', max_tokens: 1, messages: [{ role: 'user' as const, content: 'Hello' }] }
const call = readMessages({ ...question, stream: true })
const head: ChatHead = { id: '6ba7b810-9dad-11d1-80b4-00c04fd430c8', modelId: 'claude-sonnet-4-5', created: 0 }
const usage = { inputTokens: 100, outputTokens: 15, cacheReadTokens: 60, cacheWriteTokens: 30, reasoningTokens: 0, latencyMs: 1 }
const finish: ChatFinish = { reason: 'stop', usage }
const bodyOf = (answer: ChatAnswer): Record<string, unknown> => JSON.parse(call.answer(answer).body ?? '')
const toolCall = (input: string): ChatAnswer['content'][number] => ({
  type: 'tool-call',
  toolCallId: 't',
  toolName: 'look',
  input,
})

describe('a whole answer', () => {
  it('has the form of the API', () => {
    const answer: ChatAnswer = { ...head, content: [{ type: 'text', text: 'Hi!' }], finish }
    expect(call.answer(answer)).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'request-id': head.id },
    })
    expect(bodyOf(answer)).toEqual({
      id: 'msg_6ba7b8109dad11d180b400c04fd430c8',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5',
      content: [{ type: 'text', text: 'Hi!' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 10, cache_creation_input_tokens: 30, cache_read_input_tokens: 60, output_tokens: 15 },
    })
  })

  it.each([
    ['', {}],
    ['{"a":1}', { a: 1 }],
    ['[1]', { rawInvalidInput: [1] }],
    ['{"a":', { rawInvalidInput: '{"a":' }],
  ])('has arguments that are an object, also of a model that wrote %j', (input, expected) => {
    expect(bodyOf({ ...head, content: [toolCall(input)], finish }).content).toEqual([
      { type: 'tool_use', id: 't', name: 'look', input: expected },
    ])
  })

  it('has a signature, empty where the model has none, and no empty texts', () => {
    const content = [{ type: 'reasoning', text: 'Hm' } as const, { type: 'text', text: '' } as const]
    expect(bodyOf({ ...head, content, finish }).content).toEqual([{ type: 'thinking', thinking: 'Hm', signature: '' }])
  })

  it('never has a negative count, though a provider leaves cached tokens out of the input', () => {
    const answer = { ...head, content: [], finish: { ...finish, usage: { ...usage, inputTokens: 5 } } }
    expect(bodyOf(answer).usage).toMatchObject({ input_tokens: 0, cache_read_input_tokens: 60 })
  })
})

it("says how long a prompt is, to Anthropic's client", async () => {
  const { fetch, bodies } = captured(() => responseOf(countTokensAnswer(2095)))
  const asked = { model: 'm', messages: question.messages, system: 'Be brief.' }
  expect(await officialClient({ fetch }).messages.countTokens(asked)).toMatchObject({ input_tokens: 2095 })
  expect(readCountTokens(bodies[0]).prompt).toHaveLength(2)
})

describe('a stream', () => {
  const answer: ChatAnswer = {
    ...head,
    content: [{ type: 'reasoning', text: 'Hm', signature: 'c2ln' }, { type: 'text', text: 'Grüß' }, toolCall('{"a":1}')],
    finish: { ...finish, reason: 'tool-calls' },
  }

  it('is the events of the API, each with its name', () => {
    const encoder = call.stream(head)
    expect(encoder.headers['content-type']).toBe('text/event-stream; charset=utf-8')
    const [first, ...others] = partsOf(answer, [])
    if (first === undefined) throw new Error('there are no parts')
    const written = [encoder.start(), encoder.part(first), encoder.ping(), ...others.map((part) => encoder.part(part))].join('')
    const message =
      '{"id":"msg_6ba7b8109dad11d180b400c04fd430c8","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],' +
      '"stop_reason":null,"stop_sequence":null,' +
      '"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}'
    const events = [
      ['message_start', `"message":${message}`],
      ['content_block_start', '"index":0,"content_block":{"type":"thinking","thinking":"","signature":""}'],
      ['ping', ''],
      ['content_block_delta', '"index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}'],
      ['content_block_delta', '"index":0,"delta":{"type":"signature_delta","signature":"c2ln"}'],
      ['content_block_stop', '"index":0'],
      ['content_block_start', '"index":1,"content_block":{"type":"text","text":""}'],
      ['content_block_delta', '"index":1,"delta":{"type":"text_delta","text":"Grüß"}'],
      ['content_block_stop', '"index":1'],
      ['content_block_start', '"index":2,"content_block":{"type":"tool_use","id":"t","name":"look","input":{}}'],
      ['content_block_delta', '"index":2,"delta":{"type":"input_json_delta","partial_json":"{\\"a\\":1}"}'],
      ['content_block_stop', '"index":2'],
      [
        'message_delta',
        '"delta":{"stop_reason":"tool_use","stop_sequence":null},' +
          '"usage":{"input_tokens":10,"cache_creation_input_tokens":30,"cache_read_input_tokens":60,"output_tokens":15}',
      ],
      ['message_stop', ''],
    ]
    const expected = events.map(([type, rest]) => `event: ${type}\ndata: {"type":"${type}"${rest && `,${rest}`}}\n\n`)
    expect(written).toBe(expected.join(''))
  })

  it('is the same events without framing, for other transports', () => {
    const events = messageEvents(head)
    const encoder = call.stream(head)
    const written = [encoder.start(), ...partsOf(answer, [0.5]).map((part) => encoder.part(part))].join('')
    const found = [...events.start(), ...partsOf(answer, [0.5]).flatMap((part) => events.part(part))]
    expect(found).toEqual(written.split('\n').flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : [])))
  })

  it('ends with tool_use when a tool was called, whatever the model says', () => {
    const events = messageEvents(head)
    const found = partsOf({ ...answer, finish }, []).flatMap((part) => events.part(part))
    expect(found.find(({ type }) => type === 'message_delta')).toMatchObject({ delta: { stop_reason: 'tool_use' } })
  })

  it('that fails midway is an error with its type to both clients', async () => {
    const encoder = call.stream(head)
    const parts = partsOf({ ...answer, content: [{ type: 'text', text: 'Hi' }] }, []).slice(0, 2)
    const refusal = { kind: 'upstream_throttled', code: 'model_throttled', message: 'The model is busy.' } as const
    const text = [encoder.start(), ...parts.map((part) => encoder.part(part)), encoder.fail(refusal)].join('')
    expect(text.endsWith(`event: error\ndata: ${JSON.stringify(expectedError)}\n\n`)).toBe(true)
    const { fetch } = captured(() => streamedResponse([new TextEncoder().encode(text)], encoder.headers))
    const failing = officialClient({ fetch }).messages.stream(question).finalMessage()
    const error = await failing.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(Anthropic.APIError)
    expect(error).toMatchObject({ type: 'overloaded_error', errorCode: 'model_throttled' })
    const prompt = [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'Hello' }] }]
    const { stream } = await aiSdk(fetch).doStream({ prompt })
    const seen = await received(stream)
    expect(seen.filter(({ type }) => type === 'error')).toHaveLength(1)
  })

  const expectedError = {
    type: 'error',
    error: { type: 'overloaded_error', message: 'The model is busy.', details: { error_code: 'model_throttled' } },
    request_id: head.id,
  }
})
