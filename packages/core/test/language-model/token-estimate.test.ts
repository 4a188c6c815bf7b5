import type { LanguageModelV4Prompt } from '@ai-sdk/provider'
import { describe, expect, it } from 'vitest'
import { estimatePromptTokens, estimateTextTokens } from '../../src/index.ts'

describe('the estimate of tokens', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['The quick brown fox jumps over the lazy dog.', 15],
    ['日本語のテキスト', 8],
    ['ä b', 2],
    ['😀', 2],
  ])('of a text is rather too high: %j', (text, tokens) => {
    expect(estimateTextTokens(text)).toBe(tokens)
  })

  it('of a prompt counts all of its parts', () => {
    const text = 'x'.repeat(300)
    const of = (...messages: LanguageModelV4Prompt): number => estimatePromptTokens(messages)
    expect(of()).toBe(0)
    expect(of({ role: 'system', content: text })).toBe(108)
    expect(of({ role: 'user', content: [{ type: 'text', text }] }, { role: 'assistant', content: [] })).toBe(116)
    expect(of({ role: 'assistant', content: [{ type: 'reasoning', text }] })).toBe(108)
    const file = (data: Extract<LanguageModelV4Prompt[number], { role: 'user' }>['content'][number]): number =>
      of({ role: 'user', content: [data] }) - 8
    const bytes = new Uint8Array(9_000)
    expect(file({ type: 'file', mediaType: 'image/png', data: { type: 'data', data: bytes } })).toBe(1_600)
    expect(file({ type: 'file', mediaType: 'application/pdf', data: { type: 'data', data: bytes } })).toBe(3_000)
    expect(file({ type: 'file', mediaType: 'application/pdf', data: { type: 'url', url: new URL('http://x/') } })).toBe(1_600)
    expect(file({ type: 'file', mediaType: 'text/plain', data: { type: 'text', text } })).toBe(100)
    const result = { type: 'json', value: { found: text } } as const
    const call: LanguageModelV4Prompt[number] = {
      role: 'tool',
      content: [{ type: 'tool-result', toolCallId: 'c', toolName: 'look', output: result }],
    }
    expect(of(call)).toBeGreaterThan(108)
    expect(of(call)).toBeLessThan(160)
  })
})
