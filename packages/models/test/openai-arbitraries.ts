/** Anything that the protocol can carry, on the way there and back. @module */
import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4ToolResultOutput } from '@ai-sdk/provider'
import fc from 'fast-check'

const word = fc.constantFrom('a', 'Größe', '漢字', '😀', 'two words', '"quoted"', 'line\nbreak')
const texts: fc.Arbitrary<string> = fc.array(word, { maxLength: 3 }).map((words) => words.join(' '))
const name = fc.constantFrom('weather', 'search', 'run_it')
const json = fc.jsonValue({ maxDepth: 2 })
const added = fc.constantFrom({}, { providerOptions: { openaiCompatible: { cache_control: { type: 'ephemeral' } } } })

const textPart = fc.record({ type: fc.constant('text' as const), text: texts })
const bytes = fc.uint8Array({ minLength: 1, maxLength: 20 })
const inline = fc.oneof(
  bytes,
  bytes.map((data) => Buffer.from(data).toString('base64')),
)
const filePart = fc.oneof(
  fc.record({
    mediaType: fc.constantFrom('image/png', 'audio/wav', 'audio/mpeg', 'video/mp4', 'application/pdf', 'text/plain'),
    data: fc.record({ type: fc.constant('data' as const), data: inline }),
  }),
  fc.record({
    mediaType: fc.constantFrom('image/*', 'image', 'video/mp4', 'text/plain'),
    data: fc.constant({ type: 'url' as const, url: new URL('https://example.com/a.png?b=c') }),
  }),
  fc.record({
    mediaType: fc.constant('text/markdown'),
    data: fc.record({ type: fc.constant('text' as const), text: texts }),
  }),
  fc.record({
    mediaType: fc.constant('application/pdf'),
    data: fc.constant({ type: 'reference' as const, reference: { openaiCompatible: 'file-1' } }),
  }),
)
const anyFile = fc.tuple(filePart, added).map(([file, more]) => ({ type: 'file' as const, ...file, ...more }))

const output: fc.Arbitrary<LanguageModelV4ToolResultOutput> = fc.oneof(
  fc.record({ type: fc.constantFrom('text' as const, 'error-text' as const), value: texts }),
  fc.record({
    type: fc.constantFrom('json' as const, 'error-json' as const),
    value: json,
  }) as fc.Arbitrary<LanguageModelV4ToolResultOutput>,
  fc.constantFrom({ type: 'execution-denied' as const }, { type: 'execution-denied' as const, reason: 'No.' }),
)

const message: fc.Arbitrary<LanguageModelV4Message> = fc.oneof(
  fc.tuple(texts, added).map(([content, more]) => ({ role: 'system' as const, content, ...more })),
  textPart.map((part) => ({ role: 'user' as const, content: [part] })),
  fc
    .tuple(fc.array(fc.oneof(textPart, anyFile), { minLength: 2, maxLength: 4 }), added)
    .map(([content, more]) => ({ role: 'user' as const, content, ...more })),
  fc
    .array(
      fc.oneof(
        textPart,
        fc.record({ type: fc.constant('reasoning' as const), text: texts }),
        fc.record({
          type: fc.constant('tool-call' as const),
          toolCallId: fc.constantFrom('call-1', 'call-2'),
          toolName: name,
          input: fc.oneof(json, fc.constantFrom('{"city":"Bern"}', 'no JSON', '')),
        }),
      ),
      { maxLength: 4 },
    )
    .map((content) => ({ role: 'assistant' as const, content })),
  fc
    .array(
      fc.record({
        type: fc.constant('tool-result' as const),
        toolCallId: fc.constantFrom('call-1', 'call-2'),
        toolName: name,
        output,
      }),
      { minLength: 1, maxLength: 2 },
    )
    .map((content) => ({ role: 'tool' as const, content })),
)

