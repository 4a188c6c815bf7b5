import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4Prompt } from '@ai-sdk/provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { catalogue, createModels } from '../src/index.ts'
import { answerOf, BedrockStub } from './bedrock-stub.ts'
import { callOnce, ways } from './call.ts'
import { HandClock, readAll } from './support.ts'

const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0'
const opus = 'anthropic.claude-opus-5'
const novaPro = 'amazon.nova-pro-v1:0'
let stub: BedrockStub

beforeAll(async () => {
  stub = await BedrockStub.start({ bearerToken: 'key' })
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

function resolve(id: string) {
  const bedrock = { region: 'eu-central-1', endpoint: stub.url, bearerToken: 'key' }
  return createModels({ model: `bedrock/${haiku}`, bedrock, clock: new HandClock() }).resolve(id)
}

type Sent = Readonly<Record<'system' | 'messages', readonly Record<string, unknown>[] | undefined>>

const attribution = (tenant: string) => ({ bedrock: { requestMetadata: { tenant_id: tenant } } })

/** What is sent for a call, whole or streamed, which is the same; without the mark of the tenant that what is kept begins with. */
async function sent(id: string, options: LanguageModelV4CallOptions): Promise<Sent> {
  const body = await whole(id, { providerOptions: attribution('acme'), ...options })
  return pointsIn(body) === 0 ? body : { ...body, system: unmarked(body.system) }
}

/** A text of the system alone that holds the mark leaves nothing. */
function unmarked([mark, ...texts]: readonly Record<string, unknown>[] = []): Sent['system'] {
  expect(mark?.text).toMatch(/^Group [\w-]{16}\.$/)
  return texts.length === 0 ? undefined : texts
}

async function whole(id: string, options: LanguageModelV4CallOptions): Promise<Sent> {
  const { model } = resolve(id)
  await model.doGenerate(options)
  await readAll((await model.doStream(options)).stream)
  const [whole, streamed] = stub.calls.slice(-2)
  expect(streamed?.body).toEqual(whole?.body)
  return whole?.body as Sent
}

const point = { cachePoint: { type: 'default' } }
const marked = { providerOptions: { amazonBedrock: point } }
const user = (text: string, more: object = {}): LanguageModelV4Message => ({
  role: 'user',
  content: [{ type: 'text', text, ...more }],
})
const system = (content: string, more: object = {}): LanguageModelV4Message => ({ role: 'system', content, ...more })
/** Of so many tokens, as they are estimated. */
const text = (tokens: number): string => 'abc'.repeat(tokens)
const pointsIn = (body: unknown): number => JSON.stringify(body).split('cachePoint').length - 1

const keepers = catalogue.filter(({ promptCache }) => promptCache !== undefined)

describe('the front of a prompt', () => {
  it.each(keepers.map(({ id, promptCache }) => [id, promptCache?.leastTokens ?? 0] as const))(
    'is kept by %s from %i tokens on, behind the texts of the system [X74]',
    async (id, least) => {
      const long = await sent(id, { prompt: [system('Be brief.'), system(text(least)), user('Hi?')] })
      expect(long.system?.slice(1)).toEqual([{ text: text(least) }, point])
      expect(pointsIn(long)).toBe(1)
      expect(pointsIn(await sent(id, { prompt: [system(text(least - 20)), user(text(least))] }))).toBe(0)
    },
  )

  it('has the tools in it, which the model reads first', async () => {
    const inputSchema = { type: 'object' as const }
    const tools = [{ type: 'function' as const, name: 'look', description: text(4096), inputSchema }]
    expect((await sent(haiku, { prompt: [system('Be brief.'), user('Hi?')], tools })).system).toEqual([
      { text: 'Be brief.' },
      point,
    ])
    expect(pointsIn(await sent(haiku, { prompt: [user('Hi?')], tools }))).toBe(0)
  })

  it('ends before a text of the system that came later, since another may stand there the next time', async () => {
    const { system: texts } = await sent(opus, { prompt: [system(text(512)), user('Hi?'), system('It is noon.'), user('So?')] })
    expect(texts).toEqual([{ text: text(512) }, point, { text: 'It is noon.' }])
  })

  const others = catalogue.filter((entry) => entry.provider === 'bedrock' && entry.kind === 'language' && !entry.promptCache)
  it.each(others.map(({ id }) => id))('is marked to nobody who keeps none: %s', async (id) => {
    const prompt = [system(text(9000), marked), user('Hi?', marked), system('And.', marked), user('So?')]
    const body = await sent(id, { prompt })
    expect(pointsIn(body)).toBe(0)
    expect(body.system?.[0]).toEqual({ text: text(9000) })
  })
})

describe("a client's own cache points", () => {
  const call = { toolCallId: 't', toolName: 'look' }
  const prompt: LanguageModelV4Prompt = [
    system(text(9000)),
    user('Look.', marked),
    { role: 'assistant', content: [{ type: 'tool-call', ...call, input: {}, ...marked }] },
    { role: 'tool', content: [{ type: 'tool-result', ...call, output: { type: 'text', value: 'seen' }, ...marked }] },
    user('And?'),
  ]
  const tools: LanguageModelV4CallOptions['tools'] = [{ type: 'function', name: 'look', inputSchema: { type: 'object' } }]

  it('stand where it set them, and no other does', async () => {
    const { system: texts, messages } = await sent(haiku, { prompt, tools })
    expect(texts).toEqual([{ text: text(9000) }])
    expect(messages).toEqual([
      { role: 'user', content: [{ text: 'Look.' }, point] },
      { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'look', input: {} } }, point] },
      { role: 'user', content: [{ toolResult: { toolUseId: 't', content: [{ text: 'seen' }] } }, point, { text: 'And?' }] },
    ])
  })

  it('are no more than Bedrock takes: the first four', async () => {
    const many = ['a', 'b', 'c', 'd', 'e', 'f'].map((each) => user(each, marked))
    const { messages } = await sent(haiku, { prompt: [system('Be brief.', marked), ...many] })
    expect(messages?.[0]?.content).toEqual([
      ...[{ text: 'a' }, point, { text: 'b' }, point, { text: 'c' }, point],
      ...[{ text: 'd' }, { text: 'e' }, { text: 'f' }],
    ])
  })

  it('stand in texts of the system alone with Nova, which has its own idea of messages', async () => {
    const { system: texts, messages } = await sent(novaPro, { prompt, tools })
    expect(texts).toEqual([{ text: text(9000) }, point])
    expect(pointsIn(messages)).toBe(0)
    const own = await sent(novaPro, { prompt: [system('One.', marked), system(text(9000)), user('Hi?')] })
    expect(own.system).toEqual([{ text: 'One.' }, point, { text: text(9000) }])
  })

  it('leave the rest of what a content says', async () => {
    const signed = { type: 'reasoning' as const, text: 'hm', providerOptions: { amazonBedrock: { signature: 's', ...point } } }
    const { messages } = await sent(novaPro, { prompt: [user('a'), { role: 'assistant', content: [signed] }, user('b')] })
    expect(messages?.[1]?.content).toEqual([{ reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } }])
  })
})

