import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { gatherParts } from '../../src/gateway/gather-parts.ts'
import { answerChat, openChat } from '../../src/index.ts'
import { callOf, finishPart, GatewayBench, parts, readAll, textParts, whole } from './gateway-bench.ts'

const wanted = [
  { type: 'reasoning', text: '', redacted: 'aGlkZGVu' },
  { type: 'text', text: 'So.' },
]
const anthropic = { anthropic: { redactedData: 'aGlkZGVu' } }
const bedrock = { amazonBedrock: { redactedContent: 'aGlkZGVu' }, bedrock: { redactedContent: 'aGlkZGVu' } }

describe('reasoning that only its provider can read', () => {
  it.each([
    ['Anthropic', anthropic],
    ['Bedrock', bedrock],
  ])('is handed on whole as %s names it, also through filters and from the cache', async (_, providerMetadata) => {
    const bench = await GatewayBench.open(async () => ({
      ...whole(''),
      content: [
        { type: 'reasoning', text: '', providerMetadata },
        { type: 'text', text: 'So.' },
      ],
    }))
    bench.settings = {
      model_config: { cache: '1h' },
      filters: { input: {}, output: { email: 'mask', deny_list: 'block' }, deny_list: ['heron'] },
    }
    for (const kept of [false, true]) {
      const answer = await answerChat(await bench.scope(), callOf())
      expect([answer.content, answer.servedBy.kept]).toEqual([wanted, kept])
    }
    const streamed = await readAll((await openChat(await bench.scope(), callOf())).parts)
    expect(gatherParts(streamed)?.content).toEqual(wanted)
  })

  const id = 'r'
  const streams: Readonly<Record<string, readonly LanguageModelV4StreamPart[]>> = {
    'with its beginning, as of Anthropic': [
      { type: 'reasoning-start', id, providerMetadata: anthropic },
      { type: 'reasoning-end', id },
    ],
    'with its end, as of Bedrock': [
      { type: 'reasoning-start', id },
      { type: 'reasoning-end', id, providerMetadata: bedrock },
    ],
    'in pieces': [
      { type: 'reasoning-start', id },
      { type: 'reasoning-delta', id, delta: '', providerMetadata: { bedrock: { redactedData: 'aGlk' } } },
      { type: 'reasoning-delta', id, delta: '', providerMetadata: { bedrock: { redactedData: 'ZGVu' } } },
      { type: 'reasoning-end', id },
    ],
  }
  it.each(Object.entries(streams))('is handed on in a stream where it comes %s', async (_, given) => {
    const bench = await GatewayBench.open(async () => parts([...given, ...textParts('So.'), finishPart(7, 3)]))
    const all = await readAll((await openChat(await bench.scope(), callOf())).parts)
    expect(all.slice(0, 2)).toEqual([
      { type: 'reasoning-start', id, redacted: 'aGlkZGVu' },
      { type: 'reasoning-end', id },
    ])
    expect(gatherParts(all)?.content).toEqual(wanted)
  })
})
