import { ConverseCommand, type ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime'
import { type ChatPart, InvalidInputError } from '@plinth/core'
import { describe, expect, it } from 'vitest'
import { readConverse } from '../../../src/gateway/bedrock/converse.ts'
import { answerOf, awsClient, head, type Sent, streamedWire, textParts, wireOf } from './support/clients.ts'

const modelId = 'anthropic.claude-3-5-sonnet-20240620-v1:0'
const hi = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] }

/** What AWS's client puts on the wire, by the service model. */
async function written(input: Omit<ConverseCommandInput, 'modelId'>): Promise<unknown> {
  const sent: Sent[] = []
  await awsClient(() => wireOf(readConverse(modelId, hi, false).answer(answerOf('y'))), sent).send(
    new ConverseCommand({ modelId, ...input }),
  )
  return sent[0]?.body
}

const png = Buffer.from('89504e470d0a1a0a', 'hex')
const base64 = png.toString('base64')

describe('a request to Converse', () => {
  it.each([
    ['boto3', '{"messages": [{"role": "user", "content": [{"text": "hi"}]}]}'],
    ["AWS's client for JavaScript", '{"messages":[{"role":"user","content":[{"text":"hi"}]}]}'],
    [
      'the AI SDK',
      '{"system":[],"messages":[{"role":"user","content":[{"text":"hi"}]}],"additionalModelResponseFieldPaths":["/delta/stop_sequence"]}',
    ],
  ])('is read as it was captured from %s', (_client, body) => {
    const { request, streamed } = readConverse(modelId, JSON.parse(body), true)
    expect(request).toEqual({ modelId, prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] })
    expect(streamed).toBe(true)
  })

  it('notes a cache point at what it stands behind, beside what is noted there already', () => {
    const point = { cachePoint: { type: 'default' } }
    const signed = { reasoningContent: { reasoningText: { text: 'hm', signature: 's1' } } }
    const [hi] = [{ role: 'user', content: [{ text: 'Hi?' }] }]
    const body = { system: [point, { text: 'Be brief.' }], messages: [hi, { role: 'assistant', content: [signed, point] }, hi] }
    const [system, , assistant] = readConverse(modelId, body, false).request.prompt
    expect(system).toEqual({ role: 'system', content: 'Be brief.' })
    expect(assistant?.content).toEqual([
      {
        type: 'reasoning',
        text: 'hm',
        providerOptions: { amazonBedrock: { signature: 's1', ...point }, anthropic: { signature: 's1' } },
      },
    ])
  })

  it('keeps all that the service model and the one form both know', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } }
    const body = await written({
      system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
      messages: [
        { role: 'user', content: [{ text: 'Weather?' }, { image: { format: 'png', source: { bytes: png } } }] },
        {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'hm', signature: 's1' } } },
            { reasoningContent: { redactedContent: png } },
            { text: 'I look.' },
            { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Bern' } } },
            { toolUse: { toolUseId: 't2', name: 'map', input: {} } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 't1', content: [{ json: { degrees: [3, 4.5], dry: null } }], status: 'success' } },
            { toolResult: { toolUseId: 't2', content: [{ text: 'no' }, { json: { code: 7 } }], status: 'error' } },
            { cachePoint: { type: 'default' } },
            { text: 'Go on.' },
            { guardContent: { text: { text: 'guarded' } } },
          ],
        },
      ],
      toolConfig: {
        tools: [
          { toolSpec: { name: 'weather', description: 'tells it', inputSchema: { json: schema }, strict: true } },
          { toolSpec: { name: 'map', inputSchema: { json: schema } } },
        ],
        toolChoice: { tool: { name: 'map' } },
      },
      inferenceConfig: { maxTokens: 99, temperature: 0.5, topP: 0.25, stopSequences: ['END'] },
      additionalModelRequestFields: { top_k: 7, thinking: { type: 'enabled', budget_tokens: 19_200 }, anthropic_beta: ['x'] },
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { schema: JSON.stringify(schema), name: 'answer', description: 'one' } },
        },
      },
      requestMetadata: { team: 'a' },
      serviceTier: { type: 'flex' },
      performanceConfig: { latency: 'optimized' },
    })
    const signature = { signature: 's1' }
    const kept = { providerOptions: { amazonBedrock: { cachePoint: { type: 'default' } } } }
    expect(readConverse(modelId, body, false).request).toEqual({
      modelId,
      prompt: [
        { role: 'system', content: 'Be brief.', ...kept },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Weather?' },
            { type: 'file', mediaType: 'image/png', data: { type: 'data', data: base64 } },
          ],
        },
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm', providerOptions: { amazonBedrock: signature, anthropic: signature } },
            {
              type: 'reasoning',
              text: '',
              providerOptions: { amazonBedrock: { redactedContent: base64 }, anthropic: { redactedData: base64 } },
            },
            { type: 'text', text: 'I look.' },
            { type: 'tool-call', toolCallId: 't1', toolName: 'weather', input: { city: 'Bern' } },
            { type: 'tool-call', toolCallId: 't2', toolName: 'map', input: {} },
          ],
        },
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 't1',
              toolName: 'weather',
              output: { type: 'json', value: { degrees: [3, 4.5], dry: null } },
            },
            {
              type: 'tool-result',
              toolCallId: 't2',
              toolName: 'map',
              output: { type: 'error-text', value: 'no\n{"code":7}' },
              ...kept,
            },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Go on.' },
            { type: 'text', text: 'guarded' },
          ],
        },
      ],
      tools: [
        { type: 'function', name: 'weather', description: 'tells it', inputSchema: schema, strict: true },
        { type: 'function', name: 'map', inputSchema: schema },
      ],
      toolChoice: { type: 'tool', toolName: 'map' },
      maxOutputTokens: 99,
      temperature: 0.5,
      topP: 0.25,
      topK: 7,
      stopSequences: ['END'],
      reasoning: 'medium',
      responseFormat: { type: 'json', schema, name: 'answer', description: 'one' },
    })
  })

  it('has documents that are text read as text, under their names', async () => {
    const name = 'Report [1]'
    const body = await written({
      messages: [
        {
          role: 'user',
          content: [
            { text: 'Sum up.' },
            { document: { format: 'md', name, source: { bytes: Buffer.from('# Größe\n漢') } } },
            { document: { name, context: 'Of May.', source: { content: [{ text: 'a' }, { text: 'b' }] } } },
          ],
        },
      ],
    })
    const [message] = readConverse(modelId, body, false).request.prompt
    expect(message?.content).toEqual([
      { type: 'text', text: 'Sum up.' },
      { type: 'text', text: '<document name="Report [1]">\n# Größe\n漢\n</document>' },
      { type: 'text', text: '<document name="Report [1]">\nOf May.\na\nb\n</document>' },
    ])
  })

  it('keeps that a tool failed beside JSON', () => {
    const [, , tool] = readConverse(
      modelId,
      afterCall({ toolUseId: 't', status: 'error', content: [{ json: { code: 7 } }] }),
      false,
    ).request.prompt
    expect(tool?.content).toMatchObject([{ output: { type: 'error-json', value: { code: 7 } } }])
  })

  it('keeps messages apart, calls without arguments, and what was said with citations', () => {
    const messages = [
      { role: 'user', content: [{ text: 'a' }] },
      { role: 'user', content: [{ text: 'b' }] },
      { role: 'assistant', content: [{ citationsContent: { content: [{ text: 'c' }], citations: [{ title: 'd' }] } }] },
      { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'n' } }] },
    ]
    expect(readConverse(modelId, { messages, inferenceConfig: { stopSequences: [] } }, false).request).toEqual({
      modelId,
      prompt: [
        { role: 'user', content: [{ type: 'text', text: 'a' }] },
        { role: 'user', content: [{ type: 'text', text: 'b' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'c' }] },
        { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 't', toolName: 'n', input: {} }] },
      ],
    })
  })

  it('tells of a failed tool in words where its result holds an image', () => {
    const content = [{ image: { format: 'png', source: { bytes: base64 } } }]
    const [, , tool] = readConverse(modelId, afterCall({ toolUseId: 't', status: 'error', content }), false).request.prompt
    expect(tool?.content).toMatchObject([
      { output: { type: 'content', value: [{ type: 'text', text: 'The tool failed.' }, { type: 'file' }] } },
    ])
  })

  it.each([
    [{ thinking: { type: 'disabled' } }, 'none'],
    [{ thinking: { type: 'adaptive' } }, 'high'],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }, 'low'],
    [{ reasoning_config: { type: 'enabled', budget_tokens: 6_400 } }, 'low'],
    [{ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }, 'high'],
    [{ reasoningConfig: { type: 'enabled' } }, 'medium'],
    [{ reasoningConfig: { type: 'disabled' } }, 'none'],
    [{ reasoning_effort: 'low' }, 'low'],
    [{ reasoning: 'a word of another model' }, undefined],
    [{ inferenceConfig: { topK: 5 } }, undefined],
  ])('understands how much to think: %j is %s', (additionalModelRequestFields, reasoning) => {
    expect(readConverse(modelId, { ...hi, additionalModelRequestFields }, false).request.reasoning).toBe(reasoning)
  })

  it('takes top_k under the names that families of models have for it', () => {
    const topK = (fields: object): unknown =>
      readConverse(modelId, { ...hi, additionalModelRequestFields: fields }, false).request.topK
    expect([{ top_k: 1 }, { topK: 2 }, { inferenceConfig: { topK: 3 } }].map(topK)).toEqual([1, 2, 3])
  })

  it('takes null for nothing, and passes over fields that nobody knows', () => {
    const body = {
      ...hi,
      messages: [{ role: 'user', content: [{ text: 'hi', image: null, unknown: 1 }], more: 2 }],
      system: null,
      toolConfig: null,
      inferenceConfig: { maxTokens: null, unknown: 3 },
      additionalModelRequestFields: null,
      guardrailConfig: null,
      outputConfig: {},
      unknown: 4,
    }
    expect(readConverse(modelId, body, false).request).toEqual(readConverse(modelId, hi, false).request)
  })
})