describe('what is kept for an account', () => {
  const prompt = [system(text(4096)), user('Hi?')]
  const fronts = async (options: LanguageModelV4CallOptions) => JSON.stringify((await whole(haiku, options)).system)

  it("begins with a mark of its tenant, so that nobody meets another's, and names none", async () => {
    const [acme, again, globex] = [
      await fronts({ prompt, providerOptions: attribution('acme') }),
      await fronts({ prompt, providerOptions: attribution('acme') }),
      await fronts({ prompt, providerOptions: attribution('globex') }),
    ]
    expect(again).toBe(acme)
    expect(globex.slice(0, 40)).not.toBe(acme.slice(0, 40))
    expect(acme).not.toContain('acme')
    // Whoever writes another's mark has it behind their own.
    const theirs = await fronts({
      prompt: [system(/Group [\w-]+\./.exec(globex)?.[0] ?? ''), ...prompt],
      providerOptions: attribution('acme'),
    })
    expect(theirs.slice(0, 40)).toBe(acme.slice(0, 40))
  })

  it('so does what a client marks in its messages alone', async () => {
    const body = await whole(haiku, { prompt: [user('Look.', marked)], providerOptions: attribution('acme') })
    expect([body.system?.length, pointsIn(body)]).toEqual([1, 1])
  })

  it('is nothing of a call that says no tenant', async () => {
    expect(pointsIn(await whole(haiku, { prompt }))).toBe(0)
    expect(pointsIn(await whole(haiku, { prompt: [user('Look.', marked)] }))).toBe(0)
  })
})

it.each(ways)('what was read from the cache and written to it is paid at its own price: %s [X74]', async (way) => {
  const usage = { inputTokens: 5, outputTokens: 7, totalTokens: 132, cacheReadInputTokens: 100, cacheWriteInputTokens: 20 }
  stub.reply({ answer: answerOf('x', { usage }) }, { answer: answerOf('x', { usage }) })
  const claude = await callOnce(resolve(haiku), way)
  expect(claude.usage).toMatchObject({ input_tokens: 125, output_tokens: 7 })
  expect(claude.usage.usd).toBeCloseTo((5 * 1 + 100 * 0.1 + 20 * 1.25 + 7 * 5) / 1e6, 12)
  const nova = await callOnce(resolve(novaPro), way)
  expect(nova.usage.usd).toBeCloseTo((5 * 0.8 + 100 * 0.2 + 20 * 0.8 + 7 * 3.2) / 1e6, 12)
})
