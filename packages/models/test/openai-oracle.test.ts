import { createOpenAICompatible, OpenAICompatibleChatLanguageModel } from '@ai-sdk/openai-compatible'
import type { LanguageModelV4, LanguageModelV4GenerateResult, LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createModels } from '../src/index.ts'
import { requestBody } from '../src/openai-compatible/request-body.ts'
import { answers, callOptions, pieces } from './openai-arbitraries.ts'
import { done, OpenAIStub } from './openai-stub.ts'
import { HandClock, promptOf, readAll } from './support.ts'

/** The AI SDK's own package for such servers knows what many of them do. What it makes of anything, our client makes, too. */
let stub: OpenAIStub
let ours: LanguageModelV4
let theirs: LanguageModelV4

beforeAll(async () => {
  stub = await OpenAIStub.start()
  const openAICompatible = { baseUrl: stub.url }
  ours = createModels({ model: 'openai-compatible/m', openAICompatible, clock: new HandClock() }).resolve().model
  theirs = createOpenAICompatible({ name: 'openaiCompatible', baseURL: stub.url, includeUsage: true }).chatModel('m')
})
beforeEach(() => stub.reset())
afterAll(() => stub.close())

/** Ids that a client made up stand in the order in which they came. */
function named(value: unknown): unknown {
  const seen: string[] = []
  const visit = (key: string, id: unknown): unknown => {
    if (!['id', 'toolCallId'].includes(key) || typeof id !== 'string' || /^(?:call-|chat-|txt-|reasoning-)/.test(id)) return id
    if (!seen.includes(id)) seen.push(id)
    return `made up ${seen.indexOf(id)}`
  }
  return JSON.parse(JSON.stringify(value, visit))
}

/** Pieces of arguments without a character tell nobody anything. */
function telling(part: LanguageModelV4StreamPart): boolean {
  return part.type !== 'tool-input-delta' || part.delta !== ''
}

describe("our client, beside the AI SDK's", () => {
  it('asks in the same words', async () => {
    const config = { provider: 'openaiCompatible.chat', url: () => stub.url, supportsStructuredOutputs: true }
    const package_ = new OpenAICompatibleChatLanguageModel('m', config)
    await fc.assert(
      fc.asyncProperty(callOptions, async (options) => {
        const { body, warnings } = await package_.prepareRequest(options)
        const own = requestBody('m', options)
        expect(JSON.parse(JSON.stringify(own.body))).toEqual(JSON.parse(JSON.stringify(body)))
        expect(own.warnings).toEqual(warnings)
      }),
      { numRuns: 300 },
    )
  })

  it('understands whole answers the same', async () => {
    const read = async (model: LanguageModelV4): Promise<unknown> => {
      const { content, finishReason, usage, providerMetadata, response } = await model.doGenerate({ prompt: promptOf('x') })
      const { id, modelId, timestamp, body } = response ?? {}
      return named({ content, finishReason, usage, providerMetadata, id, modelId, timestamp, body })
    }
    await fc.assert(
      fc.asyncProperty(answers, async (completion) => {
        stub.reply({ completion }, { completion })
        expect(await read(ours)).toEqual(await read(theirs))
      }),
      { numRuns: 100 },
    )
  })

  it('understands streamed answers the same, however they are cut', async () => {
    const read = async (model: LanguageModelV4): Promise<unknown> => {
      const { stream } = await model.doStream({ prompt: promptOf('x'), includeRawChunks: true })
      const parts = (await readAll(stream)).filter(telling)
      return named(parts.map((part) => (part.type === 'error' ? { type: 'error' } : part)))
    }
    const ends = fc.constantFrom('\n', '\r\n', '\r')
    await fc.assert(
      fc.asyncProperty(pieces, ends, fc.constantFrom(3, 50, 400, 10_000), async (all, end, piece) => {
        const events = all.map((each) => `data: ${JSON.stringify(each)}${end}${end}`)
        const reply = { stream: [`: hello${end}`, ...events, done], piece }
        stub.reply(reply, reply)
        expect(await read(ours)).toEqual(await read(theirs))
      }),
      { numRuns: 100 },
    )
  })

  it('takes at least what the package takes, and tells of all else by an error', async () => {
    const outcome = async (model: LanguageModelV4): Promise<unknown> => {
      const read = ({ content }: LanguageModelV4GenerateResult): unknown => named(content)
      return model.doGenerate({ prompt: promptOf('x') }).then(read, (error: unknown) => {
        expect(error).toBeInstanceOf(Error)
        return undefined
      })
    }
    const message = fc.record({ content: fc.jsonValue({ maxDepth: 1 }), tool_calls: fc.jsonValue(), refusal: fc.jsonValue() })
    const choices = fc.array(fc.record({ message, finish_reason: fc.oneof(fc.constant('stop'), fc.jsonValue()) }), {
      maxLength: 1,
    })
    const odd = fc.oneof(fc.object(), fc.record({ choices, usage: fc.jsonValue() }, { requiredKeys: ['choices'] }))
    await fc.assert(
      fc.asyncProperty(odd, async (completion) => {
        stub.reply({ completion }, { completion })
        const own = await outcome(ours)
        const other = await outcome(theirs)
        expect(own).toEqual(other ?? own)
      }),
      { numRuns: 100 },
    )
  })
})