describe('a request to Converse is refused, and the field named', () => {
  const user = (...content: object[]): object => ({ messages: [{ role: 'user', content }] })
  const image = (source: object, format = 'png'): object => user({ text: 'x' }, { image: { format, source } })
  const document = (parts: object): object => user({ document: { name: 'a', source: { text: 'b' }, ...parts } })
  const tool = { toolSpec: { name: 'a', inputSchema: { json: {} } } }
  it.each<readonly [string | undefined, unknown]>([
    [undefined, null],
    [undefined, 'text'],
    [undefined, []],
    ['messages', {}],
    ['messages', { messages: [] }],
    ['messages', { messages: 'hi' }],
    ['messages.0.role', { messages: [{ role: 'system', content: [{ text: 'x' }] }] }],
    ['messages.0.role', { messages: [{ role: 'assistant', content: [{ text: 'x' }] }] }],
    ['messages.0.content', { messages: [{ role: 'user' }] }],
    ['messages.0.content', { messages: [{ role: 'user', content: 'hi' }] }],
    ['messages.0.content', user()],
    ['messages.0.content', user({ cachePoint: { type: 'default' } })],
    ['messages.0.content.0', user({})],
    ['messages.0.content.0', user({ unknown: {} })],
    ['messages.0.content.0', user({ text: 'x', image: { format: 'png', source: { bytes: base64 } } })],
    ['messages.0.content.0.text', user({ text: 7 })],
    ['messages.0.content.0.text', user({ text: ' \n' })],
    ['messages.0.content.0.toolUse', user({ toolUse: { toolUseId: 'a', name: 'b', input: {} } })],
    ['messages.0.content.0.reasoningContent', user({ reasoningContent: { reasoningText: { text: 'x' } } })],
    ['messages.0.content.0.video', user({ video: { format: 'mp4', source: { bytes: base64 } } })],
    ['messages.0.content.0.audio', user({ audio: { format: 'mp3', source: { bytes: base64 } } })],
    ['messages.0.content.0.searchResult', user({ searchResult: {} })],
    ['messages.0.content.0.toolResult.toolUseId', user({ toolResult: { toolUseId: 'a', content: [{ text: 'x' }] } })],
    ['messages.0.content.1.image.format', image({ bytes: base64 }, 'tiff')],
    ['messages.0.content.1.image.source.bytes', image({ bytes: 'no base64!' })],
    ['messages.0.content.1.image.source.bytes', image({ bytes: '' })],
    ['messages.0.content.1.image.source.bytes', image({})],
    ['messages.0.content.1.image.source.s3Location', image({ s3Location: { uri: 's3://another-tenants/file.png' } })],
    ['messages.0.content.0.document.format', document({ format: 'pdf' })],
    ['messages.0.content.0.document.citations', document({ citations: { enabled: true } })],
    ['messages.0.content.0.document.source', document({ source: {} })],
    ['messages.0.content.0.document.source.s3Location', document({ source: { s3Location: { uri: 's3://a/b' } } })],
    ['messages.0.content.0.document.source.bytes', document({ source: { bytes: '/w==' } })],
    ['messages.1.content.0.image', afterAnswer({ image: { format: 'png', source: { bytes: base64 } } })],
    ['messages.1.content.0.toolResult', afterAnswer({ toolResult: { toolUseId: 'a', content: [] } })],
    ['messages.1.content.0.toolUse.type', afterAnswer({ toolUse: { toolUseId: 'a', name: 'b', type: 'server_tool_use' } })],
    ['messages.1.content.0.reasoningContent', afterAnswer({ reasoningContent: {} })],
    ['messages.2.content.0.toolResult.content.0.video', afterCall({ toolUseId: 't', content: [{ video: {} }] })],
    ['messages.2.content.0.toolResult.content.0', afterCall({ toolUseId: 't', content: [{}] })],
    ['messages.2.content.0.toolResult.status', afterCall({ toolUseId: 't', content: [], status: 'odd' })],
    ['system', { ...hi, system: 'Be brief.' }],
    ['system.0', { ...hi, system: [{}] }],
    ['inferenceConfig.maxTokens', { ...hi, inferenceConfig: { maxTokens: 0 } }],
    ['inferenceConfig.maxTokens', { ...hi, inferenceConfig: { maxTokens: 1.5 } }],
    ['inferenceConfig.temperature', { ...hi, inferenceConfig: { temperature: 1.1 } }],
    ['inferenceConfig.topP', { ...hi, inferenceConfig: { topP: -0.1 } }],
    ['inferenceConfig.stopSequences.0', { ...hi, inferenceConfig: { stopSequences: [''] } }],
    ['toolConfig.tools', { ...hi, toolConfig: { tools: [] } }],
    ['toolConfig.tools', { ...hi, toolConfig: { tools: [{ cachePoint: { type: 'default' } }] } }],
    ['toolConfig.tools.0.toolSpec', { ...hi, toolConfig: { tools: [{}] } }],
    ['toolConfig.tools.0.systemTool', { ...hi, toolConfig: { tools: [{ systemTool: { name: 'nova_grounding' } }] } }],
    [
      'toolConfig.tools.0.toolSpec.inputSchema.json',
      { ...hi, toolConfig: { tools: [{ toolSpec: { name: 'a', inputSchema: {} } }] } },
    ],
    ['toolConfig.toolChoice', { ...hi, toolConfig: { tools: [tool], toolChoice: {} } }],
    ['toolConfig.toolChoice.tool.name', { ...hi, toolConfig: { tools: [tool], toolChoice: { tool: { name: 'b' } } } }],
    ['guardrailConfig', { ...hi, guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' } }],
    ['promptVariables', { ...hi, promptVariables: { a: { text: 'b' } } }],
    ['additionalModelResponseFieldPaths', { ...hi, additionalModelResponseFieldPaths: Array(11).fill('/a') }],
    ['additionalModelRequestFields.top_k', { ...hi, additionalModelRequestFields: { top_k: 'many' } }],
    [
      'additionalModelRequestFields.thinking.budget_tokens',
      { ...hi, additionalModelRequestFields: { thinking: { type: 'enabled' } } },
    ],
    [
      'outputConfig.textFormat.structure.jsonSchema.schema',
      { ...hi, outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{' } } } } },
    ],
  ])('%s in %j', (field, body) => {
    const read = (): unknown => readConverse(modelId, body, false)
    expect(read).toThrow(InvalidInputError)
    expect(read).toThrow(expect.objectContaining({ field }))
  })
})

describe("fields of the model's own answer", () => {
  const asked = (...additionalModelResponseFieldPaths: string[]): ReturnType<typeof readConverse> =>
    readConverse(modelId, { ...hi, additionalModelResponseFieldPaths }, false)
  const given = (call: ReturnType<typeof readConverse>, stopSequence?: string): unknown =>
    (
      JSON.parse(call.answer(answerOf('x', stopSequence === undefined ? {} : { stopSequence })).body ?? '') as Record<
        string,
        unknown
      >
    ).additionalModelResponseFields

  it('are given where they are asked for and known', () => {
    expect(given(asked('/stop_sequence'), 'END')).toEqual({ stop_sequence: 'END' })
    expect(given(asked('/delta/stop_sequence', '/usage'), 'END')).toEqual({ delta: { stop_sequence: 'END' } })
    expect(given(asked('/stop_sequence'))).toEqual({ stop_sequence: null })
    expect(given(asked('/usage'), 'END')).toBeUndefined()
    expect(given(readConverse(modelId, hi, false), 'END')).toBeUndefined()
  })

  it('stand in the stream too', () => {
    const wire = streamedWire(asked('/stop_sequence'), head, textParts(['a'], { stopSequence: 'END' }))
    expect(Buffer.concat(wire.pieces).toString()).toContain(
      '"stopReason":"stop_sequence","additionalModelResponseFields":{"stop_sequence":"END"}',
    )
  })
})

describe('the reason to stop', () => {
  it.each([
    ['stop', 'end_turn'],
    ['length', 'max_tokens'],
    ['tool-calls', 'tool_use'],
    ['content-filter', 'content_filtered'],
    ['other', 'end_turn'],
  ] as const)('%s is %s', (reason, stopReason) => {
    const { body = '' } = readConverse(modelId, hi, false).answer(answerOf('x', { reason }))
    expect(JSON.parse(body)).toMatchObject({ stopReason })
  })
})

describe('a stream of Converse', () => {
  it('leaves out what says nothing, and gives times in whole milliseconds', () => {
    const encoder = readConverse(modelId, hi, true).stream(head)
    const parts = textParts(['', 'a', ''])
    const finish = parts.at(-1)
    const empty: ChatPart[] = [
      { type: 'reasoning-start', id: '1' },
      { type: 'reasoning-delta', id: '1', delta: '' },
      { type: 'reasoning-end', id: '1' },
    ]
    const sent = [...empty, ...parts.slice(0, -1)].map((part) => encoder.part(part).length > 0)
    expect(sent).toEqual([false, false, false, false, false, true, false, true])
    expect(encoder.ping()).toBe('')
    expect(finish && Buffer.from(encoder.part(finish)).toString()).toContain('"metrics":{"latencyMs":42}')
  })
})

describe('arguments of a tool', () => {
  it('that are no JSON object are given inside one, as clients count on it', () => {
    const call = (input: string): unknown => {
      const answer = { ...answerOf(''), content: [{ type: 'tool-call' as const, toolCallId: 't', toolName: 'n', input }] }
      const body = JSON.parse(readConverse(modelId, hi, false).answer(answer).body ?? '')
      return body.output.message.content[0].toolUse.input
    }
    expect(['', '{"a":1}'].map(call)).toEqual([{}, { a: 1 }])
    expect(['{"a":', '[1]', 'null'].map(call)).toEqual(['{"a":', [1], null].map((rawInvalidInput) => ({ rawInvalidInput })))
  })
})

function afterAnswer(block: object): object {
  return {
    messages: [
      { role: 'user', content: [{ text: 'x' }] },
      { role: 'assistant', content: [block] },
    ],
  }
}

function afterCall(toolResult: object): object {
  return {
    messages: [
      { role: 'user', content: [{ text: 'x' }] },
      { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'n', input: {} } }] },
      { role: 'user', content: [{ toolResult }] },
    ],
  }
}
