import type { LanguageModelV4CallOptions, LanguageModelV4Prompt, SharedV4Warning } from '@ai-sdk/provider'
import { classifyFailure, InvalidInputError } from '@plinth/core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { bedrockModels } from '../src/bedrock-models.ts'
import { createModels } from '../src/index.ts'
import { BedrockStub } from './bedrock-stub.ts'
import { HandClock, promptOf, readAll } from './support.ts'

const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const nova2 = 'amazon.nova-2-lite-v1:0'
let stub: BedrockStub

beforeAll(async () => {
  stub = await BedrockStub.start({ bearerToken: 'key' })
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

type Options = Partial<LanguageModelV4CallOptions>

interface Sent {
  readonly messages?: unknown
  readonly system?: unknown
  readonly inferenceConfig?: { readonly maxTokens?: number }
  readonly additionalModelRequestFields?: {
    readonly thinking?: { readonly type: string; readonly budget_tokens?: number }
    readonly output_config?: unknown
    readonly reasoningConfig?: unknown
  }
  readonly requestMetadata?: unknown
}

function modelOf(id: string) {
  const bedrock = { region: 'eu-central-1', endpoint: stub.url, bearerToken: 'key' }
  return createModels({ model: `bedrock/${haiku}`, bedrock, clock: new HandClock() }).resolve(id).model
}

/** What is sent for a call, whole or streamed, which is the same; and the warnings. */
async function sent(id: string, options: Options): Promise<{ body: Sent; warnings: readonly SharedV4Warning[] }> {
  const call = { prompt: promptOf('x'), ...options }
  const { warnings } = await modelOf(id).doGenerate(call)
  await readAll((await modelOf(id).doStream(call)).stream)
  const [whole, streamed] = stub.calls.slice(-2)
  expect(streamed?.body).toEqual(whole?.body)
  return { body: whole?.body as Sent, warnings }
}

const levels = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const
const thinkers = bedrockModels.filter(({ kind }) => kind === 'language').map(({ id }) => id)

describe('the limit of an answer', () => {
  it.each(thinkers)('holds what is thought, too: %s [X68]', async (id) => {
    for (const reasoning of levels)
      for (const maxOutputTokens of [1024, 5000]) {
        const { body } = await sent(id, { reasoning, maxOutputTokens })
        expect(body.inferenceConfig?.maxTokens).toBe(maxOutputTokens)
        const budget = body.additionalModelRequestFields?.thinking?.budget_tokens
        if (budget === undefined) continue
        expect(budget).toBeGreaterThanOrEqual(1024)
        expect(budget).toBeLessThan(maxOutputTokens)
      }
  })

  it.each([
    ['minimal', 16_000, 1280],
    ['low', 16_000, 6400],
    ['low', 4000, 2000],
    ['medium', 64_000, 19_200],
    ['high', 4000, 2400],
    ['xhigh', 64_000, 57_600],
    ['max', 10_000, 9000],
    ['minimal', 2048, 1024],
  ] as const)('leaves to the level %s of %i tokens a budget of %i', async (reasoning, maxOutputTokens, budget) => {
    const { body, warnings } = await sent(haiku, { reasoning, maxOutputTokens })
    expect(body.additionalModelRequestFields?.thinking).toEqual({ type: 'enabled', budget_tokens: budget })
    expect(warnings).toEqual([])
  })

  it.each([
    [haiku, 2047],
    ['anthropic.claude-3-haiku-20240307-v1:0', 4000],
  ])('leaves no thought, and a warning, where there is no room or no thinker: %s', async (id, maxOutputTokens) => {
    const { body, warnings } = await sent(id, { reasoning: 'low', maxOutputTokens })
    expect(body.additionalModelRequestFields?.thinking).toBeUndefined()
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'reasoning' }])
  })

  it('is kept by Nova, which would have none on its highest level', async () => {
    const { body, warnings } = await sent(nova2, { reasoning: 'high', maxOutputTokens: 900 })
    expect(body.additionalModelRequestFields?.reasoningConfig).toEqual({ type: 'enabled', maxReasoningEffort: 'medium' })
    expect(warnings).toMatchObject([{ feature: 'reasoning' }])
  })

  it('is kept by models that see to their thought, on the level that was asked for', async () => {
    const { body } = await sent('anthropic.claude-opus-4-6-v1', { reasoning: 'max', maxOutputTokens: 900 })
    expect(body.additionalModelRequestFields).toMatchObject({ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } })
  })

  it.each(['none', 'provider-default', undefined] as const)('is left as it is where thought is %s', async (reasoning) => {
    const { body } = await sent(haiku, { ...(reasoning && { reasoning }), maxOutputTokens: 900 })
    expect(body.inferenceConfig?.maxTokens).toBe(900)
    expect(body.additionalModelRequestFields).toBeUndefined()
  })

  it('does not push aside whose call it is', async () => {
    const requestMetadata = { tenant_id: 'demo' }
    const { body } = await sent(haiku, {
      reasoning: 'low',
      maxOutputTokens: 4000,
      providerOptions: { bedrock: { requestMetadata } },
    })
    expect(body.requestMetadata).toEqual(requestMetadata)
  })
})

