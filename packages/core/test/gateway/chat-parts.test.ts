import type { LanguageModelV4StreamPart } from '@ai-sdk/provider'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ModelChat } from '../../src/gateway/ask-model.ts'
import { ChatParts } from '../../src/gateway/chat-parts.ts'
import { gatherParts, partsOf } from '../../src/gateway/gather-parts.ts'
import type { ChatContent, ChatFinish, ChatPart } from '../../src/index.ts'
import { readAll } from './gateway-bench.ts'

const finish: ChatFinish = {
  reason: 'stop',
  usage: { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0, reasoningTokens: 0, latencyMs: 3 },
}

/** One content as a provider tells it, and what a client is to have of it. */
interface Told {
  readonly parts: readonly LanguageModelV4StreamPart[]
  readonly content: ChatContent | undefined
}

const text = fc.string({ unit: 'binary', maxLength: 8 })
const deltas = fc.array(fc.oneof(text, fc.constant('')), { maxLength: 4 })
const ends = fc.boolean()

const textOf = (id: string) =>
  fc.tuple(deltas, ends).map(([given, ended]): Told => {
    const whole = given.join('')
    return {
      parts: [
        { type: 'text-start', id },
        ...given.map((delta) => ({ type: 'text-delta' as const, id, delta })),
        ...(ended ? [{ type: 'text-end' as const, id }] : []),
      ],
      content: whole === '' ? undefined : { type: 'text', text: whole },
    }
  })

/** Providers tell a signature with a delta without text, with the end, or with the start. */
const reasoningOf = (id: string) =>
  fc.tuple(deltas, ends, fc.constantFrom('none', 'start', 'delta', 'end')).map(([given, ended, where]): Told => {
    const whole = given.join('')
    const providerMetadata = { someone: { signature: `signed ${id}` } }
    const at = (place: string): object => (where === place ? { providerMetadata } : {})
    const signed = where === 'start' || where === 'delta' || (where === 'end' && ended)
    return {
      parts: [
        { type: 'reasoning-start', id, ...at('start') },
        ...given.map((delta) => ({ type: 'reasoning-delta' as const, id, delta })),
        ...(where === 'delta' ? [{ type: 'reasoning-delta' as const, id, delta: '', providerMetadata }] : []),
        ...(ended ? [{ type: 'reasoning-end' as const, id, ...at('end') }] : []),
      ],
      content:
        whole === '' && !signed
          ? undefined
          : { type: 'reasoning', text: whole, ...(signed ? { signature: `signed ${id}` } : {}) },
    }
  })

const toolOf = (id: string) =>
  fc
    .tuple(fc.json({ maxDepth: 1 }), fc.nat(20), ends, fc.constantFrom('deltas', 'whole', 'both', 'started', 'begun', 'nothing'))
    .map(([input, cut, ended, how]): Told => {
      const toolName = `tool of ${id}`
      const call: LanguageModelV4StreamPart = { type: 'tool-call', toolCallId: id, toolName, input }
      const pieces = [input.slice(0, cut), '', input.slice(cut)].map((delta) => ({
        type: 'tool-input-delta' as const,
        id,
        delta,
      }))
      const end = ended ? [{ type: 'tool-input-end' as const, id }] : []
      const start: LanguageModelV4StreamPart = { type: 'tool-input-start', id, toolName }
      const told: Record<string, readonly LanguageModelV4StreamPart[]> = {
        deltas: [start, ...pieces, ...end],
        whole: [call],
        both: [start, ...pieces, ...end, call],
        started: [start, ...end, call],
        // The rest of the arguments comes whole only.
        begun: [start, ...pieces.slice(0, 1), call],
        nothing: [start, ...end, { ...call, input: '' }],
      }
      return {
        parts: told[how] ?? [],
        content: { type: 'tool-call', toolCallId: id, toolName, input: how === 'nothing' ? '{}' : input },
      }
    })

const noise: readonly LanguageModelV4StreamPart[] = [
  { type: 'stream-start', warnings: [] },
  { type: 'response-metadata', id: 'x' },
  { type: 'raw', rawValue: { some: 'thing' } },
  { type: 'source', sourceType: 'url', id: 's', url: 'https://example.com' },
  { type: 'tool-input-start', id: 'theirs', toolName: 'search', providerExecuted: true },
  { type: 'tool-input-delta', id: 'theirs', delta: '{"hidden":1}' },
  { type: 'tool-input-end', id: 'theirs' },
  { type: 'tool-call', toolCallId: 'theirs', toolName: 'search', input: '{}', providerExecuted: true },
]

/** Contents that run beside each other, as parallel tools do. */
const streams = fc.array(fc.constantFrom('text', 'reasoning', 'tool'), { maxLength: 5 }).chain((kinds) =>
  fc.tuple(
    fc.tuple(
      ...kinds.map((kind, index) => {
        if (kind === 'text') return textOf(`${index}`)
        return kind === 'reasoning' ? reasoningOf(`${index}`) : toolOf(`call ${index}`)
      }),
    ),
    fc.infiniteStream(fc.nat(1_000)),
  ),
)