const number = fc.double({ min: -2, max: 2, noNaN: true })
const tool = fc.record(
  {
    type: fc.constant('function' as const),
    name,
    description: texts,
    inputSchema: fc.constant({ type: 'object' as const, properties: { city: { type: 'string' as const } } }),
    strict: fc.boolean(),
  },
  { requiredKeys: ['type', 'name', 'inputSchema'] },
)
const own = fc.record(
  {
    user: texts,
    reasoningEffort: fc.constantFrom('low', 'high'),
    textVerbosity: fc.constantFrom('low', 'high'),
    strictJsonSchema: fc.boolean(),
    logit_bias: fc.constant({ '50256': -100 }),
    reasoning_effort: fc.constant('raw'),
  },
  { requiredKeys: ['strictJsonSchema'] },
)

/** What a call can ask for. `strictJsonSchema` is always said, and tools are such that the protocol has. */
export const callOptions: fc.Arbitrary<LanguageModelV4CallOptions> = fc.record(
  {
    prompt: fc.array(message, { minLength: 1, maxLength: 4 }),
    maxOutputTokens: fc.nat(10_000),
    temperature: number,
    topP: number,
    topK: fc.nat(50),
    frequencyPenalty: number,
    presencePenalty: number,
    seed: fc.integer(),
    stopSequences: fc.array(word, { maxLength: 2 }),
    reasoning: fc.constantFrom('provider-default', 'none', 'low', 'high'),
    responseFormat: fc.constantFrom(
      { type: 'text' as const },
      { type: 'json' as const },
      { type: 'json' as const, schema: { type: 'object' as const }, name: 'city', description: 'A city.' },
      { type: 'json' as const, schema: { type: 'object' as const } },
    ),
    tools: fc.array(tool, { minLength: 1, maxLength: 2 }),
    toolChoice: fc.constantFrom(
      { type: 'auto' as const },
      { type: 'none' as const },
      { type: 'required' as const },
      { type: 'tool' as const, toolName: 'weather' },
    ),
    providerOptions: own.map((openaiCompatible) => ({ openaiCompatible })),
  },
  { requiredKeys: ['prompt', 'providerOptions'] },
) as fc.Arbitrary<LanguageModelV4CallOptions>

const usage = fc
  .record({ prompt: fc.integer({ min: 100, max: 200 }), completion: fc.integer({ min: 100, max: 200 }), part: fc.nat(100) })
  .chain(({ prompt, completion, part }) =>
    fc.constantFrom(
      null,
      { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion },
      {
        prompt_tokens: prompt,
        completion_tokens: completion,
        prompt_tokens_details: { cached_tokens: part },
        completion_tokens_details: {
          reasoning_tokens: part,
          accepted_prediction_tokens: part,
          rejected_prediction_tokens: 0,
        },
        cost: 0.5,
      },
      { prompt_tokens: prompt, completion_tokens: completion, prompt_tokens_details: null, completion_tokens_details: {} },
    ),
  )

const reason = fc.constantFrom('stop', 'length', 'tool_calls', 'function_call', 'content_filter', 'something_new')
const content = fc.oneof(
  texts,
  fc.constantFrom(
    null,
    [{ type: 'text', text: 'a' }, { type: 'image' }, { type: 'text', text: '' }],
    [
      { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }, { type: 'x' }, null] },
      { type: 'text', text: 'So.' },
    ],
  ),
)
const said = fc.record(
  {
    content,
    reasoning_content: fc.constantFrom(null, '', 'Hm.'),
    reasoning: fc.constantFrom(null, 'Well.'),
    refusal: fc.constantFrom(null, '', false, 'No.'),
  },
  { requiredKeys: [] },
)
const signed = fc.constantFrom({}, { extra_content: { google: { thought_signature: 'signed' } } }, { extra_content: null })
const called = fc.record({ name, input: fc.jsonValue({ maxDepth: 1 }).map((value) => JSON.stringify({ value })), signed })
const frame = fc.constantFrom({ id: 'chat-1', model: 'm-1', created: 1_741_569_952 }, { id: null, created: 0 }, {})

/** A whole answer. */
export const answers: fc.Arbitrary<object> = fc
  .record({
    frame,
    said,
    usage,
    reason: fc.option(reason),
    calls: fc.option(fc.array(called, { maxLength: 3 })),
    ids: fc.boolean(),
  })
  .map(({ frame, said, usage, reason, calls, ids }) => ({
    ...frame,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          ...said,
          tool_calls: calls?.map(({ name, input, signed }, index) => ({
            ...(ids && { id: `call-${index}` }),
            type: 'function',
            function: { name, arguments: input },
            ...signed,
          })),
        },
        finish_reason: reason,
      },
    ],
    usage,
  }))