const user = (text: string): LanguageModelV4Prompt[number] => ({ role: 'user', content: [{ type: 'text', text }] })
const assistant = (text: string): LanguageModelV4Prompt[number] => ({ role: 'assistant', content: [{ type: 'text', text }] })

describe('a prompt', () => {
  it('has all texts of the system before it, in their order', async () => {
    const prompt: LanguageModelV4Prompt = [
      { role: 'system', content: 'one' },
      user('a'),
      { role: 'system', content: 'two' },
      user('b'),
      assistant('c'),
      { role: 'system', content: 'three' },
    ]
    const { body } = await sent(haiku, { prompt })
    expect(body.system).toEqual([{ text: 'one' }, { text: 'two' }, { text: 'three' }])
    expect(body.messages).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
      { role: 'assistant', content: [{ text: 'c' }] },
    ])
  })

  it('has no gap where the assistant said nothing', async () => {
    const nothing: LanguageModelV4Prompt = [
      { role: 'assistant', content: [] },
      assistant(' \n'),
      { role: 'assistant', content: [{ type: 'reasoning', text: 'hm' }] },
    ]
    const { body } = await sent(haiku, { prompt: [user('a'), ...nothing, user('b')] })
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'a' }, { text: 'b' }] }])
  })

  it('gives signed and hidden reasoning back as the service model has it', async () => {
    const signed = { signature: 's' }
    const content: Extract<LanguageModelV4Prompt[number], { role: 'assistant' }>['content'] = [
      { type: 'reasoning', text: 'hm', providerOptions: { amazonBedrock: signed, anthropic: signed } },
      { type: 'reasoning', text: 'oh', providerOptions: { bedrock: signed } },
      {
        type: 'reasoning',
        text: '',
        providerOptions: { amazonBedrock: { redactedContent: 'aGk=' }, anthropic: { redactedData: 'aGk=' } },
      },
    ]
    const { body } = await sent(haiku, { prompt: [user('a'), { role: 'assistant', content }, user('b')] })
    expect(body.messages).toMatchObject([
      {},
      {
        content: [
          { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
          { reasoningContent: { reasoningText: { text: 'oh', signature: 's' } } },
          { reasoningContent: { redactedContent: 'aGk=' } },
        ],
      },
      {},
    ])
  })

  const file = (mediaType: string, data: object): LanguageModelV4Prompt[number] =>
    ({ role: 'user', content: [{ type: 'file', mediaType, data }] }) as LanguageModelV4Prompt[number]
  const url = (text: string): object => ({ type: 'url', url: new URL(text) })
  const resulting = (value: object): LanguageModelV4Prompt =>
    [
      user('a'),
      { role: 'assistant', content: [{ type: 'tool-call', toolCallId: 't', toolName: 'look', input: {} }] },
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 't', toolName: 'look', output: { type: 'content', value: [value] } }],
      },
    ] as LanguageModelV4Prompt

  it.each<[string, LanguageModelV4Prompt]>([
    ['an image behind a URL', [file('image/*', url('https://example.com/a.png'))]],
    ['a file of S3', [file('image/png', url('s3://another-tenants/a.png'))]],
    ['a file that a provider keeps', [file('image/png', { type: 'reference', reference: {} })]],
    ['an image of another type', [file('image/svg+xml', { type: 'data', data: 'aGk=' })]],
    [
      'an image behind a URL in a result',
      resulting({ type: 'file', mediaType: 'image/*', data: url('https://example.com/a.png') }),
    ],
    [
      'an image of another type in a result',
      resulting({ type: 'file', mediaType: 'image/bmp', data: { type: 'data', data: 'aGk=' } }),
    ],
    ['a beginning by the assistant', [assistant('Hello!'), user('Hi')]],
    ['nothing but texts of the system', [{ role: 'system', content: 'Be brief.' }]],
  ])('is refused before anything is sent, as the error of whoever sent it: %s', async (_, prompt) => {
    const tools: Options = { tools: [{ type: 'function', name: 'look', inputSchema: { type: 'object' } }] }
    for (const way of ['doGenerate', 'doStream'] as const) {
      const error: unknown = await modelOf(haiku)
        [way]({ prompt, ...tools })
        .then(undefined, (reason: unknown) => reason)
      expect(error).toBeInstanceOf(InvalidInputError)
      expect(error).toMatchObject({ code: 'model_request_refused', field: 'messages' })
      expect(classifyFailure(error)).toMatchObject({ kind: 'permanent', code: 'model_request_refused' })
    }
    expect(stub.calls).toEqual([])
  })

  it.each(['image/png', 'image/*'])('takes images by their bytes: %s', async (mediaType) => {
    const data = 'iVBORw0KGgo='
    const { body } = await sent(haiku, { prompt: [file(mediaType, { type: 'data', data })] })
    expect(body.messages).toEqual([{ role: 'user', content: [{ image: { format: 'png', source: { bytes: data } } }] }])
  })
})