function interleaved(told: readonly Told[], choose: () => number): LanguageModelV4StreamPart[] {
  const rest = told.map(({ parts }) => [...parts])
  const all: LanguageModelV4StreamPart[] = []
  for (;;) {
    const left = rest.filter((parts) => parts.length > 0)
    const next = left[choose() % Math.max(1, left.length)]?.shift()
    if (!next) return all
    if (choose() % 4 === 0) all.push(noise[choose() % noise.length] ?? next)
    all.push(next)
  }
}

/** Fails where a content isn't between its start and its end, or two mix. */
function checkOrder(parts: readonly ChatPart[]): void {
  let open: string | undefined
  for (const part of parts) {
    if (part.type === 'finish') continue
    const kind = part.type.replace(/-(start|delta|end)$/, '')
    const name = `${kind} ${part.id}`
    if (part.type.endsWith('-start')) expect(open).toBeUndefined()
    else expect(open).toBe(name)
    if ('delta' in part) expect(part.delta).not.toBe('')
    open = part.type.endsWith('-end') ? undefined : name
  }
  expect(open).toBeUndefined()
}

const nameOf = (content: ChatContent): string => JSON.stringify(content)

describe('the parts of a provider', () => {
  it('come in order, one content after the other, with nothing lost, whatever is told beside what', () => {
    const property = fc.property(streams, ([told, chosen]) => {
      const given = interleaved(told, () => chosen.next().value)
      const parts = new ChatParts()
      const all = [...given.flatMap((part) => parts.take(part)), ...parts.end()]
      checkOrder(all)
      const gathered = gatherParts([...all, { type: 'finish', finish }])
      const wanted = told.flatMap(({ content }) => content ?? [])
      expect(gathered?.content.map(nameOf).sort()).toEqual(wanted.map(nameOf).sort())
    })
    fc.assert(property, { numRuns: 500 })
  })

  it('come at once while nothing else runs', () => {
    const property = fc.property(streams, ([told]) => {
      const parts = new ChatParts()
      for (const { parts: given } of told) {
        let seen = ''
        for (const part of given) {
          const all = parts.take(part)
          seen += all.map((each) => ('delta' in each ? each.delta : '')).join('')
          if (part.type === 'text-delta' || part.type === 'reasoning-delta' || part.type === 'tool-input-delta')
            expect(seen.endsWith(part.delta)).toBe(true)
        }
        parts.end()
      }
    })
    fc.assert(property)
  })

  it('may use an id again for what comes later', () => {
    const parts = new ChatParts()
    const given: LanguageModelV4StreamPart[] = ['One.', 'Two.'].flatMap((delta) => [
      { type: 'text-start', id: '0' },
      { type: 'text-delta', id: '0', delta },
      { type: 'text-end', id: '0' },
    ])
    const all = [...given.flatMap((part) => parts.take(part)), { type: 'finish' as const, finish }]
    expect(gatherParts(all)?.content).toEqual([
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.' },
    ])
  })
})

const content: fc.Arbitrary<ChatContent> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), text }),
  fc.record(
    { type: fc.constant('reasoning' as const), text, signature: text },
    { requiredKeys: ['type', 'text'] },
  ) as fc.Arbitrary<ChatContent>,
  fc.record({ type: fc.constant('tool-call' as const), toolCallId: text, toolName: text, input: fc.json() }),
)

it('may use an id again also while what had it waits for another content to end', () => {
  const parts = new ChatParts()
  const given: LanguageModelV4StreamPart[] = [
    { type: 'text-delta', id: 'open', delta: 'First.' },
    { type: 'text-delta', id: '0', delta: 'One.' },
    { type: 'text-end', id: '0' },
    { type: 'text-delta', id: '0', delta: 'Two.' },
  ]
  const all = [...given.flatMap((part) => parts.take(part)), ...parts.end(), { type: 'finish' as const, finish }]
  expect(gatherParts(all)?.content).toEqual(['First.', 'One.', 'Two.'].map((text) => ({ type: 'text', text })))
})

describe('a whole answer', () => {
  it('is the same after it was told in parts', async () => {
    const property = fc.asyncProperty(fc.array(content, { maxLength: 6 }), async (given) => {
      const chat: ModelChat = { content: given, finish }
      const parts = await readAll(partsOf(chat))
      checkOrder(parts)
      expect(gatherParts(parts)).toEqual(chat)
    })
    await fc.assert(property)
  })

  it('is none without an end', async () => {
    const parts = await readAll(partsOf({ content: [{ type: 'text', text: 'So' }], finish }))
    expect(gatherParts(parts.slice(0, -1))).toBeUndefined()
  })
})