type Called = { readonly name: string; readonly input: string; readonly signed: object }

/** Ways in which servers tell of calls of tools. */
const tellings: Readonly<Record<string, (calls: readonly Called[]) => readonly object[]>> = {
  whole: (calls) =>
    calls.map(({ name, input, signed }, index) => ({
      index,
      id: `call-${index}`,
      function: { name, arguments: input },
      ...signed,
    })),
  'in pieces': (calls) =>
    calls.flatMap(({ name, input, signed }, index) => [
      { index, id: `call-${index}`, type: 'function', function: { name, arguments: '' }, ...signed },
      ...[...input].map((arguments_) => ({ index, function: { arguments: arguments_ } })),
    ]),
  'in pieces, by turns': (calls) => {
    const begins = calls.map(({ name }, index) => ({ index, id: `call-${index}`, function: { name, arguments: '' } }))
    const most = Math.max(0, ...calls.map(({ input }) => input.length))
    const pieces = Array.from({ length: most }, (_, at) =>
      calls.flatMap(({ input }, index) =>
        at < input.length ? [{ index, function: { arguments: input.slice(at, at + 1) } }] : [],
      ),
    )
    return [...begins, ...pieces.flat()]
  },
  'with everything said again': (calls) =>
    calls.flatMap(({ name, input }, index) =>
      [input.slice(0, 3), input.slice(3)].map((part) => ({ index, id: `call-${index}`, function: { name, arguments: part } })),
    ),
  'without ids': (calls) =>
    calls.flatMap(({ name, input }, index) => [
      { index, function: { name, arguments: input.slice(0, 4) } },
      { index, id: null, function: { name: null, arguments: input.slice(4) } },
    ]),
  'with empty ids and names': (calls) =>
    calls.flatMap(({ name, input }, index) => [
      { index, id: `call-${index}`, function: { name, arguments: input.slice(0, 4) } },
      { index, id: '', function: { name: '', arguments: input.slice(4) } },
    ]),
  'whole, without index and id': (calls) => calls.map(({ name, input }) => ({ function: { name, arguments: input } })),
  'whole, all at one index': (calls) =>
    calls.map(({ name, input }, at) => ({ index: 0, id: `call-${at}`, function: { name, arguments: input } })),
  'whole, all at one index and without ids': (calls) =>
    calls.map(({ name, input }) => ({ index: 0, function: { name, arguments: input } })),
  'whole, without index': (calls) =>
    calls.map(({ name, input }, at) => ({ id: `call-${at}`, function: { name, arguments: input } })),
  'names after arguments': (calls) =>
    calls.flatMap(({ name, input }, index) => [
      { index, id: `call-${index}`, function: { arguments: input.slice(0, 2) } },
      { index, function: { name, arguments: input.slice(2) } },
    ]),
  'last index first': (calls) =>
    calls.map(({ name, input }, index) => ({ index, id: `call-${index}`, function: { name, arguments: input } })).reverse(),
}

/** The pieces of a streamed answer, each the JSON of an event. */
export const pieces: fc.Arbitrary<readonly object[]> = fc
  .record({
    frame,
    said: fc.array(said, { maxLength: 4 }),
    usage,
    reason: fc.option(reason),
    calls: fc.array(called, { maxLength: 3 }),
    telling: fc.constantFrom(...Object.values(tellings)),
    together: fc.boolean(),
  })
  .map(({ frame, said, usage, reason, calls, telling, together }) => {
    const told = telling(calls)
    const deltas = [
      { role: 'assistant', content: '' },
      ...said,
      ...(together && told.length > 0 ? [{ tool_calls: told }] : told.map((call) => ({ tool_calls: [call] }))),
    ]
    return [
      ...deltas.map((delta) => ({ ...frame, choices: [{ index: 0, delta, finish_reason: null }] })),
      { ...frame, choices: [{ index: 0, delta: {}, finish_reason: reason }] },
      { ...frame, choices: [], usage },
    ]
  })
